@NullMarked
package io.podoffload.binder;

import org.jspecify.annotations.NullMarked;
