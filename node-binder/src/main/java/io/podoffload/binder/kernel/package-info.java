/** The Linux kernel: netlink, network namespaces and sysfs, without running a program. */
@NullMarked
package io.podoffload.binder.kernel;

import org.jspecify.annotations.NullMarked;
