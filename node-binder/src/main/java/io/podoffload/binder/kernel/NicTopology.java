package io.podoffload.binder.kernel;

import io.podoffload.binder.binding.PciAddress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * From a VF's PCI address to its PF, its index, the uplink and its representor, by sysfs and devlink.
 *
 * @see <a href="https://docs.kernel.org/networking/representors.html">Network Function Representors</a>
 */
public final class NicTopology {

    /** Uplink, devlink flavour "physical": {@code p0}; some drivers name VF representors only. */
    private static final Pattern UPLINK = Pattern.compile("p\\d+");

    /** Representor of a VF of this host, flavour "pcivf": {@code pf0vf3}; a bare {@code 3} on kernels up to about 5.0. */
    private static final Pattern VF_REPRESENTOR = Pattern.compile("(?:c0)?pf(\\d+)vf(\\d+)|(\\d+)");

    /** PCI base class 02. */
    private static final String NETWORK_CONTROLLER = "0x02";

    private static final Pattern VIRTFN = Pattern.compile("virtfn(\\d+)");

    private final Path devices;
    private final Path netClass;
    private final Devlink devlink;

    /** @param sysfs root of sysfs, {@code /sys} on a node */
    public NicTopology(Path sysfs, Devlink devlink) {
        this.devices = sysfs.resolve("bus/pci/devices");
        this.netClass = sysfs.resolve("class/net");
        this.devlink = devlink;
    }

    /**
     * A VF whose representor was found.
     *
     * @param pci of the VF
     * @param pf of its PF
     * @param index which of the PF's VFs it is
     * @param uplink netdev of the PF
     * @param representor netdev that stands for the VF on the switch
     */
    public record Vf(PciAddress pci, PciAddress pf, int index, String uplink, String representor) {}

    /** All VFs that have a representor, in the order of their addresses. */
    public List<Vf> vfs() {
        Map<Devlink.VfPort, String> ports = devlink.vfPorts();
        List<Vf> vfs = new ArrayList<>();
        for (String name : names(devices)) {
            if (PciAddress.isPciAddress(name)) {
                addVfsOf(new PciAddress(name), ports, vfs);
            }
        }
        vfs.sort(Comparator.comparing(Vf::pci));
        return vfs;
    }

    /** The VF at {@code pci}; empty if there is none, or if its PF is not in switchdev mode. */
    public Optional<Vf> vf(PciAddress pci) {
        Optional<PciAddress> pf = linkTarget(device(pci).resolve("physfn")).map(PciAddress::new);
        if (pf.isEmpty()) {
            return Optional.empty();
        }
        List<Vf> vfs = new ArrayList<>();
        addVfsOf(pf.get(), devlink.vfPorts(), vfs);
        return vfs.stream().filter(vf -> vf.pci().equals(pci)).findFirst();
    }

    private void addVfsOf(PciAddress pf, Map<Devlink.VfPort, String> ports, List<Vf> vfs) {
        Map<Integer, PciAddress> virtualFunctions = virtualFunctions(pf);
        Optional<String> uplink = virtualFunctions.isEmpty() ? Optional.empty() : uplink(pf);
        if (uplink.isEmpty()) {
            return;
        }
        Map<Integer, String> representors = representors(pf, uplink.get());
        virtualFunctions.forEach((index, pci) -> {
            String representor = ports.getOrDefault(new Devlink.VfPort(pf, index), representors.get(index));
            if (representor != null) {
                vfs.add(new Vf(pci, pf, index, uplink.get(), representor));
            }
        });
    }

    /** All functions that can have VFs, in the order of their addresses. */
    List<PciAddress> pfs() {
        return names(devices).stream()
                .filter(PciAddress::isPciAddress)
                .map(PciAddress::new)
                .filter(pci -> !text(device(pci).resolve("sriov_totalvfs")).matches("|0"))
                .filter(pci -> text(device(pci).resolve("class")).startsWith(NETWORK_CONTROLLER))
                .sorted()
                .toList();
    }

    /** The VF's netdev, if it is in the namespace of this sysfs; the folder is empty while it is in another. */
    public Optional<String> netdev(PciAddress pci) {
        return names(device(pci).resolve("net")).stream().findFirst();
    }

    /** Name of the driver that the device is bound to, if any. */
    public Optional<String> driver(PciAddress pci) {
        return linkTarget(device(pci).resolve("driver"));
    }

