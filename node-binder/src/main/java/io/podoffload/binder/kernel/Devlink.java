package io.podoffload.binder.kernel;

import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.nic.Eswitch;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The devlink instances of the PFs, by generic netlink; constants carry the names of linux/devlink.h.
 *
 * @see <a href="https://docs.kernel.org/networking/devlink/index.html">Linux Devlink Documentation</a>
 */
public final class Devlink {

    private static final int DEVLINK_CMD_PORT_GET = 5;
    private static final int DEVLINK_CMD_ESWITCH_GET = 29;
    private static final int DEVLINK_CMD_ESWITCH_SET = 30;
    private static final int DEVLINK_CMD_PARAM_GET = 38;
    private static final int DEVLINK_CMD_PARAM_SET = 39;
    private static final int DEVLINK_ATTR_BUS_NAME = 1;
    private static final int DEVLINK_ATTR_DEV_NAME = 2;
    private static final int DEVLINK_ATTR_PORT_NETDEV_NAME = 7;
    private static final int DEVLINK_ATTR_ESWITCH_MODE = 25;
    private static final int DEVLINK_ATTR_ESWITCH_ENCAP_MODE = 62;
    private static final int DEVLINK_ATTR_PORT_FLAVOUR = 77;
    private static final int DEVLINK_ATTR_PARAM = 80;
    private static final int DEVLINK_ATTR_PARAM_NAME = 81;
    private static final int DEVLINK_ATTR_PARAM_TYPE = 83;
    private static final int DEVLINK_ATTR_PARAM_VALUES_LIST = 84;
    private static final int DEVLINK_ATTR_PARAM_VALUE_DATA = 86;
    private static final int DEVLINK_ATTR_PARAM_VALUE_CMODE = 87;
    private static final int DEVLINK_ATTR_PORT_PCI_VF_NUMBER = 128;
    private static final int DEVLINK_ATTR_PORT_CONTROLLER_NUMBER = 150;
    private static final int DEVLINK_PORT_FLAVOUR_PCI_VF = 4;
    private static final int DEVLINK_PARAM_CMODE_RUNTIME = 0;
    private static final int NLA_STRING = 5;

    /** How mlx5 programs its steering tables; a change needs legacy mode. */
    private static final String STEERING = "flow_steering_mode";

    /** The port of a PF that stands for its VF number {@code vf}. */
    public record VfPort(PciAddress pf, int vf) {}

    /**
     * The netdevs that represent the VFs of this host, all of them by one request; a port is without where its netdev is not
     * visible here. A VF is missing where the kernel has no devlink, or its PF is not in switchdev mode.
     */
    public Map<VfPort, Optional<String>> vfPorts() {
        Map<VfPort, Optional<String>> ports = new HashMap<>();
        try (Genetlink devlink = open()) {
            if (!devlink.isThere()) {
                return ports;
            }
            for (NetlinkMessage message : devlink.dump("list devlink ports", Genetlink.request(DEVLINK_CMD_PORT_GET))) {
                Attributes port = message.attributes(Genetlink.HEADER);
                vfPort(port).ifPresent(vf -> ports.put(vf, port.string(DEVLINK_ATTR_PORT_NETDEV_NAME)));
            }
        }
        return ports;
    }

    /** Controllers other than 0 are other hosts, seen from a DPU; older kernels do not name the controller at all. */
    static Optional<VfPort> vfPort(Attributes port) {
        String device = port.string(DEVLINK_ATTR_DEV_NAME).orElse("");
        OptionalInt vf = port.u16(DEVLINK_ATTR_PORT_PCI_VF_NUMBER);
        boolean ofThisHost = port.string(DEVLINK_ATTR_BUS_NAME).equals(Optional.of("pci"))
                && port.u16(DEVLINK_ATTR_PORT_FLAVOUR).orElse(-1) == DEVLINK_PORT_FLAVOUR_PCI_VF
                && port.u32(DEVLINK_ATTR_PORT_CONTROLLER_NUMBER).orElse(0) == 0;
        return ofThisHost && vf.isPresent() && PciAddress.isPciAddress(device)
                ? Optional.of(new VfPort(new PciAddress(device), vf.getAsInt()))
                : Optional.empty();
    }

