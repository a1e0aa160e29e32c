package io.podoffload.binder.binding;

import io.podoffload.binder.binding.Desired.Binding;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Decides what to do with one VF. Pure: the same world gives the same plan, and a world in which the plan has been carried
 * out gives a plan without steps.
 *
 * <p>What the binder made and what a CNI made are told apart by the row on the representor: rows of ours carry an
 * {@link OwnerMark}, rows of kube-ovn-cni carry its keys. Everything else belongs to somebody else and is not touched.
 */
public final class BindingPlanner {

    /** kube-ovn-cni's own DEL and its garbage collector, which runs every minute, go first. */
    private static final Duration GRACE_FOR_THE_CNI = Duration.ofSeconds(60);

    private BindingPlanner() {}

    public static Plan plan(Desired desired, Observed observed) {
        List<Step> strays = strays(desired, observed);
        if (!strays.isEmpty()) {
            return new Plan(Reason.WaitingForRelease, "rows that lost the representor of " + observed.pci(), strays);
        }
        Optional<OwnerMark> mark = observed.mark();
        if (mark.isPresent() && !(desired instanceof Binding binding && binding.isMarkedBy(mark.get()))) {
            return releaseOurs(observed, mark.get());
        }
        if (observed.port().isPresent() && mark.isEmpty()) {
            return portOfAnother(desired, observed, observed.port().get());
        }
        if (desired instanceof Desired.Pending pending) {
            return Plan.nothing(pending.reason(), pending.detail());
        }
        if (mark.isEmpty() && leftByTheCni(observed)) {
            return resetAfterTheCni(observed);
        }
        if (desired instanceof Binding binding) {
            return bind(binding, observed, mark);
        }
        boolean home = observed.place() instanceof Place.AtHome;
        return Plan.nothing(
                home ? Reason.Free : Reason.WaitingForVf, observed.pci().value());
    }

    /**
     * A CNI that takes the VF for its next pod renames the representor under a row that is still there. Such a row goes
     * when its pod does; the row of the very pod that is to be bound goes at once, and is made anew.
     */
    private static List<Step> strays(Desired desired, Observed observed) {
        List<Step> steps = new ArrayList<>();
        for (Observed.Stray stray : observed.strays()) {
            boolean ofThisBinding = OwnerMark.read(stray.row().externalIds())
                    .map(mark -> desired instanceof Binding binding && binding.isMarkedBy(mark))
                    .orElse(false);
            boolean graceIsOver =
                    !stray.row().madeByKubeOvn() || stray.owner().goneFor().compareTo(GRACE_FOR_THE_CNI) >= 0;
            if (ofThisBinding || (stray.owner().mayBeReleased(false) && graceIsOver)) {
                steps.add(new Step.DeletePort(stray.row().name(), ownKeys(stray.row())));
            }
        }
        return steps;
    }

    private static Plan bind(Binding binding, Observed observed, Optional<OwnerMark> marked) {
        if (!observed.rivals().isEmpty()) {
            return rival(observed.rivals().get(0));
        }
        if (marked.isEmpty() && binding.reportedByCni()) {
            return Plan.nothing(Reason.BoundByAnother, "network-status names an interface with VF " + observed.pci());
        }
        if (marked.isEmpty() && !(observed.place() instanceof Place.AtHome)) {
            return Plan.nothing(Reason.WaitingForVf, observed.pci().value());
        }
        String representor = observed.representor().name();
        OwnerMark mark = markOf(binding, observed, marked);
        int mtu = binding.network().mtuOver(observed.uplinkMtu());
        List<Step> steps = new ArrayList<>();
        if (observed.port().isEmpty()) {
            if (observed.representor().up()) {
                steps.add(new Step.RepresentorDown(representor));
            }
            steps.add(new Step.RecordBinding(representor, mark));
        }
        String interfaceName = intoThePod(binding, observed, mark, mtu, steps);
        if (interfaceName.isEmpty()) {
            return new Plan(Reason.WaitingForVf, observed.pci().value(), steps);
        }
        String ifaceId = binding.network().ifaceId();
        Optional<String> attached = observed.port().flatMap(Port::ifaceId);
        if (!attached.equals(Optional.of(ifaceId))) {
            steps.add(new Step.Attach(representor, ifaceId));
        }
        if (!observed.representor().up() || observed.representor().mtu() != mtu) {
            steps.add(new Step.RepresentorUp(representor, mtu));
        }
        String detail = "VF %s is %s in the pod, representor %s, OVN port %s"
                .formatted(observed.pci(), interfaceName, representor, ifaceId);
        return new Plan(
                steps.isEmpty() ? verified(observed.port(), Reason.Bound) : Reason.WaitingForOvn, detail, steps);
    }

