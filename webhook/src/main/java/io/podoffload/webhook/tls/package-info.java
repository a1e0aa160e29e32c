/** The serving certificate, and who may call. */
@NullMarked
package io.podoffload.webhook.tls;

import org.jspecify.annotations.NullMarked;
