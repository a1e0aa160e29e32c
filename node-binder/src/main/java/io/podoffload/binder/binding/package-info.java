/** What is done with a VF, as a pure function: desired and observed in, plan out. */
@NullMarked
package io.podoffload.binder.binding;

import org.jspecify.annotations.NullMarked;