    private static Plan rival(Port rival) {
        return rival.driver().equals("veth")
                ? Plan.nothing(Reason.VethInsteadOfVf, "the OVN port is on " + rival.name())
                : Plan.nothing(Reason.BoundByAnother, "the OVN port is on " + rival.name());
    }

    private static OwnerMark markOf(Binding binding, Observed observed, Optional<OwnerMark> marked) {
        VfIdentity original = marked.map(OwnerMark::original)
                .orElseGet(() -> VfIdentity.of(observed.link().orElseThrow(), observed.adminMac()));
        return new OwnerMark(binding.pod().uid(), binding.sandboxId(), observed.pci(), binding.netns(), original);
    }

    /** Adds what brings the VF into the pod, and returns its name there; empty while the VF cannot be seen. */
    private static String intoThePod(Binding binding, Observed observed, OwnerMark mark, int mtu, List<Step> steps) {
        PodNetwork network = binding.network();
        MacAddress mac = network.mac().orElse(mark.original().mac());
        List<String> gateways = takesDefaultRoute(network, observed) ? network.gateways() : List.of();
        if (observed.place() instanceof Place.AtHome home) {
            String name = interfaceName(binding, observed.podLinks());
            PodInterface target = new PodInterface(name, mtu, mac, network.addresses(), gateways);
            if (!home.link().alias().equals(mark.alias())) {
                steps.add(new Step.MarkVf(home.link().name(), mark));
            }
            if (observed.adminMac().isPresent() && !observed.adminMac().get().equals(mac)) {
                steps.add(new Step.SetAdminMac(observed.pci(), mac));
            }
            steps.add(new Step.MoveIntoPod(home.link().name(), binding.netns(), target));
            steps.add(new Step.ConfigureInPod(binding.netns(), target));
            return name;
        }
        if (observed.place() instanceof Place.InPod in) {
            String name = in.link().name();
            PodInterface target = new PodInterface(name, mtu, mac, network.addresses(), gateways);
            if (!target.isShownBy(in)) {
                steps.add(new Step.ConfigureInPod(binding.netns(), target));
            }
            return name;
        }
        return "";
    }

    private static boolean takesDefaultRoute(PodNetwork network, Observed observed) {
        return switch (network.defaultRoute()) {
            case YES -> true;
            case NO -> false;
            case IF_NONE -> !observed.podHasDefaultRoute();
        };
    }

