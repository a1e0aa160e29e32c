package io.podoffload.binder.prepare;

import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.binding.PodName;
import io.podoffload.binder.kernel.Links;
import io.podoffload.binder.nic.NicControl;
import io.podoffload.binder.nic.PhysicalFunction;
import io.podoffload.binder.nic.PreparationPlan;
import io.podoffload.binder.ovs.OvsConfiguration;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All PFs of the node that the configuration speaks of, one after the other. */
public final class NodePreparation {

    private static final Logger LOG = LoggerFactory.getLogger(NodePreparation.class);
    private static final Duration BETWEEN_TRIES = Duration.ofSeconds(1);

    private final PrepareProperties properties;
    private final NicControl control;
    private final PfPreparation preparation;
    private final UdevRules rules;
    private final Supplier<Map<String, String>> nodeLabels;
    private final Supplier<Optional<String>> paused;
    private final Set<String> excluded;

    /**
     * Does nothing yet.
     *
     * @param excluded PCI addresses of VFs or PFs, and netdevs of PFs, that are left alone
     * @param nodeLabels asked only where settings select by them
     * @param paused a sentence on who asks that nothing be changed, without a full stop
     */
    public NodePreparation(
            PrepareProperties properties,
            NicControl control,
            PfPreparation preparation,
            Set<String> excluded,
            Supplier<Map<String, String>> nodeLabels,
            Supplier<Optional<String>> paused) {
        this.properties = properties;
        this.control = control;
        this.preparation = preparation;
        this.rules = new UdevRules(properties.udevRules());
        this.nodeLabels = nodeLabels;
        this.paused = paused;
        this.excluded = Set.copyOf(excluded);
    }

    /**
     * With everything that it asks.
     *
     * @param allotted the devices of all pods
     * @param ovsdb socket of ovsdb-server; where there is none, Open vSwitch does not run
     */
    public static NodePreparation of(
            PrepareProperties properties,
            NicControl control,
            Links host,
            Supplier<Map<PodName, List<PciAddress>>> allotted,
            Path ovsdb,
            Set<String> excluded,
            Supplier<Map<String, String>> nodeLabels,
            Supplier<Optional<String>> paused) {
        NodeUses uses = new NodeUses(host, allotted, () -> OvsConfiguration.read(ovsdb));
        return new NodePreparation(
                properties,
                control,
                new PfPreparation(control, uses::of, properties.busyFor(), properties.silentFor()),
                excluded,
                nodeLabels,
                paused);
    }

    /** Whether the configuration speaks of any PF. */
    public boolean isAsked() {
        return !properties.pfs().isEmpty();
    }

    /**
     * What would be done.
     *
     * @param plans by PF
     * @param unmatched what is asked for PFs that are not there; sentences for a person
     */
    public record Preview(Map<PhysicalFunction, PreparationPlan> plans, boolean writesRules, List<String> unmatched) {

        /** Whether all is as it should be. */
        public boolean isDone() {
            return !writesRules
                    && unmatched.isEmpty()
                    && plans.values().stream().allMatch(PreparationPlan::isDone);
        }
    }

    public Preview preview() {
        Map<PhysicalFunction, PreparationPlan> plans = new LinkedHashMap<>();
        Selection selection = selection();
        selection.settings().forEach((pf, settings) -> plans.put(pf, preparation.plan(pf.pci(), settings.settings())));
        return new Preview(plans, writesRules(), selection.unmatched());
    }

    /** Whether all is as it should be, for the Node's condition. */
    public Preparedness preparedness() {
        return Preparedness.of(preview());
    }

    private boolean writesRules() {
        return properties.keepsNetworkManagerAway() && !rules.areWritten();
    }

    /**
     * What was done.
     *
     * @param unmatched what is asked for PFs that are not there; sentences for a person
     */
    public record Report(List<Outcome> outcomes, boolean wroteRules, List<String> unmatched) {

        public boolean isGood() {
            return unmatched.isEmpty() && outcomes.stream().allMatch(Outcome::isGood);
        }
    }

