@NullMarked
package io.podoffload.binder.cri;

import org.jspecify.annotations.NullMarked;
