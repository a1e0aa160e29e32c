@NullMarked
package io.podoffload.binder.kubelet;

import org.jspecify.annotations.NullMarked;