    /**
     * Does it when the node starts, unless somebody paused the node. What is not known is asked again for a while.
     *
     * @throws IllegalStateException if the node is paused
     * @throws PauseUnknown if that cannot be found out
     */
    public Report prepareUnlessPaused() {
        Optional<String> pause = isAsked() ? askWhetherPaused() : Optional.empty();
        if (pause.isPresent()) {
            throw new IllegalStateException(pause.get()
                    + "; take it away, and delete the node-binder pod of this node, which prepares it then");
        }
        return prepare();
    }

    /** Nobody says whether the node is paused. */
    public static final class PauseUnknown extends RuntimeException {
        private static final long serialVersionUID = 1L;

        PauseUnknown(String message, Throwable cause) {
            super(message, cause);
        }
    }

    private Optional<String> askWhetherPaused() {
        long deadline = System.nanoTime() + properties.silentFor().toNanos();
        while (true) {
            try {
                return paused.get();
            } catch (RuntimeException e) {
                if (System.nanoTime() - deadline >= 0) {
                    throw new PauseUnknown(
                            "whether this node is paused is not known, because its Node cannot be read: "
                                    + e.getMessage(),
                            e);
                }
                LOG.info("the Node cannot be read; asking again: {}", e.getMessage());
                LockSupport.parkNanos(BETWEEN_TRIES.toNanos());
            }
        }
    }

    /** Does it; the rules come first, so that they are there when VFs appear. */
    public Report prepare() {
        boolean writes = writesRules();
        if (writes) {
            rules.write();
        }
        Selection selection = selection();
        List<Outcome> outcomes = new ArrayList<>();
        selection
                .settings()
                .forEach((pf, settings) -> outcomes.add(preparation.prepare(pf.pci(), settings.settings())));
        Report report = new Report(outcomes, writes, selection.unmatched());
        report.outcomes()
                .forEach(outcome ->
                        outcome.messages().forEach(message -> LOG.warn("preparing PF {}: {}", outcome.pf(), message)));
        report.unmatched().forEach(LOG::warn);
        LOG.debug("prepared: {}", report);
        return report;
    }

    private record Selection(Map<PhysicalFunction, PrepareProperties.Pf> settings, List<String> unmatched) {}

    private Selection selection() {
        Map<Boolean, List<PhysicalFunction>> byExclusion =
                control.pfs().stream().collect(Collectors.partitioningBy(this::isExcluded));
        List<PhysicalFunction> pfs = byExclusion.getOrDefault(false, List.of());
        boolean byNode =
                properties.pfs().stream().anyMatch(entry -> !entry.nodes().isEmpty());
        Map<String, String> labels = byNode ? nodeLabels.get() : Map.of();
        Map<PhysicalFunction, PrepareProperties.Pf> settings = new LinkedHashMap<>();
        for (PhysicalFunction pf : pfs) {
            Optional<PrepareProperties.Pf> first = properties.pfs().stream()
                    .filter(entry -> entry.selects(pf, labels))
                    .findFirst();
            first.ifPresent(entry -> settings.put(pf, entry));
        }
        // vendor and device may well be those of another node; a PF that is named is missed
        Stream<String> left = byExclusion.getOrDefault(true, List.of()).stream()
                .filter(pf -> properties.pfs().stream().anyMatch(entry -> entry.selects(pf, labels)))
                .map(pf -> "PF " + pf.title() + " is not prepared: pod-offload.exclude names it, or a VF of it");
        Stream<String> missed = properties.pfs().stream()
                .filter(entry -> entry.pci() != null || entry.netdev() != null)
                .filter(entry -> labels.entrySet().containsAll(entry.nodes().entrySet()))
                .filter(entry ->
                        byExclusion.values().stream().flatMap(List::stream).noneMatch(pf -> entry.selects(pf, labels)))
                .map(entry -> "there is no PF with " + entry.selector() + "; those with SR-IOV are: "
                        + (pfs.isEmpty()
                                ? "none (SR-IOV may be off in firmware or BIOS)"
                                : String.join(
                                        ", ",
                                        pfs.stream()
                                                .map(PhysicalFunction::title)
                                                .toList())));
        return new Selection(settings, Stream.concat(left, missed).toList());
    }

    private boolean isExcluded(PhysicalFunction pf) {
        return excluded.contains(pf.pci().value())
                || pf.uplink()
                        .filter(uplink -> excluded.contains(uplink.name()))
                        .isPresent()
                || pf.vfs().stream().anyMatch(vf -> excluded.contains(vf.pci().value()));
    }
}
