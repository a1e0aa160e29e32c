package io.podoffload.binder.offload;

/** Packets of a pod within some time, in both directions. */
public record Traffic(Amount fromPod, Amount toPod) {

    /** In one direction; control packets, which no NIC forwards, are not among them. */
    public record Amount(long hardwarePackets, long hardwareBytes, long softwarePackets, long softwareBytes) {

        long packets() {
            return hardwarePackets + softwarePackets;
        }
    }

    /** Share of packets that the NIC forwarded, 0 to 1; 0 where there were none. */
    public double share() {
        long all = packets();
        return all == 0 ? 0 : (fromPod.hardwarePackets() + toPod.hardwarePackets()) / (double) all;
    }

    /** In both directions. */
    public long packets() {
        return fromPod.packets() + toPod.packets();
    }

    public boolean isNone() {
        return packets() == 0;
    }

    /** Adds up the flows of one direction. */
    static final class Counter {
        private long hardwarePackets;
        private long hardwareBytes;
        private long softwarePackets;
        private long softwareBytes;

        void add(Flow.Path path, long packets, long bytes) {
            if (path == Flow.Path.HARDWARE) {
                hardwarePackets += packets;
                hardwareBytes += bytes;
            } else if (path == Flow.Path.SOFTWARE) {
                softwarePackets += packets;
                softwareBytes += bytes;
            }
        }

        Amount amount() {
            return new Amount(hardwarePackets, hardwareBytes, softwarePackets, softwareBytes);
        }
    }
}
