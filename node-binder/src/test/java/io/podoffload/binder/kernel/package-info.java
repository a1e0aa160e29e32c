@NullMarked
package io.podoffload.binder.kernel;

import org.jspecify.annotations.NullMarked;