    /** By index. */
    Map<Integer, PciAddress> virtualFunctions(PciAddress pf) {
        Map<Integer, PciAddress> functions = new TreeMap<>();
        for (String name : names(device(pf))) {
            Matcher matcher = VIRTFN.matcher(name);
            if (matcher.matches()) {
                linkTarget(device(pf).resolve(name))
                        .ifPresent(vf -> functions.put(Integer.parseInt(matcher.group(1)), new PciAddress(vf)));
            }
        }
        return functions;
    }

    /** The representors of a PF's VFs by index; none in legacy mode. */
    Map<Integer, String> representors(PciAddress pf) {
        Map<Integer, String> found = new HashMap<>();
        uplink(pf).ifPresent(uplink -> found.putAll(representors(pf, uplink)));
        devlink.vfPorts().forEach((port, netdev) -> {
            if (port.pf().equals(pf)) {
                found.put(port.vf(), netdev);
            }
        });
        return found;
    }

    /** The PF's own netdev, in whichever mode; in legacy mode it is the only one. */
    Optional<String> uplinkOf(PciAddress pf) {
        List<String> all = names(device(pf).resolve("net"));
        return uplink(pf).or(() -> all.size() == 1 ? Optional.of(all.get(0)) : Optional.empty());
    }

    private Optional<String> uplink(PciAddress pf) {
        Path net = device(pf).resolve("net");
        List<String> ports = names(net).stream()
                .filter(name ->
                        !text(net.resolve(name).resolve("phys_switch_id")).isEmpty())
                .toList();
        List<String> nameless = ports.stream()
                .filter(name ->
                        text(net.resolve(name).resolve("phys_port_name")).isEmpty())
                .toList();
        return ports.stream()
                .filter(name -> UPLINK.matcher(text(net.resolve(name).resolve("phys_port_name")))
                        .matches())
                .findFirst()
                .or(() -> nameless.size() == 1 ? Optional.of(nameless.get(0)) : Optional.empty());
    }

    /** The netdevs below the PF (kernel 5.8 and later) tell; else all of the same switch and PF number. */
    private Map<Integer, String> representors(PciAddress pf, String uplink) {
        Path below = device(pf).resolve("net");
        Map<Integer, String> found = new HashMap<>();
        for (String name : names(below)) {
            represented(below.resolve(name), OptionalInt.empty()).ifPresent(index -> found.put(index, name));
        }
        if (!found.isEmpty()) {
            return found;
        }
        String switchId = text(below.resolve(uplink).resolve("phys_switch_id"));
        String portName = text(below.resolve(uplink).resolve("phys_port_name"));
        OptionalInt pfNumber =
                portName.isEmpty() ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(portName.substring(1)));
        for (String name : names(netClass)) {
            if (text(netClass.resolve(name).resolve("phys_switch_id")).equals(switchId)) {
                represented(netClass.resolve(name), pfNumber).ifPresent(index -> found.put(index, name));
            }
        }
        return found;
    }

    /**
     * Index of the VF that a netdev represents. A card's PFs share one switch id, so the PF number counts where the PF's own
     * folder does not tell.
     */
    private static OptionalInt represented(Path netdev, OptionalInt pfNumber) {
        Matcher matcher = VF_REPRESENTOR.matcher(text(netdev.resolve("phys_port_name")));
        if (!matcher.matches()) {
            return OptionalInt.empty();
        }
        if (matcher.group(3) != null) {
            return OptionalInt.of(Integer.parseInt(matcher.group(3)));
        }
        boolean ofThisPf = pfNumber.isEmpty() || Integer.parseInt(matcher.group(1)) == pfNumber.getAsInt();
        return ofThisPf ? OptionalInt.of(Integer.parseInt(matcher.group(2))) : OptionalInt.empty();
    }

    private Path device(PciAddress pci) {
        return devices.resolve(pci.value());
    }

    private static Optional<String> linkTarget(Path link) {
        try {
            return Optional.of(String.valueOf(Files.readSymbolicLink(link).getFileName()));
        } catch (IOException e) {
            return Optional.empty(); // no such link: the device has no such role
        }
    }

    private static List<String> names(Path folder) {
        List<String> names = new ArrayList<>();
        if (!Files.isDirectory(folder)) {
            return names;
        }
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            entries.forEach(entry -> names.add(String.valueOf(entry.getFileName())));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list " + folder, e);
        }
        names.sort(null);
        return names;
    }

    /** Reading fails with EOPNOTSUPP on netdevs that have no such name, which is the same as none. */
    static String text(Path attribute) {
        try {
            return Files.readString(attribute).strip();
        } catch (IOException e) {
            return "";
        }
    }
}