    /** What the pod asks for, else {@code eth0} where the primary CNI made none, else {@code net1} as Multus would. */
    private static String interfaceName(Binding binding, Set<String> taken) {
        return binding.interfaceName().orElseGet(() -> {
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

    private static Reason verified(Optional<Port> port, Reason whenGood) {
        if (port.isEmpty() || port.get().failed()) {
            return Reason.PortFailed;
        }
        return port.get().installedByOvn() && port.get().ofport() > 0 ? whenGood : Reason.WaitingForOvn;
    }

    private static Plan releaseOurs(Observed observed, OwnerMark mark) {
        boolean home = observed.place() instanceof Place.AtHome;
        String detail = "VF %s of pod %s, sandbox %s".formatted(observed.pci(), mark.podUid(), mark.sandboxId());
        if (!observed.owner().map(owner -> owner.mayBeReleased(home)).orElse(false)) {
            return Plan.nothing(Reason.WaitingForRelease, detail);
        }
        String representor = observed.representor().name();
        List<Step> steps = new ArrayList<>();
        observed.port().flatMap(Port::ifaceId).ifPresent(attached -> steps.add(new Step.Detach(representor)));
        if (observed.representor().up() && observed.port().isPresent()) {
            steps.add(new Step.RepresentorDown(representor));
        }
        if (!(observed.place() instanceof Place.AtHome at)) {
            return new Plan(Reason.WaitingForVf, detail, steps);
        }
        if (!mark.original().isShownBy(at.link()) || !at.link().alias().isEmpty()) {
            steps.add(new Step.ResetVf(observed.pci(), at.link().name(), mark.original()));
        }
        observed.port().ifPresent(row -> steps.add(new Step.DeletePort(representor, ownKeys(row))));
        return new Plan(Reason.Free, detail, steps);
    }

    /** The keys that must not have changed for the row to be ours still; the iface-id comes off before. */
    private static Map<String, String> ownKeys(Port row) {
        Map<String, String> keys = new LinkedHashMap<>(row.externalIds());
        Set<String> notOurs = new HashSet<>(keys.keySet());
        notOurs.removeIf(key -> key.startsWith("pod-offload-"));
        keys.keySet().removeAll(notOurs);
        return keys;
    }

    private static Plan portOfAnother(Desired desired, Observed observed, Port row) {
        if (!row.madeByKubeOvn() || !row.type().isEmpty()) {
            return Plan.nothing(Reason.BoundByAnother, "the port of representor " + row.name());
        }
        if (desired instanceof Binding binding && row.isFor(binding.netns())) {
            return adopt(binding, observed, row);
        }
        boolean gone = observed.owner()
                .map(owner -> owner.mayBeReleased(observed.place() instanceof Place.AtHome)
                        && owner.goneFor().compareTo(GRACE_FOR_THE_CNI) >= 0)
                .orElse(false);
        if (!gone) {
            return Plan.nothing(
                    desired instanceof Desired.Pending pending ? pending.reason() : Reason.WaitingForRelease,
                    "the CNI's port " + row.name());
        }
        List<Step> steps = new ArrayList<>();
        if (observed.representor().up()) {
            steps.add(new Step.RepresentorDown(row.name()));
        }
        steps.add(new Step.DeletePort(row.name(), row.externalIds()));
        return new Plan(Reason.Free, "the CNI left its port " + row.name(), steps);
    }

    private static Plan adopt(Binding binding, Observed observed, Port row) {
        String ifaceId = binding.network().ifaceId();
        String detail = "VF %s, representor %s, OVN port %s".formatted(observed.pci(), row.name(), ifaceId);
        if (!row.ifaceId().equals(Optional.of(ifaceId))) {
            return Plan.nothing(Reason.BoundByAnother, detail + ": the port has another iface-id");
        }
        List<Step> steps = new ArrayList<>();
        if (!row.adoptedFor(binding)) {
            Map<String, String> keys = Map.of(
                    OwnerMark.OWNER, OwnerMark.ADOPTED,
                    OwnerMark.POD_UID, binding.pod().uid(),
                    OwnerMark.SANDBOX, binding.sandboxId(),
                    OwnerMark.PCI, observed.pci().value());
            steps.add(new Step.Adopt(row.name(), row.externalIds(), keys));
        }
        return new Plan(verified(Optional.of(row), Reason.Adopted), detail, steps);
    }

    /** kube-ovn-cni notes the VF's name in the alias, and leaves alias, MTU and MAC behind when the pod goes. */
    private static boolean leftByTheCni(Observed observed) {
        return observed.place() instanceof Place.AtHome home
                && observed.lastFree()
                        .map(identity -> home.link().alias().equals(identity.name()))
                        .orElse(false);
    }

    private static Plan resetAfterTheCni(Observed observed) {
        Link link = observed.link().orElseThrow();
        VfIdentity identity = observed.lastFree().orElseThrow();
        return new Plan(
                Reason.Free,
                "VF " + observed.pci() + " came back from the CNI as " + link.name(),
                List.of(new Step.ResetVf(observed.pci(), link.name(), identity)));
    }
}
