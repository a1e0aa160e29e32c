package io.podoffload.binder.command;

import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.binding.PodName;
import io.podoffload.binder.nic.Eswitch;
import io.podoffload.binder.nic.Netdev;
import io.podoffload.binder.nic.NicControl;
import io.podoffload.binder.nic.PhysicalFunction;
import io.podoffload.binder.nic.VirtualFunction;
import java.io.PrintStream;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** {@code inventory}: what there is, and who has it. Changes nothing. */
public final class InventoryCommand implements Command {

    private final NicControl nics;
    private final Supplier<Map<PodName, List<PciAddress>>> allotted;
    private final String node;
    private final JsonMapper json;

    public InventoryCommand(
            NicControl nics, Supplier<Map<PodName, List<PciAddress>>> allotted, String node, JsonMapper json) {
        this.nics = nics;
        this.allotted = allotted;
        this.node = node;
        this.json = json;
    }

    /** What is printed as JSON. */
    record Inventory(String node, @Nullable String unknown, List<Pf> pfs) {}

    record Pf(
            String pci,
            String device,
            @Nullable String driver,
            @Nullable String uplink,
            String mode,
            @Nullable Boolean encap,
            @Nullable String steering,
            @Nullable Integer mtu,
            @Nullable String hwTcOffload,
            int totalVfs,
            List<Vf> vfs) {}

    record Vf(
            int index,
            String pci,
            @Nullable String driver,
            @Nullable String netdev,
            @Nullable String representor,
            @Nullable String hwTcOffload,
            @Nullable String pod) {}

    @Override
    public String usage() {
        return """
                inventory [--json]                 list PFs, VFs and representors, and who has each VF; changes nothing
                """;
    }

    @Override
    public int run(List<String> options, PrintStream out) {
        boolean asJson = options.equals(List.of("--json"));
        if (!asJson && !options.isEmpty()) {
            throw new UsageException("inventory knows no '" + options.get(0) + "'");
        }
        Inventory inventory = inventory();
        if (asJson) {
            out.println(json.writerWithDefaultPrettyPrinter().writeValueAsString(inventory));
        } else {
            print(inventory, out);
        }
        return 0;
    }

    private Inventory inventory() {
        Map<PciAddress, String> holders = new HashMap<>();
        String unknown = null;
        try {
            allotted.get().forEach((pod, vfs) -> vfs.forEach(vf -> holders.put(vf, pod.toString())));
        } catch (RuntimeException e) {
            unknown = "which pod holds a VF is not known, because the kubelet does not answer: " + e.getMessage();
        }
        return new Inventory(
                node, unknown, nics.pfs().stream().map(pf -> pf(pf, holders)).toList());
    }

    private static Pf pf(PhysicalFunction pf, Map<PciAddress, String> holders) {
        return new Pf(
                pf.pci().value(),
                pf.vendor() + ":" + pf.device(),
                pf.driver().orElse(null),
                pf.uplink().map(Netdev::name).orElse(null),
                pf.eswitch().map(Eswitch::mode).map(Eswitch.Mode::text).orElse("no eswitch"),
                pf.eswitch().flatMap(Eswitch::encap).orElse(null),
                pf.steering().orElse(null),
                pf.uplink().map(Netdev::mtu).orElse(null),
                pf.uplink().map(InventoryCommand::offload).orElse(null),
                pf.totalVfs(),
                pf.vfs().stream().map(vf -> vf(vf, holders)).toList());
    }

    private static Vf vf(VirtualFunction vf, Map<PciAddress, String> holders) {
        return new Vf(
                vf.index(),
                vf.pci().value(),
                vf.driver().orElse(null),
                vf.netdev().orElse(null),
                vf.representor().map(Netdev::name).orElse(null),
                vf.representor().map(InventoryCommand::offload).orElse(null),
                holders.get(vf.pci()));
    }

    private static String offload(Netdev netdev) {
        return netdev.tcOffload().name().toLowerCase(Locale.ROOT);
    }

    private static void print(Inventory inventory, PrintStream out) {
        if (inventory.pfs().isEmpty()) {
            out.println("no PF with SR-IOV: the card has none, or it is off in firmware or BIOS");
        }
        for (Pf pf : inventory.pfs()) {
            out.printf(
                    "PF %s %s  %s  driver %s  %s  %d of %d VFs  hw-tc-offload %s  MTU %s%n",
                    pf.pci(),
                    pf.device(),
                    text(pf.uplink()),
                    text(pf.driver()),
                    pf.mode(),
                    pf.vfs().size(),
                    pf.totalVfs(),
                    text(pf.hwTcOffload()),
                    text(pf.mtu()));
            if (!pf.vfs().isEmpty()) {
                out.printf(
                        "  %-3s %-13s %-10s %-16s %-16s %-14s %s%n",
                        "VF", "PCI", "driver", "netdev", "representor", "hw-tc-offload", "pod");
            }
            for (Vf vf : pf.vfs()) {
                out.printf(
                        "  %-3d %-13s %-10s %-16s %-16s %-14s %s%n",
                        vf.index(),
                        vf.pci(),
                        text(vf.driver()),
                        vf.driver() != null && vf.netdev() == null ? "(elsewhere)" : text(vf.netdev()),
                        text(vf.representor()),
                        text(vf.hwTcOffload()),
                        text(vf.pod()));
            }
        }
        if (inventory.unknown() != null) {
            out.println(inventory.unknown());
        }
    }

    private static String text(@Nullable Object value) {
        return value == null ? "-" : value.toString();
    }
}
