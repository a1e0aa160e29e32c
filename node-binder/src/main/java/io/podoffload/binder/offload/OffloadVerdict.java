package io.podoffload.binder.offload;

/** Where a pod's packets run: the reason of its condition {@code pod-offload.io/offloaded}. */
public enum OffloadVerdict {
    Offloaded("True", "The NIC forwards the pod's packets."),
    PartlyOffloaded("False", "The NIC forwards some of the pod's packets, and the CPU the others."),
    NotOffloaded("False", "The CPU forwards the pod's packets."),
    NoTraffic("Unknown", "There were too few packets yet to show who forwards them.");

    /** The first packets of each flow always go by the CPU. */
    private static final double NEARLY_ALL = 0.95;

    /** An idle pod multicasts now and then, and asks for routers and neighbours: that says nothing of its traffic. */
    private static final long ENOUGH = 10;

    private final String status;
    private final String sentence;

    OffloadVerdict(String status, String sentence) {
        this.status = status;
        this.sentence = sentence;
    }

    /** Of a condition. */
    public String status() {
        return status;
    }

    /** For a person. */
    public String sentence() {
        return sentence;
    }

    /** By the packets themselves: a flow that is in the NIC and carries none proves nothing. */
    public static OffloadVerdict of(Traffic traffic) {
        if (traffic.packets() < ENOUGH) {
            return NoTraffic;
        }
        double share = traffic.share();
        return share >= NEARLY_ALL ? Offloaded : share <= 1 - NEARLY_ALL ? NotOffloaded : PartlyOffloaded;
    }
}
