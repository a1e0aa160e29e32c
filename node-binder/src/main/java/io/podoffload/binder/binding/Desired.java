package io.podoffload.binder.binding;

import java.util.Optional;

/** What a VF is for. */
public sealed interface Desired {

    /** The pod that the answer concerns, to which a verdict is reported. */
    default Optional<PodRef> owner() {
        return Optional.empty();
    }

    /** No living pod holds it. */
    record Nothing() implements Desired {}

    /** A pod holds it, but it is too early, or not for the binder, to do anything. */
    record Pending(PodRef pod, Reason reason, String detail) implements Desired {
        public Pending {
            detail = PlainText.sentence(detail);
        }

        boolean isOf(OwnerMark mark) {
            return mark.podUid().equals(pod.uid());
        }

        @Override
        public Optional<PodRef> owner() {
            return Optional.of(pod);
        }
    }

    /** A pod holds it, but none of the pod's networks needs it. */
    record Spare(PodRef pod) implements Desired {
        @Override
        public Optional<PodRef> owner() {
            return Optional.of(pod);
        }
    }

    /**
     * A virtual machine of KubeVirt has it. Only the CNI gives a machine its port, because its iface-id is made of a name that the
     * pod's annotations tell.
     *
     * @param netns path of the sandbox's network namespace
     * @param ifaceId of the machine's port
     * @param machine its name
     */
    record Machine(PodRef pod, String netns, String ifaceId, String machine) implements Desired {
        @Override
        public Optional<PodRef> owner() {
            return Optional.of(pod);
        }
    }

    /**
     * A pod with a READY sandbox is to have it.
     *
     * @param netns path of the sandbox's network namespace
     * @param interfaceName the name that an annotation asks for, if any
     * @param reportedByCni whether network-status names an interface with this VF, so that a CNI brought it in
     */
    record Binding(
            PodRef pod,
            String sandboxId,
            String netns,
            PodNetwork network,
            Optional<String> interfaceName,
            boolean reportedByCni)
            implements Desired {
        @Override
        public Optional<PodRef> owner() {
            return Optional.of(pod);
        }

        /**
         * The network is what the sandbox was bound with, whatever became of the pod's annotations since.
         *
         * @param row of the representor, or the last that it had
         * @param note on the representor
         */
        public Binding asBound(Optional<Port> row, Optional<VfNote> note) {
            return OwnerMark.of(row, note)
                    .filter(this::isMarkedBy)
                    .flatMap(OwnerMark::network)
                    .or(() -> row.filter(one -> one.adoptedFor(this)).flatMap(Port::network))
                    .map(bound -> with(isSameNetwork(bound) ? bound.withUnusable(network.unusableRoutes()) : bound))
                    .orElse(this);
        }

        Binding with(PodNetwork other) {
            return new Binding(pod, sandboxId, netns, other, interfaceName, reportedByCni);
        }

        boolean isSameNetwork(PodNetwork other) {
            return network.isAllottedLike(other);
        }

        /** Whether {@code mark} was made for this very pod and sandbox; an alias shortens the sandbox id. */
        boolean isMarkedBy(OwnerMark mark) {
            return mark.podUid().equals(pod.uid()) && sandboxId.startsWith(mark.sandboxId());
        }
    }
}
