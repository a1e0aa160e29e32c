@NullMarked
package io.podoffload.certs.renewal;

import org.jspecify.annotations.NullMarked;
