/** The kubelet's PodResources API: which devices a pod holds. */
@NullMarked
package io.podoffload.binder.kubelet;

import org.jspecify.annotations.NullMarked;
