package io.podoffload.binder.kernel;

import io.podoffload.binder.binding.PciAddress;
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

    /**
     * The netdev that represents VF number {@code vf} of the PF at {@code pf} on this host; empty where the kernel has no
     * devlink, the PF is not in switchdev mode, or the representor has no netdev that is visible here.
     */
    public Optional<String> representor(PciAddress pf, int vf) {
        try (NetlinkSocket socket = NetlinkSocket.open(LibC.NETLINK_GENERIC)) {
            OptionalInt family = family(socket);
            if (family.isEmpty()) {
                return Optional.empty();
            }
            return socket
                    .dump(
                            "list devlink ports",
                            family.getAsInt(),
                            new AttributeWriter()
                                    .header(genl(DEVLINK_CMD_PORT_GET))
                                    .toByteArray())
                    .stream()
                    .map(message -> message.attributes(GENLMSG))
                    .filter(port -> isRepresentor(port, pf, vf))
                    .flatMap(port -> port.string(DEVLINK_ATTR_PORT_NETDEV_NAME).stream())
                    .findFirst();
        }
    }

    /** Controllers other than 0 are other hosts, seen from a DPU; older kernels do not name the controller at all. */
    static boolean isRepresentor(Attributes port, PciAddress pf, int vf) {
        return port.string(DEVLINK_ATTR_BUS_NAME).equals(Optional.of("pci"))
                && port.string(DEVLINK_ATTR_DEV_NAME).equals(Optional.of(pf.value()))
                && port.u16(DEVLINK_ATTR_PORT_FLAVOUR).orElse(-1) == DEVLINK_PORT_FLAVOUR_PCI_VF
                && port.u32(DEVLINK_ATTR_PORT_CONTROLLER_NUMBER).orElse(0) == 0
                && port.u16(DEVLINK_ATTR_PORT_PCI_VF_NUMBER).orElse(-1) == vf;
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
