package io.podoffload.binder.reconcile;

import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.kube.NodeReport;
import io.podoffload.binder.kube.NodeReport.Vf;
import io.podoffload.binder.offload.OffloadVerdict;
import io.podoffload.binder.reconcile.OffloadWatch.OffloadedPod;
import io.podoffload.binder.reconcile.VfStates.VfState;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What the node tells the cluster of its VFs: verdict, place in the NIC, and where the pod's packets run. */
public final class ReportContents {

    private final VfStates states;
    private final VfInventory inventory;
    private final OffloadWatch offload;

    public ReportContents(VfStates states, VfInventory inventory, OffloadWatch offload) {
        this.states = states;
        this.inventory = inventory;
        this.offload = offload;
    }

    /** @param capacity devices that the kubelet has for pods, by resource */
    public NodeReport.Contents now(Map<String, Integer> capacity) {
        Map<String, OffloadedPod> proofs =
                offload.all().stream().collect(Collectors.toMap(OffloadedPod::pci, Function.identity(), (a, b) -> b));
        List<Double> shares = offload.shares();
        return new NodeReport.Contents(
                capacity,
                states.all().stream()
                        .map(state -> vf(
                                state,
                                Optional.ofNullable(proofs.get(state.pci()))
                                        .filter(proof -> state.reason().binds()
                                                && proof.pod().equals(state.pod()))))
                        .toList(),
                shares.stream().allMatch(share -> share < 0) ? List.of() : shares);
    }

    private Vf vf(VfState state, Optional<OffloadedPod> proof) {
        Optional<VfInventory.Entry> entry = inventory.known(new PciAddress(state.pci()));
        return new Vf(
                state.pci(),
                entry.map(known -> known.vf().uplink()).orElse(null),
                entry.map(known -> known.vf().representor()).orElse(null),
                state.reason(),
                state.reason().severity().toString(),
                state.detail(),
                state.pod(),
                state.since(),
                state.reason().binds() ? proof.map(OffloadedPod::verdict).orElse(OffloadVerdict.NoTraffic) : null,
                proof.map(OffloadedPod::share).orElse(0.0));
    }
}
