package io.podoffload.binder.kernel;

import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.nic.Eswitch;
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
import java.util.function.Function;
import java.util.function.Supplier;
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

    /**
     * Representor of a VF of this host, flavour "pcivf": {@code pf0vf3}; {@code vf3} of some drivers; a bare {@code 3} on kernels up to
     * about 5.0.
     */
    private static final Pattern VF_REPRESENTOR = Pattern.compile("(?:c0)?pf(\\d+)vf(\\d+)|(?:vf)?(\\d+)");

    private static final String NVIDIA = "0x15b3";

    /** The network functions of BlueField DPUs, 1 to 3: a2d2, a2d6, a2dc. */
    private static final Pattern BLUEFIELD = Pattern.compile("0xa2d[0-9a-f]");

    /** PCI base class 02. */
    private static final String NETWORK_CONTROLLER = "0x02";

    private static final Pattern VIRTFN = Pattern.compile("virtfn(\\d+)");

    private final Path devices;
    private final Path netClass;
    private final Supplier<Map<Devlink.VfPort, Optional<String>>> ports;
    private final Function<PciAddress, Optional<Eswitch>> eswitch;

    /** @param sysfs root of sysfs, {@code /sys} on a node */
    public NicTopology(Path sysfs, Devlink devlink) {
        this(sysfs, devlink::vfPorts, devlink::eswitch);
    }

    NicTopology(
            Path sysfs,
            Supplier<Map<Devlink.VfPort, Optional<String>>> ports,
            Function<PciAddress, Optional<Eswitch>> eswitch) {
        this.devices = sysfs.resolve("bus/pci/devices");
        this.netClass = sysfs.resolve("class/net");
        this.ports = ports;
        this.eswitch = eswitch;
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

    /** Why a VF has no representor that could be found; a sentence each. */
    public enum Unmapped {
        NO_SUCH_DEVICE("there is no PCI device of this address"),
        NOT_A_VF("the PCI device is no VF"),
        PF_WITHOUT_DRIVER("the PF is bound to no driver"),
        DPU_HOST("the card is a BlueField in DPU mode, which keeps the representors for itself: set it to NIC mode"),
        NO_ESWITCH(
                "this host manages no eswitch of the PF: the card has none, or the kernel lacks its driver's support"),
        NOT_SWITCHDEV("the PF is not in switchdev mode: prepare the node, or run devlink dev eswitch set"),
        UPLINK_ELSEWHERE("the PF's netdev is in another network namespace"),
        REPRESENTOR_ELSEWHERE("the representor's netdev is not in the host's namespace, or is still being made"),
        AMBIGUOUS("several netdevs claim to be its representor"),
        NO_REPRESENTOR("no netdev says that it is its representor");

        private final String sentence;

        Unmapped(String sentence) {
            this.sentence = sentence;
        }

        public String sentence() {
            return sentence;
        }
    }

    /** Why {@link #vf} finds nothing; empty where it finds the VF. */
    public Optional<Unmapped> whyUnmapped(PciAddress pci) {
        if (vf(pci).isPresent()) {
            return Optional.empty();
        }
        if (!Files.isDirectory(device(pci))) {
            return Optional.of(Unmapped.NO_SUCH_DEVICE);
        }
        Optional<PciAddress> parent = linkTarget(device(pci).resolve("physfn")).map(PciAddress::new);
        if (parent.isEmpty()) {
            return Optional.of(Unmapped.NOT_A_VF);
        }
        PciAddress pf = parent.get();
        if (uplink(pf).isPresent()) {
            return Optional.of(withinSwitchdev(pf, pci));
        }
        if (driver(pf).isEmpty()) {
            return Optional.of(Unmapped.PF_WITHOUT_DRIVER);
        }
        Optional<Eswitch.Mode> mode = eswitch.apply(pf).map(Eswitch::mode);
        if (mode.isEmpty()) {
            boolean dpu = text(device(pf).resolve("vendor")).equals(NVIDIA)
                    && BLUEFIELD.matcher(text(device(pf).resolve("device"))).matches();
            return Optional.of(dpu ? Unmapped.DPU_HOST : Unmapped.NO_ESWITCH);
        }
        return Optional.of(mode.get() == Eswitch.Mode.SWITCHDEV ? Unmapped.UPLINK_ELSEWHERE : Unmapped.NOT_SWITCHDEV);
    }

    private Unmapped withinSwitchdev(PciAddress pf, PciAddress pci) {
        Optional<Integer> index = virtualFunctions(pf).entrySet().stream()
                .filter(entry -> entry.getValue().equals(pci))
                .map(Map.Entry::getKey)
                .findFirst();
        if (index.isEmpty()) {
            return Unmapped.NOT_A_VF;
        }
        if (ports.get().containsKey(new Devlink.VfPort(pf, index.get()))) {
            return Unmapped.REPRESENTOR_ELSEWHERE;
        }
        long claims = uplink(pf).stream()
                .flatMap(uplink -> candidates(pf, uplink).getOrDefault(index.get(), List.of()).stream())
                .count();
        return claims > 1 ? Unmapped.AMBIGUOUS : Unmapped.NO_REPRESENTOR;
    }

    /** All VFs that have a representor, in the order of their addresses. */
    public List<Vf> vfs() {
        Map<Devlink.VfPort, Optional<String>> known = ports.get();
        List<Vf> vfs = new ArrayList<>();
        for (String name : names(devices)) {
            if (PciAddress.isPciAddress(name)) {
                addVfsOf(new PciAddress(name), known, vfs);
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
        addVfsOf(pf.get(), ports.get(), vfs);
        return vfs.stream().filter(vf -> vf.pci().equals(pci)).findFirst();
    }

    private void addVfsOf(PciAddress pf, Map<Devlink.VfPort, Optional<String>> known, List<Vf> vfs) {
        Map<Integer, PciAddress> virtualFunctions = virtualFunctions(pf);
        Optional<String> uplink = virtualFunctions.isEmpty() ? Optional.empty() : uplink(pf);
        if (uplink.isEmpty()) {
            return;
        }
        Map<Integer, String> representors = representors(pf, uplink.get());
        virtualFunctions.forEach((index, pci) -> {
            Optional<String> port = known.getOrDefault(new Devlink.VfPort(pf, index), Optional.empty());
            port.or(() -> Optional.ofNullable(representors.get(index)))
                    .ifPresent(representor -> vfs.add(new Vf(pci, pf, index, uplink.get(), representor)));
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

    /**
     * The VF's netdev, if it is in the namespace of this sysfs; the folder is empty while it is in another. What stands on it, as
     * {@code ib0.8001} on {@code ib0}, comes after it.
     */
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
        ports.get().forEach((port, netdev) -> {
            if (port.pf().equals(pf)) {
                netdev.ifPresent(name -> found.put(port.vf(), name));
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

    /** A VF that several netdevs claim has none. */
    private Map<Integer, String> representors(PciAddress pf, String uplink) {
        Map<Integer, String> found = new HashMap<>();
        candidates(pf, uplink).forEach((index, names) -> {
            if (names.size() == 1) {
                found.put(index, names.get(0));
            }
        });
        return found;
    }

    /** The netdevs below the PF (kernel 5.8 and later) tell; else all of the same switch and PF number. */
    private Map<Integer, List<String>> candidates(PciAddress pf, String uplink) {
        Path below = device(pf).resolve("net");
        Map<Integer, List<String>> found = new HashMap<>();
        for (String name : names(below)) {
            represented(below.resolve(name), OptionalInt.empty()).ifPresent(index -> add(found, index, name));
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
                represented(netClass.resolve(name), pfNumber).ifPresent(index -> add(found, index, name));
            }
        }
        return found;
    }

    private static void add(Map<Integer, List<String>> found, int index, String name) {
        found.computeIfAbsent(index, any -> new ArrayList<>()).add(name);
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
