package io.podoffload.webhook.injection;

/** The labels and annotations that the decision reads or writes. */
public final class Labels {

    /** Pod label, set by the application team: {@code "true"} opts in, {@code "false"} opts out. */
    public static final String ENABLED = "pod-offload.io/enabled";

    /** Pod annotation, set by this webhook or by hand, read by Multus and by kube-ovn-controller. */
    public static final String DEFAULT_NETWORK = "v1.multus-cni.io/default-network";

    /** Pod annotation, set by the kubelet on the mirrors of static pods. */
    static final String MIRROR = "kubernetes.io/config.mirror";

    private static final int WARNING_LENGTH = 120;

    private Labels() {}

    /** Longer warnings may be cut by the API server; control characters would make it drop them. */
    static String shorten(String warning) {
        String printable = warning.replaceAll("\\p{Cntrl}", "?");
        return printable.length() <= WARNING_LENGTH ? printable : printable.substring(0, WARNING_LENGTH - 1) + "…";
    }
}
