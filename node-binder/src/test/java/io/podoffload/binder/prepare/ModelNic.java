package io.podoffload.binder.prepare;

import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.kernel.Errno;
import io.podoffload.binder.kernel.LinuxException;
import io.podoffload.binder.nic.Eswitch;
import io.podoffload.binder.nic.Netdev;
import io.podoffload.binder.nic.NicControl;
import io.podoffload.binder.nic.PhysicalFunction;
import io.podoffload.binder.nic.TcOffload;
import io.podoffload.binder.nic.VirtualFunction;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A PF that behaves by the rules of mlx5, and refuses what a test has it refuse. */
final class ModelNic implements NicControl {

    static final PciAddress PF = new PciAddress("0000:03:00.0");

    private final List<@Nullable String> drivers = new ArrayList<>(); // of the VFs
    private Eswitch.Mode mode = Eswitch.Mode.LEGACY;
    private String steering = "dmfs";
    private boolean encap = true;
    private boolean uplinkOffload;
    private boolean representorOffload;
    private int uplinkMtu = 1500;

    /** Newer firmware: no VFs while the mode changes. */
    boolean vfsLast;
    /** Older firmware: no VFs without switchdev being set after them. */
    boolean vfsFirst;
    /** How often the eswitch is busy yet. */
    int busy;
    /** Which change fails, counted from 1; 0 for none. */
    int failAt;

    /** Whether it fails by another exception than the kernel's refusal: a folder of sysfs may go while it is read. */
    boolean failsOddly;

    int changes;

    ModelNic() {}

    ModelNic(int vfs, Eswitch.Mode mode, boolean offload) {
        setVfCount(PF, vfs, true);
        this.mode = mode;
        this.uplinkOffload = offload;
        this.representorOffload = offload;
        changes = 0;
    }

    private void change(String what) {
        changes++;
        if (changes == failAt) {
            if (failsOddly) {
                throw new UncheckedIOException(what, new NoSuchFileException("net"));
            }
            throw new LinuxException(what, Errno.EIO, "the test wants it so");
        }
    }

    @Override
    public List<PhysicalFunction> pfs() {
        return List.of(pf(PF));
    }

    @Override
    public PhysicalFunction pf(PciAddress pci) {
        boolean represented = mode == Eswitch.Mode.SWITCHDEV;
        return new PhysicalFunction(
                PF,
                "15b3",
                "101d",
                Optional.of("mlx5_core"),
                Optional.of(new Netdev("enp3s0f0", uplinkMtu, offload(uplinkOffload))),
                127,
                Optional.of(new Eswitch(mode, Optional.of(encap))),
                Optional.of(steering),
                IntStream.range(0, drivers.size())
                        .mapToObj(index -> new VirtualFunction(
                                index,
                                new PciAddress("0000:03:%02x.%d".formatted((index + 2) / 8, (index + 2) % 8)),
                                Optional.ofNullable(drivers.get(index)),
                                Optional.ofNullable(drivers.get(index)).map(driver -> "eth" + index),
                                represented
                                        ? Optional.of(
                                                new Netdev("enp3s0f0_" + index, 1500, offload(representorOffload)))
                                        : Optional.empty()))
                        .toList());
    }

    private static TcOffload offload(boolean on) {
        return on ? TcOffload.ON : TcOffload.OFF;
    }

    @Override
    public void setVfCount(PciAddress pf, int count, boolean probed) {
        if (count == drivers.size()) {
            return;
        }
        change("VFs");
        if (count > 0 && !drivers.isEmpty()) {
            throw new LinuxException("VFs", Errno.EBUSY, "");
        }
        drivers.clear();
        for (int index = 0; index < count; index++) {
            drivers.add(probed ? "mlx5_core" : null);
        }
        newRepresentors();
    }

    private void newRepresentors() {
        representorOffload = false;
    }

    @Override
    public void unbindVfs(PciAddress pf) {
        change("unbind");
        drivers.replaceAll(any -> null);
    }

    @Override
    public void bindVfs(PciAddress pf) {
        change("bind");
        drivers.replaceAll(any -> "mlx5_core");
    }

    @Override
    public void setEswitchMode(PciAddress pf, Eswitch.Mode wanted) {
        if (wanted == mode) {
            return;
        }
        if (busy > 0) {
            busy--;
            throw new LinuxException("mode", Errno.EBUSY, "Can't change mode, E-Switch is busy");
        }
        change("mode");
        if (drivers.stream().anyMatch(driver -> driver != null)) {
            throw new LinuxException("mode", Errno.EBUSY, "unbind the VFs from their driver first");
        }
        if (vfsLast && !drivers.isEmpty() || vfsFirst && drivers.isEmpty() && wanted == Eswitch.Mode.SWITCHDEV) {
            throw new LinuxException("mode", Errno.EINVAL, "");
        }
        mode = wanted;
        newRepresentors();
    }

    @Override
    public void setEncap(PciAddress pf, boolean on) {
        change("encap");
        encap = on;
    }

    @Override
    public void setSteering(PciAddress pf, String wanted) {
        change("steering");
        if (mode != Eswitch.Mode.LEGACY) {
            throw new LinuxException(
                    "steering", Errno.EOPNOTSUPP, "Changing fs mode is not supported when eswitch offloads enabled");
        }
        steering = wanted;
    }

    @Override
    public void setUplinkTcOffload(PciAddress pf, boolean on) {
        change("uplink");
        uplinkOffload = on;
    }

    @Override
    public void setRepresentorTcOffload(PciAddress pf, boolean on) {
        change("representors");
        representorOffload = on;
    }

    @Override
    public void setUplinkMtu(PciAddress pf, int mtu) {
        change("mtu");
        uplinkMtu = mtu;
    }
}
