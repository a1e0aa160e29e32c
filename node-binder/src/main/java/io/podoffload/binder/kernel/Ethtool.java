package io.podoffload.binder.kernel;

import io.podoffload.binder.nic.TcOffload;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Features of netdevs, by generic netlink; constants carry the names of linux/ethtool_netlink.h.
 *
 * @see <a href="https://docs.kernel.org/networking/ethtool-netlink.html">Netlink interface for ethtool</a>
 */
final class Ethtool {

    private static final int ETHTOOL_MSG_FEATURES_GET = 11;
    private static final int ETHTOOL_MSG_FEATURES_SET = 12;
    private static final int ETHTOOL_A_HEADER_DEV_NAME = 2;
    private static final int ETHTOOL_A_FEATURES_HEADER = 1;
    private static final int ETHTOOL_A_FEATURES_HW = 2;
    private static final int ETHTOOL_A_FEATURES_WANTED = 3;
    private static final int ETHTOOL_A_FEATURES_ACTIVE = 4;
    private static final int ETHTOOL_A_BITSET_NOMASK = 1;
    private static final int ETHTOOL_A_BITSET_BITS = 3;
    private static final int ETHTOOL_A_BITSET_BIT_NAME = 2;
    private static final int ETHTOOL_A_BITSET_BITS_BIT = 1;
    private static final int ETHTOOL_A_BITSET_BIT_VALUE = 3;

    /** {@code NETIF_F_HW_TC}, as ethtool(8) writes it. */
    private static final String HW_TC_OFFLOAD = "hw-tc-offload";

    /** Which features a netdev has. */
    record Features(Set<String> changeable, Set<String> active) {
        TcOffload tcOffload() {
            if (active.contains(HW_TC_OFFLOAD)) {
                return TcOffload.ON;
            }
            return changeable.contains(HW_TC_OFFLOAD) ? TcOffload.OFF : TcOffload.UNAVAILABLE;
        }
    }

    Features features(String netdev) {
        try (Genetlink ethtool = Genetlink.open("ethtool")) {
            return ethtool.get("read the features of " + netdev, of(ETHTOOL_MSG_FEATURES_GET, netdev)).stream()
                    .map(message -> features(message.attributes(Genetlink.HEADER)))
                    .findFirst()
                    .orElse(new Features(Set.of(), Set.of()));
        }
    }

    static Features features(Attributes answer) {
        return new Features(bits(answer, ETHTOOL_A_FEATURES_HW), bits(answer, ETHTOOL_A_FEATURES_ACTIVE));
    }

    /** The names of the bits that are set. A bitset without a mask lists only those; else each says whether it is. */
    private static Set<String> bits(Attributes answer, int type) {
        Set<String> names = new HashSet<>();
        answer.nested(type).ifPresent(bitset -> {
            boolean onlySet = bitset.bytes(ETHTOOL_A_BITSET_NOMASK).isPresent();
            List<byte[]> bits =
                    bitset.bytes(ETHTOOL_A_BITSET_BITS).map(Attributes::list).orElse(List.of());
            for (byte[] bytes : bits) {
                Attributes bit = Attributes.of(bytes);
                if (onlySet || bit.bytes(ETHTOOL_A_BITSET_BIT_VALUE).isPresent()) {
                    bit.string(ETHTOOL_A_BITSET_BIT_NAME).ifPresent(names::add);
                }
            }
        });
        return names;
    }

    /** The kernel answers with success even where the driver did not follow, so what came of it is read back. */
    void setTcOffload(String netdev, boolean on) {
        String operation = "set " + HW_TC_OFFLOAD + " of " + netdev + (on ? " on" : " off");
        try (Genetlink ethtool = Genetlink.open("ethtool")) {
            ethtool.change(
                    operation,
                    of(ETHTOOL_MSG_FEATURES_SET, netdev)
                            .nested(
                                    ETHTOOL_A_FEATURES_WANTED,
                                    bitset -> bitset.nested(
                                            ETHTOOL_A_BITSET_BITS,
                                            bits -> bits.nested(ETHTOOL_A_BITSET_BITS_BIT, bit -> {
                                                bit.string(ETHTOOL_A_BITSET_BIT_NAME, HW_TC_OFFLOAD);
                                                if (on) {
                                                    bit.bytes(ETHTOOL_A_BITSET_BIT_VALUE, new byte[0]);
                                                }
                                            }))));
        }
        if (features(netdev).tcOffload() == TcOffload.ON != on) {
            throw new LinuxException(operation, Errno.EOPNOTSUPP, "the driver keeps it as it is");
        }
    }

    private static AttributeWriter of(int command, String netdev) {
        return Genetlink.request(command)
                .nested(ETHTOOL_A_FEATURES_HEADER, header -> header.string(ETHTOOL_A_HEADER_DEV_NAME, netdev));
    }
}
