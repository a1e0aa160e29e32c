package io.podoffload.binder.kernel;

import io.podoffload.binder.binding.Link;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.nic.Eswitch;
import io.podoffload.binder.nic.Netdev;
import io.podoffload.binder.nic.NicControl;
import io.podoffload.binder.nic.PhysicalFunction;
import io.podoffload.binder.nic.TcOffload;
import io.podoffload.binder.nic.VirtualFunction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The PFs of this machine: SR-IOV and drivers by sysfs, the eswitch by devlink, features by ethtool's netlink.
 *
 * @see <a href="https://docs.kernel.org/PCI/pci-iov-howto.html">PCI Express I/O Virtualization Howto</a>
 * @see <a href="https://www.kernel.org/doc/Documentation/ABI/testing/sysfs-bus-pci">sysfs-bus-pci</a>
 */
public final class SysfsNics implements NicControl {

    private static final Logger LOG = LoggerFactory.getLogger(SysfsNics.class);

    /** The kernel makes VFs behind the back of whoever asked for them. */
    private static final long VFS_WITHIN_SECONDS = 120;

    private static final long NETDEVS_WITHIN_SECONDS = 10;
    private static final long LOOK_EVERY_MILLIS = 20;

    private final Path bus;
    private final Devlink devlink;
    private final Ethtool ethtool = new Ethtool();
    private final NicTopology topology;
    private final Links host;

    /** @param sysfs root of sysfs, {@code /sys} on a node, and writable where something is to be changed */
    public SysfsNics(Path sysfs, Devlink devlink, Links host) {
        this.bus = sysfs.resolve("bus/pci");
        this.devlink = devlink;
        this.topology = new NicTopology(sysfs, devlink);
        this.host = host;
    }

    @Override
    public List<PhysicalFunction> pfs() {
        return topology.pfs().stream().map(this::pf).toList();
    }

    @Override
    public PhysicalFunction pf(PciAddress pci) {
        Path device = device(pci);
        if (!Files.isDirectory(device)) {
            throw new LinuxException("read PF " + pci, Errno.ENODEV, "");
        }
        Map<Integer, String> representors = topology.representors(pci);
        List<VirtualFunction> vfs = new ArrayList<>();
        topology.virtualFunctions(pci)
                .forEach((index, vf) -> vfs.add(new VirtualFunction(
                        index,
                        vf,
                        topology.driver(vf),
                        topology.netdev(vf),
                        Optional.ofNullable(representors.get(index)).flatMap(this::netdev))));
        return new PhysicalFunction(
                pci,
                hex(device.resolve("vendor")),
                hex(device.resolve("device")),
                topology.driver(pci),
                topology.uplinkOf(pci).flatMap(this::netdev),
                number(device.resolve("sriov_totalvfs")),
                devlink.eswitch(pci),
                devlink.steering(pci),
                vfs);
    }

    /** It may have gone since its name was read. */
    private Optional<Netdev> netdev(String name) {
        return host.named(name).map(link -> new Netdev(name, link.mtu(), tcOffload(name)));
    }

    private TcOffload tcOffload(String name) {
        try {
            return ethtool.features(name).tcOffload();
        } catch (LinuxException e) {
            LOG.debug("features of {}", name, e);
            return TcOffload.UNAVAILABLE;
        }
    }

    @Override
    public void setVfCount(PciAddress pf, int count, boolean probed) {
        Path autoprobe = device(pf).resolve("sriov_drivers_autoprobe");
        if (!probed && count > 0 && NicTopology.text(autoprobe).equals("1")) {
            write("keep new VFs of " + pf + " from their driver", autoprobe, "0");
            try {
                setVfCount(pf, count, true);
            } finally {
                write("give later VFs of " + pf + " to their driver", autoprobe, "1");
            }
        } else if (topology.virtualFunctions(pf).size() != count) {
            write("set the number of VFs of " + pf + " to " + count, device(pf).resolve("sriov_numvfs"), "" + count);
            await(
                    VFS_WITHIN_SECONDS,
                    () -> topology.virtualFunctions(pf).size() == count
                            && topology.virtualFunctions(pf).values().stream()
                                    .allMatch(vf -> Files.exists(device(vf).resolve("physfn"))),
                    "see " + count + " VFs of " + pf);
        }
    }

