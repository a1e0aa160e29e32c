/**
 * When certificates and their authority are renewed, and in which order, so that no caller meets a certificate that it does
 * not trust. Pure: what is true goes in, the next step comes out.
 */
@NullMarked
package io.podoffload.certs.renewal;

import org.jspecify.annotations.NullMarked;
