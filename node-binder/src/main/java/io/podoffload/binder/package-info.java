/** The node-binder: the process, its settings and its wiring. */
@NullMarked
package io.podoffload.binder;

import org.jspecify.annotations.NullMarked;
