package io.podoffload.webhook.injection;

/** The labels, annotations and conditions that the decision reads or writes. */
public final class Labels {

    /** Pod label, set by the application team: {@code "true"} opts in, {@code "false"} opts out. */
    public static final String ENABLED = "pod-offload.io/enabled";

    /** Namespace label, set by the platform team: {@code opt-in}, {@code always} or {@code never}. */
    public static final String POLICY = "pod-offload.io/policy";

    /** Pod or Namespace annotation: which {@link Profile}; the pod's beats the Namespace's. */
    public static final String PROFILE = "pod-offload.io/profile";

    /** Pod annotation: which container gets the request. */
    public static final String CONTAINER = "pod-offload.io/container";

    /** Readiness gate and condition of pods; the node-binder sets the condition. */
    public static final String BOUND = "pod-offload.io/bound";

    /** Pod annotation, set by this webhook or by hand, read by Multus and by kube-ovn-controller. */
    public static final String DEFAULT_NETWORK = "v1.multus-cni.io/default-network";

    /** Pod annotation, set by the application team, read by Multus: the networks beside the default one. */
    public static final String NETWORKS = "k8s.v1.cni.cncf.io/networks";

    /** Pod annotation, set by the kubelet on the mirrors of static pods. */
    public static final String MIRROR = "kubernetes.io/config.mirror";

    private Labels() {}
}
