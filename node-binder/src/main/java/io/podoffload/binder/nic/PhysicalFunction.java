package io.podoffload.binder.nic;

import io.podoffload.binder.binding.PciAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A PF with SR-IOV, as the kernel shows it.
 *
 * @param vendor four hexadecimal digits, {@code 15b3}
 * @param device four hexadecimal digits
 * @param driver that it is bound to
 * @param uplink its netdev on the host
 * @param totalVfs how many VFs its firmware allows
 * @param eswitch empty where the device has none, or none that this host may manage
 * @param steering how the driver programs its tables, where it lets one choose
 */
public record PhysicalFunction(
        PciAddress pci,
        String vendor,
        String device,
        Optional<String> driver,
        Optional<Netdev> uplink,
        int totalVfs,
        Optional<Eswitch> eswitch,
        Optional<String> steering,
        List<VirtualFunction> vfs) {

    public PhysicalFunction {
        vfs = List.copyOf(vfs);
    }

    Eswitch.Mode mode() {
        return eswitch.map(Eswitch::mode).orElse(Eswitch.Mode.LEGACY);
    }

    /** For a person. */
    public String title() {
        return pci + uplink.map(netdev -> " (" + netdev.name() + ")").orElse("");
    }

    /** In what {@code after} is not as this was, for a person; new VFs may have new addresses and names. */
    public List<String> differencesTo(PhysicalFunction after) {
        List<String> differences = new ArrayList<>();
        compare(differences, "VFs", vfs.size(), after.vfs.size());
        compare(differences, "VFs with a driver", bound(), after.bound());
        compare(differences, "eswitch mode", mode().text(), after.mode().text());
        compare(differences, "encap mode", eswitch.flatMap(Eswitch::encap), after.eswitch.flatMap(Eswitch::encap));
        compare(differences, "steering mode", steering, after.steering);
        compare(differences, "uplink", uplink, after.uplink);
        compare(differences, "representors with hw-tc-offload", offloading(), after.offloading());
        return differences;
    }

    private long offloading() {
        return vfs.stream()
                .flatMap(vf -> vf.representor().stream())
                .filter(representor -> representor.tcOffload() == TcOffload.ON)
                .count();
    }

    /** Whether every VF has a representor with hw-tc-offload on. */
    public boolean offloads() {
        return !vfs.isEmpty() && offloading() == vfs.size();
    }

    private long bound() {
        return vfs.stream().filter(vf -> vf.driver().isPresent()).count();
    }

    private static void compare(List<String> differences, String what, Object before, Object after) {
        if (!before.equals(after)) {
            differences.add("not as before: " + what + " was " + text(before) + ", is " + text(after));
        }
    }

    private static String text(Object value) {
        return value instanceof Optional<?> optional
                ? optional.map(Object::toString).orElse("none")
                : value.toString();
    }
}
