package io.podoffload.sim;

import io.podoffload.binder.binding.PciAddress;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A NIC in switchdev mode: veth pairs stand for VF and representor, under a sysfs tree that is kept as the kernel would
 * keep it. As in a real sysfs, the folder {@code net} of a VF is empty while the VF is in another namespace.
 */
public final class SimulatedNic implements Nic, AutoCloseable {

    private static final String SWITCH_ID = "b8599f0300c1ec12";
    private static final String PF = "0000:03:00.0";
    private static final String UPLINK = "enp3s0f0";
    private static final JsonMapper JSON = JsonMapper.shared();

    private final Path sysfs;

    /** {@code 7: name@peer: <…>} as {@code ip -o monitor link} prints it, with "Deleted " before if it went. */
    private static final Pattern LINK_EVENT = Pattern.compile("(Deleted )?(\\d+): ([^@:]+)(?:@([^:]+))?: .*");

    /** Representors by ifindex; they never leave the host's namespace, and their index never changes. */
    private final Map<Integer, Integer> vfByRepresentorIndex = new HashMap<>();

    /** Of every name that a representor ever had; guarded by this. */
    private final Map<String, Integer> vfByRepresentorName = new HashMap<>();

    /** VFs at home by ifindex; guarded by this. */
    private final Map<Integer, Integer> vfByIndex = new HashMap<>();

    /** What the tree shows now: the name of each representor and of each VF at home, by VF; guarded by this. */
    private final Map<Integer, String> representorNames = new HashMap<>();

    private final Map<Integer, String> vfNames = new HashMap<>();

    /** VFs without a device; guarded by this. */
    private final Set<Integer> hidden = new HashSet<>();

    private String machineDriver = "vfio-pci"; // guarded by this
    private final int vfs;
    private final Process monitor;

    public SimulatedNic(Path sysfs, int vfs) {
        this.sysfs = sysfs;
        this.vfs = vfs;
        ip("link", "add", UPLINK, "type", "veth", "peer", "name", "wire0");
        ip("link", "set", UPLINK, "up");
        ip("link", "set", "wire0", "up");
        for (int index = 0; index < vfs; index++) {
            addLinks(index);
        }
        writeDevices();
        monitor = monitor();
        readLinks();
    }

    @Override
    public Path sysfs() {
        return sysfs;
    }

    @Override
    public List<PciAddress> pciAddresses() {
        List<PciAddress> all = new ArrayList<>();
        for (int index = 0; index < vfs; index++) {
            all.add(pci(index));
        }
        return all;
    }

    @Override
    public Map<PciAddress, Vf> inventory() {
        List<JsonNode> links = links();
        Map<PciAddress, Vf> inventory = new TreeMap<>();
        for (JsonNode link : links) {
            Integer index = vfByRepresentorIndex.get(link.path("ifindex").asInt());
            if (index != null) {
                String name = link.path("link").asString("");
                JsonNode vf = links.stream()
                        .filter(other -> other.path("ifname").asString().equals(name))
                        .findFirst()
                        .orElse(JSON.createObjectNode());
                inventory.put(
                        pci(index),
                        new Vf(
                                pci(index),
                                name,
                                vf.path("address").asString(""),
                                vf.path("mtu").asInt(0),
                                vf.path("flags").toString().contains("\"UP\""),
                                vf.path("ifalias").asString(""),
                                link.path("ifname").asString(),
                                link.path("flags").toString().contains("\"UP\"")));
            }
        }
        return inventory;
    }

