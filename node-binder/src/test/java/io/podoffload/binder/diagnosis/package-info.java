@NullMarked
package io.podoffload.binder.diagnosis;

import org.jspecify.annotations.NullMarked;
