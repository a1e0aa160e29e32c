package io.podoffload.binder.binding;

import io.podoffload.binder.binding.Desired.Binding;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What the binder does to bring a VF into a pod itself, and to keep it there. */
final class OwnBinding {

    static final String CHANGED_SINCE =
            "; the pod's annotations have changed since, which counts for its next sandbox only";

    private OwnBinding() {}

    static Plan plan(Binding wanted, Observed observed, Optional<OwnerMark> marked) {
        Binding binding = wanted.asBound(observed.rowOrLast(), observed.note());
        Optional<Plan> rivals = rivals(observed);
        if (rivals.isPresent()) {
            return rivals.get();
        }
        if (marked.isEmpty()) {
            if (CniBinding.lostItsPort(binding, observed)) {
                return CniBinding.restorePort(binding, observed);
            }
            if (binding.reportedByCni()) {
                return Plan.nothing(
                        Reason.BoundByAnother, "network-status names an interface with VF " + observed.pci());
            }
            if (!observed.vfAtHome()) {
                return Plan.nothing(Reason.WaitingForVf, observed.pci().value());
            }
        }
        String representor = observed.representor().name();
        OwnerMark mark = markOf(binding, observed, marked);
        int mtu = binding.network().mtuOver(observed.uplinkMtu());
        List<Step> steps = new ArrayList<>();
        record(observed, mark, steps);
        Optional<PodInterface> target = intoThePod(binding, observed, mark, mtu, steps);
        if (target.isEmpty() && !(observed.place() instanceof Place.Userspace)) {
            return new Plan(Reason.WaitingForVf, observed.pci().value(), steps);
        }
        setAdminMac(binding, observed, steps);
        String ifaceId = binding.network().ifaceId();
        if (!observed.port().flatMap(Port::ifaceId).equals(Optional.of(ifaceId))) {
            steps.add(new Step.Attach(representor, ifaceId));
        }
        if (!observed.representor().up() || observed.representor().mtu() != mtu) {
            steps.add(new Step.RepresentorUp(representor, mtu));
        }
        Reason asItIs = verified(observed.port(), Reason.Bound);
        Reason verdict = steps.isEmpty() ? asItIs : Reason.WaitingForOvn;
        if (verdict == Reason.Bound && target.isPresent()) {
            announce(binding, observed, target.get(), steps);
        }
        String since = wanted.isSameNetwork(binding.network()) ? "" : CHANGED_SINCE;
        String detail = detail(binding, observed, target) + since;
        return new Plan(verdict, detail, steps).withVerdict(Plan.nothing(asItIs, detail));
    }

    /** The iface-id is on another row: taken off where its pod is gone for good, else a matter for a person. */
    private static Optional<Plan> rivals(Observed observed) {
        if (observed.rivals().isEmpty()) {
            return Optional.empty();
        }
        Port rival = observed.rivals().get(0).row();
        String detail = "the OVN port is on " + rival.name();
        if (observed.rivals().stream().allMatch(Observed.Held::isAbandoned)) {
            List<Step> steps = observed.rivals().stream()
                    .map(held -> (Step) new Step.Detach(held.row().name(), Release.stableIds(held.row())))
                    .toList();
            return Optional.of(new Plan(Reason.WaitingForRelease, detail, steps));
        }
        return Optional.of(
                Plan.nothing(rival.driver().equals("veth") ? Reason.VethInsteadOfVf : Reason.BoundByAnother, detail));
    }

    private static OwnerMark markOf(Binding binding, Observed observed, Optional<OwnerMark> marked) {
        VfIdentity original = marked.map(OwnerMark::original)
                .orElseGet(() -> observed.place() instanceof Place.Userspace
                        ? VfIdentity.withoutNetdev(observed.adminMac())
                        : VfIdentity.of(observed.link().orElseThrow(), observed.adminMac()));
        return new OwnerMark(
                binding.pod().uid(),
                binding.sandboxId(),
                observed.pci(),
                binding.netns(),
                original,
                observed.boot(),
                Optional.of(binding.network().withUnusable(List.of())));
    }

    /**
     * The note comes first, of what the VF is now and of who gets it, then the row, with the representor down; one that somebody
     * edited is written again.
     */
    private static void record(Observed observed, OwnerMark mark, List<Step> steps) {
        String representor = observed.representor().name();
        VfNote note = VfNote.held(mark);
        if (mark.original().hasNetdev() && !observed.note().equals(Optional.of(note))) {
            steps.add(new Step.NoteVf(representor, note));
        }
        if (observed.port().isEmpty()) {
            if (observed.representor().up()) {
                steps.add(new Step.RepresentorDown(representor));
            }
            steps.add(new Step.RecordBinding(representor, mark));
            return;
        }
        Port row = observed.port().get();
        Map<String, String> keys = mark.externalIds();
        if (!row.externalIds().entrySet().containsAll(keys.entrySet())) {
            steps.add(new Step.MarkRow(representor, Release.stableIds(row), keys));
        }
    }

