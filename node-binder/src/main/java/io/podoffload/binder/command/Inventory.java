package io.podoffload.binder.command;

import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.binding.PodName;
import io.podoffload.binder.nic.Eswitch;
import io.podoffload.binder.nic.Netdev;
import io.podoffload.binder.nic.PhysicalFunction;
import io.podoffload.binder.nic.VirtualFunction;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * PFs, VFs and representors of a node, and which pod has which VF.
 *
 * @param unknown why the pods are not known; null where they are
 */
record Inventory(String node, @Nullable String unknown, List<Pf> pfs) {

    private static final String ROW = "  %-3s %-13s %-10s %-16s %-16s %-14s %s%n";

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

    /** @param allotted asked of the kubelet, which may not answer */
    static Inventory of(String node, List<PhysicalFunction> pfs, Supplier<Map<PodName, List<PciAddress>>> allotted) {
        Map<PciAddress, String> holders = new HashMap<>();
        String unknown = null;
        try {
            allotted.get().forEach((pod, vfs) -> vfs.forEach(vf -> holders.put(vf, pod.toString())));
        } catch (RuntimeException e) {
            unknown = "which pod holds a VF is not known, because the kubelet does not answer: " + e.getMessage();
        }
        return new Inventory(
                node, unknown, pfs.stream().map(pf -> pf(pf, holders)).toList());
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
                pf.uplink().map(Inventory::offload).orElse(null),
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
                vf.representor().map(Inventory::offload).orElse(null),
                holders.get(vf.pci()));
    }

    private static String offload(Netdev netdev) {
        return netdev.tcOffload().name().toLowerCase(Locale.ROOT);
    }

    int exitCode() {
        return unknown == null ? ExitCode.WELL : ExitCode.WARNINGS;
    }

    String text() {
        StringBuilder out = new StringBuilder();
        if (pfs.isEmpty()) {
            out.append("no PF with SR-IOV: the card has none, or it is off in firmware or BIOS\n");
        }
        for (Pf pf : pfs) {
            out.append("PF %s %s  %s  driver %s  %s  %d of %d VFs  hw-tc-offload %s  MTU %s%n"
                    .formatted(
                            pf.pci(),
                            pf.device(),
                            text(pf.uplink()),
                            text(pf.driver()),
                            pf.mode(),
                            pf.vfs().size(),
                            pf.totalVfs(),
                            text(pf.hwTcOffload()),
                            text(pf.mtu())));
            if (!pf.vfs().isEmpty()) {
                out.append(ROW.formatted("VF", "PCI", "driver", "netdev", "representor", "hw-tc-offload", "pod"));
            }
            for (Vf vf : pf.vfs()) {
                out.append(ROW.formatted(
                        vf.index(),
                        vf.pci(),
                        text(vf.driver()),
                        vf.driver() != null && vf.netdev() == null ? "(elsewhere)" : text(vf.netdev()),
                        text(vf.representor()),
                        text(vf.hwTcOffload()),
                        text(vf.pod())));
            }
        }
        if (unknown != null) {
            out.append(unknown).append('\n');
        }
        return out.toString();
    }

    private static String text(@Nullable Object value) {
        return value == null ? "-" : value.toString();
    }
}