    /** The folder of the VF's device is not there yet, while its netdevs are, as they may be for a moment. */
    public synchronized void hideDevice(PciAddress pci) {
        hidden.add(pciAddresses().indexOf(pci));
        try {
            Files.delete(device(PF).resolve("virtfn" + pciAddresses().indexOf(pci)));
            Files.move(device(pci.value()), sysfs.resolve("hidden"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public synchronized void showDevice(PciAddress pci) {
        try {
            Files.move(sysfs.resolve("hidden"), device(pci.value()));
            linkVf(pciAddresses().indexOf(pci));
            hidden.remove(pciAddresses().indexOf(pci));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void linkVf(int index) throws IOException {
        link(device(PF).resolve("virtfn" + index), device(pci(index).value()));
    }

    /** The VF goes, as when its driver is unbound or fewer VFs are asked for: device and netdevs, wherever they are. */
    public synchronized void unplug(PciAddress pci) {
        int index = pciAddresses().indexOf(pci);
        String representor = representor(pci);
        ip("link", "del", representor);
        vfByIndex.values().remove(index);
        showVf(index, "");
        hideDevice(pci);
        try {
            Files.delete(device(PF).resolve("net/" + representor));
            Files.delete(sysfs.resolve("class/net/" + representor));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        representorNames.remove(index);
        vfByRepresentorIndex.values().remove(index);
    }

    /** The VF is there again, as its driver makes it. */
    public synchronized void plug(PciAddress pci) {
        int index = pciAddresses().indexOf(pci);
        addLinks(index);
        showDevice(pci);
        readLinks();
    }

    /** The driver by which machines get VFs from now on, vfio-pci or a variant of it. */
    public synchronized void letMachinesUse(String driver) {
        machineDriver = driver;
    }

    /** It has no netdev now. */
    synchronized void giveToMachine(PciAddress pci, String netns) {
        ip("link", "set", netdev(pci), "netns", netns);
        setDriver(pci, machineDriver);
    }

    synchronized void takeFromMachine(PciAddress pci) {
        setDriver(pci, "mlx5_core");
    }

    private void setDriver(PciAddress pci, String name) {
        Path link = device(pci.value()).resolve("driver");
        try {
            Files.delete(link);
            link(link, Files.createDirectories(sysfs.resolve("bus/pci/drivers").resolve(name)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void addLinks(int index) {
        String vf = UPLINK + "v" + index;
        ip("link", "add", UPLINK + "_" + index, "type", "veth", "peer", "name", vf, "address", mac(index));
        Programs.run("ethtool", "-K", vf, "tx", "off"); // else TCP dies on OVS's userspace datapath
    }

    private static String mac(int index) {
        return "02:5e:00:00:03:%02x".formatted(index);
    }

    /** Name of the representor of a VF, found as a CNI finds it: in sysfs. */
    public String representor(PciAddress pci) {
        int index = pciAddresses().indexOf(pci);
        Path net = device(PF).resolve("net");
        try (var names = Files.list(net)) {
            return names.filter(name -> read(name.resolve("phys_port_name")).equals("pf0vf" + index))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("no representor for " + pci))
                    .getFileName()
                    .toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Name of the netdev of a VF on the host, found as a CNI finds it: the single entry of its {@code net}. */
    public String netdev(PciAddress pci) {
        try (var names = Files.list(device(pci.value()).resolve("net"))) {
            return names.findFirst()
                    .orElseThrow(() -> new IllegalStateException("failed to get one netdevice interface per " + pci))
                    .getFileName()
                    .toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public List<JsonNode> vfsIn(String netns) {
        return links(() -> Programs.runIn(netns, "ip", "-j", "link")).stream()
                .filter(link ->
                        vfByRepresentorIndex.containsKey(link.path("link_index").asInt(-1)))
                .toList();
    }

    @Override
    public boolean isTaken(String name) {
        return links().stream().anyMatch(link -> link.path("ifname").asString().equals(name));
    }

    private static PciAddress pci(int index) {
        int function = index + 2;
        return new PciAddress("0000:03:%02x.%d".formatted(function / 8, function % 8));
    }

    private static List<JsonNode> links() {
        return links(() -> Programs.run("ip", "-j", "link"));
    }

    /** A list that a change interrupted may lack links; {@code ip} says so and must be asked again. */
    private static List<JsonNode> links(Supplier<String> ip) {
        String output;
        do {
            output = ip.get();
        } while (output.contains("Dump was interrupted"));
        List<JsonNode> links = new ArrayList<>();
        JSON.readTree(output).forEach(links::add);
        return links;
    }

    private static void ip(String... arguments) {
        List<String> command = new ArrayList<>(List.of("ip"));
        command.addAll(List.of(arguments));
        Programs.run(command.toArray(String[]::new));
    }

    /** Relative as in a real sysfs, so that the tree can be mounted anywhere. */
    private static void link(Path at, Path target) throws IOException {
        Files.createSymbolicLink(at, at.resolve("..").normalize().relativize(target));
    }

    /** The folder of a representor, whatever its name is now. */
    private Path port(int index) {
        return device(PF).resolve("representors/" + index);
    }

    private Path device(String pci) {
        return sysfs.resolve("bus/pci/devices").resolve(pci);
    }

    private void writeDevices() {
        try {
            Files.createDirectories(sysfs.resolve("class/net"));
            Path pf = device(PF);
            Files.createDirectories(pf.resolve("net/" + UPLINK));
            writeIdentity(pf, "0x101d"); // ConnectX-6 Dx
            Path driver = Files.createDirectories(sysfs.resolve("bus/pci/drivers/mlx5_core"));
            link(pf.resolve("driver"), driver);
            Files.writeString(pf.resolve("sriov_totalvfs"), "127\n");
            Files.writeString(pf.resolve("sriov_numvfs"), vfs + "\n");
            writePort(pf.resolve("net/" + UPLINK), "p0");
            link(pf.resolve("net/" + UPLINK + "/device"), pf);
            link(pf.resolve("net/" + UPLINK + "/subsystem"), sysfs.resolve("class/net"));
            link(sysfs.resolve("class/net/" + UPLINK), pf.resolve("net/" + UPLINK));
            for (int index = 0; index < vfs; index++) {
                Path vf = device(pci(index).value());
                Files.createDirectories(vf.resolve("net"));
                writeIdentity(vf, "0x101e");
                link(vf.resolve("physfn"), pf);
                link(vf.resolve("driver"), driver);
                linkVf(index);
                Path port = port(index);
                Files.createDirectories(port);
                writePort(port, "pf0vf" + index);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void writeIdentity(Path device, String id) throws IOException {
        Files.writeString(device.resolve("class"), "0x020000\n");
        Files.writeString(device.resolve("vendor"), "0x15b3\n");
        Files.writeString(device.resolve("device"), id + "\n");
    }

    private static void writePort(Path netdev, String portName) throws IOException {
        Files.writeString(netdev.resolve("phys_switch_id"), SWITCH_ID + "\n");
        Files.writeString(netdev.resolve("phys_port_name"), portName + "\n");
    }

    /** What is there at first. */
    private synchronized void readLinks() {
        for (JsonNode link : links()) {
            int ifindex = link.path("ifindex").asInt();
            String name = link.path("ifname").asString();
            for (int index = 0; index < vfs; index++) {
                if (name.equals(UPLINK + "_" + index)) {
                    vfByRepresentorIndex.put(ifindex, index);
                    showRepresentor(index, name);
                } else if (name.equals(UPLINK + "v" + index)) {
                    vfByIndex.put(ifindex, index);
                    showVf(index, name);
                }
            }
        }
    }

    /** Makes the tree show what a link event tells. */
    private synchronized void follow(String event) {
        Matcher matcher = LINK_EVENT.matcher(event);
        if (!matcher.matches()) {
            return;
        }
        boolean deleted = matcher.group(1) != null;
        int ifindex = Integer.parseInt(matcher.group(2));
        String name = matcher.group(3);
        Integer represented = vfByRepresentorIndex.get(ifindex);
        Integer vf = vfByRepresentorName.get(String.valueOf(matcher.group(4)));
        if (represented != null && !deleted) {
            showRepresentor(represented, name);
        } else if (deleted) {
            Integer gone = vfByIndex.remove(ifindex);
            if (gone != null) {
                showVf(gone, "");
            }
        } else if (vf != null && !hidden.contains(vf)) {
            vfByIndex.put(ifindex, vf);
            showVf(vf, name);
        }
    }

    private void showRepresentor(int index, String name) {
        vfByRepresentorName.put(name, index);
        String before = representorNames.put(index, name);
        if (!name.equals(before)) {
            Path port = port(index);
            for (Path folder : List.of(device(PF).resolve("net"), sysfs.resolve("class/net"))) {
                replace(folder, before, name, port);
            }
        }
    }

    private void showVf(int index, String name) {
        String before = vfNames.put(index, name);
        if (!name.equals(before)) {
            replace(
                    device(pci(index).value()).resolve("net"),
                    before,
                    name,
                    device(pci(index).value()));
        }
    }

    private static void replace(Path folder, @Nullable String before, String name, Path target) {
        try {
            if (before != null && !before.isEmpty()) {
                Files.deleteIfExists(folder.resolve(before));
            }
            if (!name.isEmpty()) {
                Files.deleteIfExists(folder.resolve(name));
                link(folder.resolve(name), target);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Each link event of the kernel updates the tree. */
    private Process monitor() {
        try {
            Process process = new ProcessBuilder("ip", "-o", "monitor", "link").start();
            Thread thread = new Thread(() -> follow(process.inputReader(StandardCharsets.UTF_8)), "sysfs");
            thread.setDaemon(true);
            thread.start();
            return process;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void follow(BufferedReader events) {
        try {
            for (String line = events.readLine(); line != null; line = events.readLine()) {
                follow(line);
            }
        } catch (IOException e) {
            if (monitor.isAlive()) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            return "";
        }
    }

    @Override
    public void close() {
        monitor.destroy();
        for (Vf vf : inventory().values()) {
            ip("link", "del", vf.representor());
        }
        ip("link", "del", UPLINK);
    }
}
