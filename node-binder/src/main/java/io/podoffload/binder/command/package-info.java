/** What people run by hand: {@code pod-offload COMMAND}, and the socket by which the running binder answers. */
@NullMarked
package io.podoffload.binder.command;

import org.jspecify.annotations.NullMarked;