    /** Adds what brings the VF into the pod, and returns what it is there; empty while the VF cannot be seen. */
    private static Optional<PodInterface> intoThePod(
            Binding binding, Observed observed, OwnerMark mark, int mtu, List<Step> steps) {
        PodNetwork network = binding.network();
        MacAddress mac = network.mac().orElse(mark.original().mac());
        List<Route> routes = new ArrayList<>(network.routes());
        network.gateways().stream()
                .map(Route::byDefault)
                .filter(route -> takes(route, network, observed))
                .forEach(routes::add);
        if (observed.place() instanceof Place.AtHome home) {
            String name = interfaceName(binding, observed.podLinks());
            PodInterface target = new PodInterface(name, mtu, mac, network.addresses(), routes, mark.alias());
            if (!home.link().alias().equals(mark.alias())) {
                steps.add(new Step.MarkVf(home.link().name(), mark));
            }
            steps.add(new Step.MoveIntoPod(home.link().name(), binding.netns(), target));
            steps.add(new Step.ConfigureInPod(binding.netns(), target));
            return Optional.of(target);
        }
        if (observed.place() instanceof Place.InPod in) {
            PodInterface target =
                    new PodInterface(in.link().name(), mtu, mac, network.addresses(), routes, mark.alias());
            if (!target.isShownBy(in)) {
                steps.add(new Step.ConfigureInPod(binding.netns(), target));
            }
            return Optional.of(target);
        }
        return Optional.empty();
    }

    private static void setAdminMac(Binding binding, Observed observed, List<Step> steps) {
        Optional<MacAddress> wanted = binding.network().mac();
        if (observed.adminMac().isPresent()
                && wanted.isPresent()
                && !observed.adminMac().equals(wanted)) {
            steps.add(new Step.SetAdminMac(observed.pci(), wanted.get()));
        }
    }

    private static boolean takes(Route defaultRoute, PodNetwork network, Observed observed) {
        return switch (network.defaultRoute()) {
            case YES -> true;
            case NO -> false;
            case IF_NONE -> !observed.podDefaultRoutes().contains(defaultRoute.destination());
        };
    }

    /** What the pod asks for if it is not taken by another VF, else {@code eth0} where the primary CNI made none, else {@code net1} as Multus would. */
    private static String interfaceName(Binding binding, Set<String> taken) {
        return binding.interfaceName().filter(name -> !taken.contains(name)).orElseGet(() -> {
            if (!taken.contains("eth0")) {
                return "eth0";
            }
            int number = 1;
            while (taken.contains("net" + number)) {
                number++;
            }
            return "net" + number;
        });
    }

    /** Each time that OVN has installed the port anew, neighbours are told where the addresses are. */
    private static void announce(Binding binding, Observed observed, PodInterface target, List<Step> steps) {
        Map<String, String> ids = observed.port().map(Port::externalIds).orElse(Map.of());
        String stamp = ids.getOrDefault(Port.OVN_INSTALLED_TS, "installed");
        if (!target.addresses().isEmpty() && !stamp.equals(ids.get(OwnerMark.ANNOUNCED))) {
            steps.add(new Step.Announce(
                    binding.netns(), target, observed.representor().name(), stamp));
        }
    }

    private static String detail(Binding binding, Observed observed, Optional<PodInterface> target) {
        String where = target.map(
                        in -> in.name() + " in the pod" + (in.addresses().isEmpty() ? ", without an address" : ""))
                .orElse("in the hands of a userspace driver");
        List<String> unusable = binding.network().unusableRoutes();
        return "VF %s is %s, representor %s, OVN port %s%s"
                .formatted(
                        observed.pci(),
                        where,
                        observed.representor().name(),
                        binding.network().ifaceId(),
                        unusable.isEmpty() ? "" : ", without unusable routes " + String.join(", ", unusable));
    }

    static Reason verified(Optional<Port> port, Reason whenGood) {
        if (port.isEmpty() || port.get().failed()) {
            return Reason.PortFailed;
        }
        return port.get().installedByOvn() && port.get().ofport() > 0 ? whenGood : Reason.WaitingForOvn;
    }
}
