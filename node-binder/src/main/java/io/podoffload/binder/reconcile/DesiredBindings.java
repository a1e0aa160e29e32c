package io.podoffload.binder.reconcile;

import io.podoffload.binder.binding.Desired;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.binding.PodNetwork;
import io.podoffload.binder.binding.PodRef;
import io.podoffload.binder.binding.Reason;
import io.podoffload.binder.binding.Sandbox;
import io.podoffload.binder.cri.Sandboxes;
import io.podoffload.binder.kube.NodePods;
import io.podoffload.binder.kube.PodView;
import io.podoffload.binder.kubelet.PodResources;
import io.podoffload.binder.kubelet.PodResources.Allotment;
import java.util.List;
import java.util.Optional;

/** Reads what a VF is for: from the kubelet, the API server and the container runtime. It changes nothing. */
public final class DesiredBindings {

    private final PodResources kubelet;
    private final NodePods pods;
    private final Sandboxes sandboxes;

    public DesiredBindings(PodResources kubelet, NodePods pods, Sandboxes sandboxes) {
        this.kubelet = kubelet;
        this.pods = pods;
        this.sandboxes = sandboxes;
    }

    public Desired of(PciAddress pci) {
        List<Allotment> allotments = kubelet.allotments();
        return allotments.stream()
                .filter(allotment -> allotment.pci().equals(pci))
                .flatMap(allotment -> pods.find(allotment.namespace(), allotment.pod()).stream())
                .filter(pod -> !pod.finished())
                .findFirst()
                .map(pod -> of(pci, pod, vfsOf(pod.ref(), allotments)))
                .orElseGet(Desired.Nothing::new);
    }

    private static long vfsOf(PodRef pod, List<Allotment> allotments) {
        return allotments.stream()
                .filter(allotment -> allotment.namespace().equals(pod.namespace())
                        && allotment.pod().equals(pod.name()))
                .count();
    }

    private Desired of(PciAddress pci, PodView pod, long vfs) {
        PodRef ref = pod.ref();
        Optional<Sandbox> sandbox = sandboxes
                .newestReady(ref.namespace(), ref.name())
                .filter(candidate -> candidate.pod().uid().equals(ref.uid())); // else it is a namesake's
        if (sandbox.isEmpty()) {
            return new Desired.Pending(ref, Reason.WaitingForSandbox, "VF " + pci);
        }
        Optional<String> provider = pod.provider();
        Optional<String> netns = sandbox.get().netns();
        if (provider.isEmpty() || netns.isEmpty()) {
            return new Desired.Pending(ref, Reason.NoNetwork, "VF " + pci);
        }
        if (vfs > 1) {
            return new Desired.Pending(ref, Reason.SeveralVfs, vfs + " VFs");
        }
        Optional<PodNetwork> network = pod.network(provider.get());
        if (network.isEmpty()) {
            return new Desired.Pending(ref, Reason.WaitingForAddress, "network provider " + provider.get());
        }
        return new Desired.Binding(
                ref, sandbox.get().id(), netns.get(), network.get(), pod.interfaceName(), pod.reportsInterfaceOn(pci));
    }
}
