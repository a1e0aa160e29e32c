/** What sockets of all kinds need. */
@NullMarked
package io.podoffload.binder.socket;

import org.jspecify.annotations.NullMarked;
