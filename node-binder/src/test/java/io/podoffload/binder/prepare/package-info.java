@NullMarked
package io.podoffload.binder.prepare;

import org.jspecify.annotations.NullMarked;
