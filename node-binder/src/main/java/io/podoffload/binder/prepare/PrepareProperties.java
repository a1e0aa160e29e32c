package io.podoffload.binder.prepare;

import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.nic.Eswitch;
import io.podoffload.binder.nic.PfSettings;
import io.podoffload.binder.nic.PhysicalFunction;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What the NICs of nodes are to be.
 *
 * @param pfs what PFs are to be, see docs/preparation.md; the first that selects a PF counts for it
 * @param onStart whether the binder prepares the node itself before it looks at any VF
 * @param busyFor how long a device may be busy before preparation gives up
 * @param silentFor how long the kubelet, ovsdb-server or the API server may give no answer before preparation gives up
 * @param udevRules folder of the rules that keep NetworkManager from VFs and representors
 */
@ConfigurationProperties("pod-offload.prepare")
public record PrepareProperties(
        @DefaultValue List<Pf> pfs,
        @DefaultValue("false") boolean onStart,
        @DefaultValue("30s") Duration busyFor,
        @DefaultValue("60s") Duration silentFor,
        @DefaultValue("/etc/udev/rules.d") Path udevRules) {

    public PrepareProperties {
        pfs = List.copyOf(pfs);
    }

    /** Whether any of them is to be left alone by NetworkManager. */
    boolean keepsNetworkManagerAway() {
        return pfs.stream().anyMatch(pf -> "unmanaged".equals(pf.networkManager()));
    }

    /**
     * Settings of the PFs that are selected; what is not given is left as it is.
     *
     * @param pci address of one PF
     * @param netdev name of one PF's netdev
     * @param vendor four hexadecimal digits, {@code 15b3}
     * @param device four hexadecimal digits
     * @param nodes labels that the node must have
     * @param vfs how many VFs
     * @param eswitch {@code switchdev} or {@code legacy}
     * @param steering {@code smfs}, {@code dmfs} or {@code hmfs}
     * @param encap {@code basic} or {@code none}
     * @param hwTcOffload of uplink and representors
     * @param mtu of the uplink, bytes
     * @param networkManager {@code unmanaged}: it is kept from VFs and representors
     * @param order {@code vfs-first} or {@code switchdev-first}: which is tried first
     * @param evenIfItCarriesTheNode whether the mode may be changed although the default route or the tunnels go by the PF
     */
    public record Pf(
            @Nullable String pci,
            @Nullable String netdev,
            @Nullable String vendor,
            @Nullable String device,
            @DefaultValue Map<String, String> nodes,
            @Nullable Integer vfs,
            @Nullable String eswitch,
            @Nullable String steering,
            @Nullable String encap,
            @Nullable Boolean hwTcOffload,
            @Nullable Integer mtu,
            @Nullable String networkManager,
            @DefaultValue("vfs-first") String order,
            @DefaultValue("false") boolean evenIfItCarriesTheNode) {

        public Pf {
            nodes = Map.copyOf(nodes);
            if (pci == null && netdev == null && vendor == null) {
                throw new IllegalArgumentException(
                        "an entry of pod-offload.prepare.pfs selects no PF: give pci, netdev, or vendor and device");
            }
            if (pci != null) {
                pci = new PciAddress(pci).value();
            }
            among("eswitch", eswitch, Set.of("legacy", "switchdev"));
            among("steering", steering, Set.of("smfs", "dmfs", "hmfs"));
            among("encap", encap, Set.of("none", "basic"));
            among("network-manager", networkManager, Set.of("managed", "unmanaged"));
            among("order", order, Set.of("vfs-first", "switchdev-first"));
            atLeast("vfs", vfs, 0);
            atLeast("mtu", mtu, 68);
        }

        private static void among(String name, @Nullable String value, Set<String> allowed) {
            if (value != null && !allowed.contains(value)) {
                throw new IllegalArgumentException("pod-offload.prepare.pfs: " + name + " is '" + value
                        + "', which is none of " + allowed.stream().sorted().toList());
            }
        }

        private static void atLeast(String name, @Nullable Integer value, int least) {
            if (value != null && value < least) {
                throw new IllegalArgumentException(
                        "pod-offload.prepare.pfs: " + name + " is " + value + ", which is less than " + least);
            }
        }

        /** Whether these settings are for {@code pf}, on a node with {@code labels}. */
        boolean selects(PhysicalFunction pf, Map<String, String> labels) {
            return (pci == null || pci.equals(pf.pci().value()))
                    && (netdev == null
                            || pf.uplink()
                                    .filter(link -> link.name().equals(netdev))
                                    .isPresent())
                    && (vendor == null || vendor.toLowerCase(Locale.ROOT).equals(pf.vendor()))
                    && (device == null || device.toLowerCase(Locale.ROOT).equals(pf.device()))
                    && labels.entrySet().containsAll(nodes.entrySet());
        }

        PfSettings settings() {
            return new PfSettings(
                    number(vfs),
                    Optional.ofNullable(eswitch)
                            .map(mode -> mode.equals("legacy") ? Eswitch.Mode.LEGACY : Eswitch.Mode.SWITCHDEV),
                    Optional.ofNullable(steering),
                    Optional.ofNullable(encap).map("basic"::equals),
                    Optional.ofNullable(hwTcOffload),
                    number(mtu),
                    order.equals("vfs-first") ? PfSettings.Order.VFS_FIRST : PfSettings.Order.SWITCHDEV_FIRST,
                    evenIfItCarriesTheNode);
        }

        private static OptionalInt number(@Nullable Integer value) {
            return value == null ? OptionalInt.empty() : OptionalInt.of(value);
        }

        /** What the entry selects, for a person. */
        String selector() {
            return pci != null ? "PCI address " + pci : netdev != null ? "netdev " + netdev : vendor + ":" + device;
        }
    }
}
