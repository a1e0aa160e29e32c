/** Puts the container image together; {@code dev/image} prepares what goes into it. */
@NullMarked
package io.podoffload.image;

import org.jspecify.annotations.NullMarked;
