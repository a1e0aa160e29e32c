/**
 * The certificates that the webhook makes and renews itself, for clusters without cert-manager. What is to be done is
 * decided by {@link io.podoffload.certs.renewal}; here it is read and done.
 */
@NullMarked
package io.podoffload.webhook.renewal;

import org.jspecify.annotations.NullMarked;
