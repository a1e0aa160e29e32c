package io.podoffload.binder.kube;

/** Labels and annotations that the binder reads, and who writes them. */
final class Annotations {

    /** A person: label by which a pod opts in. */
    static final String ENABLED = "pod-offload.io/enabled";

    /** The pod-offload webhook, or a person; read by Multus and kube-ovn-controller. */
    static final String DEFAULT_NETWORK = "v1.multus-cni.io/default-network";

    /** A person: further networks. */
    static final String NETWORKS = "k8s.v1.cni.cncf.io/networks";

    /** Multus, after the CNI has finished. */
    static final String NETWORK_STATUS = "k8s.v1.cni.cncf.io/network-status";

    /** A person: name of a VF that the binder itself brings into the pod. */
    static final String INTERFACE = "pod-offload.io/interface";

    /** A person: keeps the binder from changing anything, on the Node or on a pod. */
    static final String PAUSED = "pod-offload.io/paused";

    private Annotations() {}
}
