/** What stands in on the cluster of {@code dev/cluster}, where neither the hardware nor Kube-OVN can be had, and its stories. */
@org.jspecify.annotations.NullMarked
package io.podoffload.cluster;
