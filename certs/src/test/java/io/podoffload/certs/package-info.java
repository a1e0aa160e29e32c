@NullMarked
package io.podoffload.certs;

import org.jspecify.annotations.NullMarked;
