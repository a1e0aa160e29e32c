/** The container runtime's CRI: sandboxes and their network namespaces. */
@NullMarked
package io.podoffload.binder.cri;

import org.jspecify.annotations.NullMarked;
