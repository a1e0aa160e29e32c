package io.podoffload.lab;

import io.podoffload.binder.binding.PciAddress;
import io.podoffload.sim.Nic;
import io.podoffload.sim.Programs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A PF of the emulated machine and its VFs, read by the system's own programs and files. */
final class LabNic implements Nic, AutoCloseable {

    private static final Path DEVICES = Path.of("/sys/bus/pci/devices");
    private static final Path DRIVER = Path.of("/sys/bus/pci/drivers/labnic");
    private static final Path PARAMETERS = Path.of("/sys/module/labnic/parameters");

    private final PciAddress pf;

    LabNic(PciAddress pf) {
        this.pf = pf;
    }

    PciAddress pf() {
        return pf;
    }

    @Override
    public Path sysfs() {
        return Path.of("/sys");
    }

    @Override
    public List<PciAddress> pciAddresses() {
        List<PciAddress> vfs = new ArrayList<>();
        for (int index = 0; Files.exists(device(pf).resolve("virtfn" + index)); index++) {
            vfs.add(vf(index));
        }
        return vfs;
    }

    PciAddress vf(int index) {
        try {
            return new PciAddress(String.valueOf(
                    Files.readSymbolicLink(device(pf).resolve("virtfn" + index)).getFileName()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public Map<PciAddress, Vf> inventory() {
        Map<String, JsonNode> links = new TreeMap<>();
        JsonMapper.shared()
                .readTree(Programs.run("ip", "-j", "-d", "link"))
                .forEach(link -> links.put(link.path("ifname").asString(), link));
        Map<PciAddress, Vf> inventory = new TreeMap<>();
        List<PciAddress> vfs = pciAddresses();
        for (int index = 0; index < vfs.size(); index++) {
            String name = netdev(vfs.get(index)).orElse("");
            JsonNode vf = links.getOrDefault(name, JsonMapper.shared().createObjectNode());
            String representor = representor(index).orElse("");
            JsonNode port = links.getOrDefault(representor, JsonMapper.shared().createObjectNode());
            inventory.put(
                    vfs.get(index),
                    new Vf(
                            vfs.get(index),
                            name,
                            vf.path("address").asString(""),
                            vf.path("mtu").asInt(0),
                            isUp(vf),
                            vf.path("ifalias").asString(""),
                            representor,
                            isUp(port)));
        }
        return inventory;
    }

    private static boolean isUp(JsonNode link) {
        return link.path("flags").toString().contains("\"UP\"");
    }

    Optional<String> netdev(PciAddress pci) {
        return names(device(pci).resolve("net")).findFirst();
    }

    Optional<String> representor(int index) {
        return portNamed("pf" + pfNumber() + "vf" + index);
    }

    /** Name of the representor of a VF that has one. */
    String representorOf(PciAddress vf) {
        return representor(pciAddresses().indexOf(vf)).orElseThrow();
    }

    Optional<String> uplink() {
        return portNamed("p" + pfNumber());
    }

    private String pfNumber() {
        return pf.value().substring(pf.value().length() - 1);
    }

    private Optional<String> portNamed(String portName) {
        Path net = device(pf).resolve("net");
        return names(net)
                .filter(name ->
                        read(net.resolve(name).resolve("phys_port_name")).equals(portName))
                .findFirst();
    }

    @Override
    public List<JsonNode> vfsIn(String netns) {
        return List.of(); // this kernel brings them home itself
    }

    @Override
    public boolean isTaken(String name) {
        return Files.exists(Path.of("/sys/class/net", name));
    }

    /** As {@code echo ADDRESS > unbind}. */
    void unbindPf() {
        write(DRIVER.resolve("unbind"), pf.value());
    }

    void bindPf() {
        write(DRIVER.resolve("bind"), pf.value());
    }

    /** How the pretended firmware behaves. */
    static void behave(String parameter, int value) {
        write(PARAMETERS.resolve(parameter), String.valueOf(value));
    }

    private static void write(Path file, String value) {
        try {
            Files.writeString(file, value);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Stream<String> names(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(entry -> String.valueOf(entry.getFileName())).sorted().toList().stream();
        } catch (IOException e) {
            return Stream.of();
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            return "";
        }
    }

    private static Path device(PciAddress pci) {
        return DEVICES.resolve(pci.value());
    }

    @Override
    public void close() {
        // the machine ends with the lab
    }
}