    /** The embedded switch of a PF; empty where the device has none that this host may manage. */
    public Optional<Eswitch> eswitch(PciAddress pf) {
        try (Genetlink devlink = open()) {
            if (!devlink.isThere()) {
                return Optional.empty();
            }
            return devlink.get("read the eswitch of " + pf, of(DEVLINK_CMD_ESWITCH_GET, pf)).stream()
                    .map(message -> eswitch(message.attributes(Genetlink.HEADER)))
                    .findFirst();
        } catch (LinuxException e) {
            if (e.is(Errno.ENODEV) || e.is(Errno.EOPNOTSUPP)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    static Eswitch eswitch(Attributes answer) {
        return new Eswitch(
                Eswitch.Mode.of(answer.u16(DEVLINK_ATTR_ESWITCH_MODE).orElse(-1)),
                answer.u8(DEVLINK_ATTR_ESWITCH_ENCAP_MODE).stream()
                        .mapToObj(mode -> mode == 1)
                        .findFirst());
    }

    public void setEswitchMode(PciAddress pf, Eswitch.Mode mode) {
        try (Genetlink devlink = open()) {
            devlink.change(
                    "switch the eswitch of " + pf + " to " + mode.text(),
                    of(DEVLINK_CMD_ESWITCH_SET, pf).u16(DEVLINK_ATTR_ESWITCH_MODE, mode.number()));
        }
    }

    /** Whether tunnel headers can be handled in hardware. */
    public void setEncap(PciAddress pf, boolean encap) {
        try (Genetlink devlink = open()) {
            devlink.change(
                    "set the encap mode of " + pf + " to " + (encap ? "basic" : "none"),
                    of(DEVLINK_CMD_ESWITCH_SET, pf).u8(DEVLINK_ATTR_ESWITCH_ENCAP_MODE, encap ? 1 : 0));
        }
    }

    /** {@code smfs}, {@code dmfs} or {@code hmfs}; empty where the driver has no such parameter. */
    public Optional<String> steering(PciAddress pf) {
        try (Genetlink devlink = open()) {
            if (!devlink.isThere()) {
                return Optional.empty();
            }
            AttributeWriter request = of(DEVLINK_CMD_PARAM_GET, pf).string(DEVLINK_ATTR_PARAM_NAME, STEERING);
            return devlink.get("read " + STEERING + " of " + pf, request).stream()
                    .flatMap(message -> runtimeValue(message.attributes(Genetlink.HEADER)).stream())
                    .findFirst();
        } catch (LinuxException e) {
            if (e.is(Errno.ENODEV) || e.is(Errno.EOPNOTSUPP) || e.is(Errno.EINVAL)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    static Optional<String> runtimeValue(Attributes answer) {
        return answer
                .nested(DEVLINK_ATTR_PARAM)
                .flatMap(parameter -> parameter.bytes(DEVLINK_ATTR_PARAM_VALUES_LIST))
                .stream()
                .flatMap(list -> Attributes.list(list).stream())
                .map(Attributes::of)
                .filter(value -> value.u8(DEVLINK_ATTR_PARAM_VALUE_CMODE).orElse(-1) == DEVLINK_PARAM_CMODE_RUNTIME)
                .flatMap(value -> value.string(DEVLINK_ATTR_PARAM_VALUE_DATA).stream())
                .findFirst();
    }

    public void setSteering(PciAddress pf, String mode) {
        try (Genetlink devlink = open()) {
            devlink.change(
                    "set " + STEERING + " of " + pf + " to " + mode,
                    of(DEVLINK_CMD_PARAM_SET, pf)
                            .string(DEVLINK_ATTR_PARAM_NAME, STEERING)
                            .u8(DEVLINK_ATTR_PARAM_TYPE, NLA_STRING)
                            .string(DEVLINK_ATTR_PARAM_VALUE_DATA, mode)
                            .u8(DEVLINK_ATTR_PARAM_VALUE_CMODE, DEVLINK_PARAM_CMODE_RUNTIME));
        }
    }

    private static AttributeWriter of(int command, PciAddress pf) {
        return Genetlink.request(command)
                .string(DEVLINK_ATTR_BUS_NAME, "pci")
                .string(DEVLINK_ATTR_DEV_NAME, pf.value());
    }

    private static Genetlink open() {
        return Genetlink.open("devlink");
    }
}
