@NullMarked
package io.podoffload.binder.binding;

import org.jspecify.annotations.NullMarked;
