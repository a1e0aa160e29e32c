/** The Kubernetes API: pods in, conditions and Events out. */
@NullMarked
package io.podoffload.binder.kube;

import org.jspecify.annotations.NullMarked;