    @Override
    public void unbindVfs(PciAddress pf) {
        for (PciAddress vf : topology.virtualFunctions(pf).values()) {
            topology.driver(vf)
                    .ifPresent(driver -> write(
                            "unbind VF " + vf + " from " + driver,
                            bus.resolve("drivers").resolve(driver).resolve("unbind"),
                            vf.value()));
        }
    }

    /**
     * Where the PF's VFs are not to be probed ({@code sriov_drivers_autoprobe} is 0), the kernel refuses to bind them by any
     * means but a {@code driver_override}, which is taken back at once.
     */
    @Override
    public void bindVfs(PciAddress pf) {
        Map<Integer, PciAddress> vfs = topology.virtualFunctions(pf);
        for (PciAddress vf : vfs.values()) {
            if (topology.driver(vf).isPresent()) {
                continue;
            }
            String operation = "bind VF " + vf + " to its driver";
            write(operation, bus.resolve("drivers_probe"), vf.value());
            if (topology.driver(vf).isEmpty()) {
                String driver = topology.driver(pf)
                        .orElseThrow(() -> new LinuxException(operation, Errno.ENODEV, "its PF has none"));
                Path override = device(vf).resolve("driver_override");
                write(operation, override, driver);
                try {
                    write(operation, bus.resolve("drivers").resolve(driver).resolve("bind"), vf.value());
                } finally {
                    write(operation, override, "\n");
                }
            }
        }
        for (PciAddress vf : vfs.values()) {
            await(NETDEVS_WITHIN_SECONDS, () -> topology.netdev(vf).isPresent(), "see a netdev of VF " + vf);
        }
    }

    @Override
    public void setEswitchMode(PciAddress pf, Eswitch.Mode mode) {
        devlink.setEswitchMode(pf, mode);
    }

    @Override
    public void setEncap(PciAddress pf, boolean encap) {
        devlink.setEncap(pf, encap);
    }

    @Override
    public void setSteering(PciAddress pf, String mode) {
        devlink.setSteering(pf, mode);
    }

    @Override
    public void setUplinkTcOffload(PciAddress pf, boolean on) {
        ethtool.setTcOffload(uplink(pf), on);
    }

    @Override
    public void setRepresentorTcOffload(PciAddress pf, boolean on) {
        topology.representors(pf).values().forEach(representor -> ethtool.setTcOffload(representor, on));
    }

    @Override
    public void setUplinkMtu(PciAddress pf, int mtu) {
        String uplink = uplink(pf);
        Link link = host.named(uplink).orElseThrow(() -> new LinuxException("find " + uplink, Errno.ENODEV, ""));
        host.setMtu(link, mtu);
    }

    private String uplink(PciAddress pf) {
        return topology.uplinkOf(pf)
                .orElseThrow(() -> new LinuxException(
                        "find the netdev of PF " + pf, Errno.ENODEV, "it is in no namespace that can be seen"));
    }

    private Path device(PciAddress pci) {
        return bus.resolve("devices").resolve(pci.value());
    }

    private static String hex(Path attribute) {
        return NicTopology.text(attribute).replaceFirst("^0x", "");
    }

    private static int number(Path attribute) {
        String text = NicTopology.text(attribute);
        return text.isEmpty() ? 0 : Integer.parseInt(text);
    }

    /** By write(2), whose error number says what the matter is. */
    private static void write(String operation, Path attribute, String value) {
        try (FileDescriptor file = FileDescriptor.open(attribute.toString(), LibC.O_WRONLY)) {
            byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
            if (LibC.INSTANCE.write(file.number(), bytes, bytes.length) < 0) {
                throw LinuxException.ofLastError(operation);
            }
        }
    }

    /** There is no event for a link in sysfs. */
    private static void await(long seconds, BooleanSupplier condition, String what) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new LinuxException(what + " within " + seconds + " s", Errno.ETIMEDOUT, "");
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(LOOK_EVERY_MILLIS));
        }
    }
}
