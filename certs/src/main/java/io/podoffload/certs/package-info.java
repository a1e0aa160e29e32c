/** Issues the certificate authority and the serving certificate that the API server needs to trust the webhook. */
@NullMarked
package io.podoffload.certs;

import org.jspecify.annotations.NullMarked;
