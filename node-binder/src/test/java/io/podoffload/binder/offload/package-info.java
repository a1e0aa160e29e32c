@NullMarked
package io.podoffload.binder.offload;

import org.jspecify.annotations.NullMarked;
