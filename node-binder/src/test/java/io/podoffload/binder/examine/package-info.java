@NullMarked
package io.podoffload.binder.examine;

import org.jspecify.annotations.NullMarked;
