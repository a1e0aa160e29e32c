package io.podoffload.binder.kernel;

import io.podoffload.binder.binding.PciAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The devlink ports of a PF, by generic netlink.
 *
 * @see <a href="https://docs.kernel.org/networking/devlink/devlink-port.html">Devlink Port</a>
 */
public final class Devlink {

    private static final int GENLMSG = 4;
    private static final int GENL_ID_CTRL = 16;
    private static final int CTRL_CMD_GETFAMILY = 3;
    private static final int CTRL_ATTR_FAMILY_ID = 1;
    private static final int CTRL_ATTR_FAMILY_NAME = 2;

    private static final int DEVLINK_CMD_PORT_GET = 5;
    private static final int DEVLINK_ATTR_BUS_NAME = 1;
    private static final int DEVLINK_ATTR_DEV_NAME = 2;
    private static final int DEVLINK_ATTR_PORT_NETDEV_NAME = 7;
    private static final int DEVLINK_ATTR_PORT_FLAVOUR = 77;
    private static final int DEVLINK_ATTR_PORT_PCI_VF_NUMBER = 128;
    private static final int DEVLINK_ATTR_PORT_CONTROLLER_NUMBER = 150;
    private static final int DEVLINK_PORT_FLAVOUR_PCI_VF = 4;

    /** The port of a PF that stands for its VF number {@code vf}. */
    public record VfPort(PciAddress pf, int vf) {}

    /**
     * The netdevs that represent the VFs of this host, all of them by one request. A VF is missing where the kernel has no
     * devlink, its PF is not in switchdev mode, or the representor has no netdev that is visible here.
     */
    public Map<VfPort, String> vfPorts() {
        Map<VfPort, String> ports = new HashMap<>();
        try (NetlinkSocket socket = NetlinkSocket.open(LibC.NETLINK_GENERIC)) {
            OptionalInt family = family(socket);
            if (family.isEmpty()) {
                return ports;
            }
            byte[] request =
                    new AttributeWriter().header(genl(DEVLINK_CMD_PORT_GET)).toByteArray();
            for (NetlinkMessage message : socket.dump("list devlink ports", family.getAsInt(), request)) {
                Attributes port = message.attributes(GENLMSG);
                vfPort(port)
                        .ifPresent(vf ->
                                port.string(DEVLINK_ATTR_PORT_NETDEV_NAME).ifPresent(netdev -> ports.put(vf, netdev)));
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

    private static OptionalInt family(NetlinkSocket socket) {
        byte[] body = new AttributeWriter()
                .header(genl(CTRL_CMD_GETFAMILY))
                .string(CTRL_ATTR_FAMILY_NAME, "devlink")
                .toByteArray();
        try {
            return socket.get("find devlink", GENL_ID_CTRL, body).stream()
                    .map(message -> message.attributes(GENLMSG).u16(CTRL_ATTR_FAMILY_ID))
                    .findFirst()
                    .orElse(OptionalInt.empty());
        } catch (LinuxException e) {
            if (e.is(Errno.ENOENT)) {
                return OptionalInt.empty();
            }
            throw e;
        }
    }

    /** {@code struct genlmsghdr {u8 cmd; u8 version; u16 reserved}}. */
    private static byte[] genl(int command) {
        return new byte[] {(byte) command, 1, 0, 0};
    }
}
