/** IP addresses and networks as others write them. */
@NullMarked
package io.podoffload.binder.ip;

import org.jspecify.annotations.NullMarked;
