package io.podoffload.binder.kernel;

import io.podoffload.binder.binding.PciAddress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * From a VF's PCI address to its PF, its index, the uplink and its representor, by sysfs and devlink.
 *
 * @see <a href="https://docs.kernel.org/networking/representors.html">Network Function Representors</a>
 */
public final class NicTopology {

    /** Uplink, devlink flavour "physical": {@code p0}. */
    private static final Pattern UPLINK = Pattern.compile("p\\d+");

    /** Representor of a VF of this host, flavour "pcivf": {@code pf0vf3}; a bare {@code 3} on kernels up to about 5.0. */
    private static final Pattern VF_REPRESENTOR = Pattern.compile("(?:c0)?pf(\\d+)vf(\\d+)|(\\d+)");

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
        return names(devices).stream()
                .filter(PciAddress::isPciAddress)
                .map(PciAddress::new)
                .filter(pci -> Files.exists(device(pci).resolve("physfn")))
                .flatMap(pci -> vf(pci).stream())
                .sorted((one, other) -> one.pci().compareTo(other.pci()))
                .toList();
    }

    /** The VF at {@code pci}; empty if there is none, or if its PF is not in switchdev mode. */
    public Optional<Vf> vf(PciAddress pci) {
        Optional<PciAddress> pf = linkTarget(device(pci).resolve("physfn")).map(PciAddress::new);
        if (pf.isEmpty()) {
            return Optional.empty();
        }
        OptionalInt index = index(pf.get(), pci);
        Optional<String> uplink = uplink(pf.get());
        if (index.isEmpty() || uplink.isEmpty()) {
            return Optional.empty();
        }
        return representor(pf.get(), uplink.get(), index.getAsInt())
                .map(name -> new Vf(pci, pf.get(), index.getAsInt(), uplink.get(), name));
    }

    /** The VF's netdev, if it is in the namespace of this sysfs; the folder is empty while it is in another. */
    public Optional<String> netdev(PciAddress pci) {
        return names(device(pci).resolve("net")).stream().findFirst();
    }

    private OptionalInt index(PciAddress pf, PciAddress vf) {
        for (String name : names(device(pf))) {
            Matcher matcher = VIRTFN.matcher(name);
            if (matcher.matches() && linkTarget(device(pf).resolve(name)).equals(Optional.of(vf.value()))) {
                return OptionalInt.of(Integer.parseInt(matcher.group(1)));
            }
        }
        return OptionalInt.empty();
    }

    private Optional<String> uplink(PciAddress pf) {
        Path net = device(pf).resolve("net");
        return names(net).stream()
                .filter(name ->
                        !text(net.resolve(name).resolve("phys_switch_id")).isEmpty())
                .filter(name -> UPLINK.matcher(text(net.resolve(name).resolve("phys_port_name")))
                        .matches())
                .findFirst();
    }

    /** Devlink knows; else the netdevs below the PF (kernel 5.8 and later); else all of the same switch and PF number. */
    private Optional<String> representor(PciAddress pf, String uplink, int index) {
        Path below = device(pf).resolve("net");
        return devlink.representor(pf, index)
                .or(() -> names(below).stream()
                        .filter(name -> represents(below.resolve(name), index, OptionalInt.empty()))
                        .findFirst())
                .or(() -> onTheSameSwitch(below.resolve(uplink), index));
    }

    private Optional<String> onTheSameSwitch(Path uplink, int index) {
        String switchId = text(uplink.resolve("phys_switch_id"));
        OptionalInt pfNumber = OptionalInt.of(
                Integer.parseInt(text(uplink.resolve("phys_port_name")).substring(1)));
        return names(netClass).stream()
                .filter(name ->
                        text(netClass.resolve(name).resolve("phys_switch_id")).equals(switchId))
                .filter(name -> represents(netClass.resolve(name), index, pfNumber))
                .findFirst();
    }

    /** A card's PFs share one switch id, so the PF number counts where the PF's own folder does not tell. */
    private static boolean represents(Path netdev, int index, OptionalInt pfNumber) {
        Matcher matcher = VF_REPRESENTOR.matcher(text(netdev.resolve("phys_port_name")));
        if (!matcher.matches()) {
            return false;
        }
        if (matcher.group(3) != null) {
            return Integer.parseInt(matcher.group(3)) == index;
        }
        return Integer.parseInt(matcher.group(2)) == index
                && (pfNumber.isEmpty() || Integer.parseInt(matcher.group(1)) == pfNumber.getAsInt());
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
    private static String text(Path attribute) {
        try {
            return Files.readString(attribute).strip();
        } catch (IOException e) {
            return "";
        }
    }
}
