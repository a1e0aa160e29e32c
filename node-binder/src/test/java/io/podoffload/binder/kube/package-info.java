@NullMarked
package io.podoffload.binder.kube;

import org.jspecify.annotations.NullMarked;
