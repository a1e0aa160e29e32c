/** Makes a node's NICs what its configuration asks for, and says why where it does not. */
@NullMarked
package io.podoffload.binder.prepare;

import org.jspecify.annotations.NullMarked;
