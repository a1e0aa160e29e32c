package io.podoffload.binder.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.podoffload.binder.binding.InterfaceAddress;
import io.podoffload.binder.binding.Link;
import io.podoffload.binder.binding.MacAddress;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.binding.Route;
import io.podoffload.binder.nic.Eswitch;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/**
 * Each kind of answer that is read from the kernel: what was written comes back, and damaged bytes are read as something or
 * refused in the reader's own words. Numbers of attributes are those of the kernel's headers. That a real kernel writes them so
 * is seen in the lab.
 */
class NetlinkMessagesTest {

    private static final int ROUNDS = 5_000;
    private static final int DAMAGES = 4;

    private final long seed = Long.getLong("seed", new Random().nextLong());
    private final Random random = new Random(seed);

    private int number(int bound) {
        return random.nextInt(bound);
    }

    private String word() {
        StringBuilder word = new StringBuilder("n");
        for (int rest = number(14); rest > 0; rest--) {
            word.append((char) ('a' + number(26)));
        }
        return word.toString();
    }

    private byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private PciAddress pci() {
        return new PciAddress("%04x:%02x:%02x.%d".formatted(number(0x10000), number(0x100), number(0x20), number(8)));
    }

    /** What is written, by whom it is read, and what should come of it. */
    private record Told<T>(AttributeWriter answer, Function<NetlinkMessage, T> reader, T meaning) {}

    private <T> void goesThroughAndBearsDamage(java.util.function.Supplier<Told<T>> kind) {
        for (int round = 0; round < ROUNDS; round++) {
            String world = "seed " + seed + ", round " + round;
            Told<T> told = kind.get();
            byte[] body = told.answer().toByteArray();
            assertThat(told.reader().apply(new NetlinkMessage(16, 0, 1, body)))
                    .as(world)
                    .isEqualTo(told.meaning());
            for (int damage = 0; damage < DAMAGES; damage++) {
                byte[] damaged = damaged(body);
                assertThat(endsInItsOwnWords(told.reader(), damaged)).as(world).isNull();
            }
        }
    }

    private byte[] damaged(byte[] body) {
        byte[] damaged = Arrays.copyOf(body, number(3) == 0 ? number(body.length + 1) : body.length);
        for (int flips = number(4); flips > 0 && damaged.length > 0; flips--) {
            damaged[number(damaged.length)] ^= (byte) (1 << number(8));
        }
        return damaged;
    }

    /** What else was thrown; null if nothing. */
    private static <T> @org.jspecify.annotations.Nullable RuntimeException endsInItsOwnWords(
            Function<NetlinkMessage, T> reader, byte[] body) {
        try {
            var unused = reader.apply(new NetlinkMessage(16, 0, 1, body));
            return null;
        } catch (MalformedNetlinkException refused) {
            return null;
        } catch (RuntimeException other) {
            return other;
        }
    }

    @Test
    void links() {
        goesThroughAndBearsDamage(() -> {
            byte[] mac = bytes(6);
            boolean up = random.nextBoolean();
            Link link = new Link(
                    number(1 << 20) + 1,
                    word(),
                    number(9000),
                    MacAddress.of(mac),
                    Optional.of(MacAddress.of(mac)),
                    up,
                    word(),
                    Optional.of(pci().value()));
            return new Told<>(
                    new AttributeWriter()
                            .header(AttributeWriter.number(16)
                                    .putInt(0)
                                    .putInt(link.index())
                                    .putInt(up ? 1 : 0)
                                    .putInt(0)
                                    .array())
                            .bytes(1, mac)
                            .string(3, link.name())
                            .u32(4, link.mtu())
                            .string(20, link.alias())
                            .bytes(54, mac)
                            .string(56, link.parentDevice().orElseThrow()),
                    Links::link,
                    link);
        });
    }

    @Test
    void adminMacsOfVfs() {
        goesThroughAndBearsDamage(() -> {
            byte[] mac = bytes(6);
            int vf = number(128);
            return new Told<>(
                    new AttributeWriter().header(new byte[16]).nested(22, list -> {
                        for (int other = 0; other <= vf; other++) {
                            byte[] entry = AttributeWriter.number(36)
                                    .putInt(other)
                                    .put(other == vf ? mac : new byte[6])
                                    .array();
                            list.nested(1, info -> info.bytes(1, entry));
                        }
                    }),
                    message -> Links.adminMac(message.attributes(16), vf),
                    Optional.of(MacAddress.of(mac)));
        });
    }

    @Test
    void addresses() {
        goesThroughAndBearsDamage(() -> {
            byte[] address = bytes(4);
            int prefix = number(33);
            int link = number(1000) + 1;
            return new Told<>(
                    new AttributeWriter()
                            .header(AttributeWriter.number(8)
                                    .put((byte) 2)
                                    .put((byte) prefix)
                                    .putShort((short) 0)
                                    .putInt(link)
                                    .array())
                            .bytes(1, bytes(4))
                            .bytes(2, address),
                    message -> Links.address(message, link),
                    Optional.of(new InterfaceAddress(dotted(address), prefix)));
        });
    }

    @Test
    void anIpv4AddressWithinIpv6StaysOne() {
        byte[] mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, 10, 0, 0, 1};

        assertThat(Links.address(
                        new NetlinkMessage(
                                20,
                                0,
                                1,
                                new AttributeWriter()
                                        .header(AttributeWriter.number(8)
                                                .put((byte) 10)
                                                .put((byte) 128)
                                                .putShort((short) 0)
                                                .putInt(7)
                                                .array())
                                        .bytes(1, mapped)
                                        .toByteArray()),
                        7))
                .hasValue(new InterfaceAddress("::ffff:a00:1", 128));
    }

    private static String dotted(byte[] address) {
        return (address[0] & 255) + "." + (address[1] & 255) + "." + (address[2] & 255) + "." + (address[3] & 255);
    }

    @Test
    void routes() {
        goesThroughAndBearsDamage(() -> {
            byte[] destination = bytes(4);
            byte[] gateway = bytes(4);
            int prefix = number(32) + 1;
            int link = number(1000) + 1;
            return new Told<>(
                    new AttributeWriter()
                            .header(AttributeWriter.number(12)
                                    .put((byte) 2)
                                    .put((byte) prefix)
                                    .putShort((short) 0)
                                    .put((byte) 254)
                                    .put((byte) 4)
                                    .put((byte) 0)
                                    .put((byte) 1)
                                    .putInt(0)
                                    .array())
                            .bytes(1, destination)
                            .u32(4, link)
                            .bytes(5, gateway),
                    message -> Links.routes(message, Set.of(254)),
                    List.of(new Links.LinkRoute(new Route(dotted(destination) + "/" + prefix, dotted(gateway)), link)));
        });
    }

    /** By BGP to the host, and of a group of next hops; a policy has a table of its own. */
    @Test
    void routesOfSeveralNextHops() {
        goesThroughAndBearsDamage(() -> {
            List<Links.LinkRoute> routes = new java.util.ArrayList<>();
            java.io.ByteArrayOutputStream hops = new java.io.ByteArrayOutputStream();
            for (int hop = number(4) + 1; hop > 0; hop--) {
                byte[] gateway = bytes(4);
                int link = number(1000) + 1;
                hops.writeBytes(AttributeWriter.number(16)
                        .putShort((short) 16)
                        .putShort((short) 0)
                        .putInt(link)
                        .putShort((short) 8)
                        .putShort((short) 5)
                        .put(gateway)
                        .array());
                routes.add(new Links.LinkRoute(new Route("0.0.0.0/0", dotted(gateway)), link));
            }
            int table = number(3) == 0 ? 254 : number(100_000) + 1_000;
            return new Told<>(
                    new AttributeWriter()
                            .header(AttributeWriter.number(12)
                                    .put((byte) 2)
                                    .put(new byte[3])
                                    .put((byte) Math.min(table, 252))
                                    .put((byte) 4)
                                    .put((byte) 0)
                                    .put((byte) 1)
                                    .putInt(0)
                                    .array())
                            .u32(15, table)
                            .bytes(9, hops.toByteArray()),
                    message -> Links.routes(message, Set.of()),
                    routes);
        });
    }

    @Test
    void devlinkPorts() {
        goesThroughAndBearsDamage(() -> {
            PciAddress pf = pci();
            int vf = number(1 << 16);
            return new Told<>(
                    Genetlink.request(5)
                            .string(1, "pci")
                            .string(2, pf.value())
                            .string(7, word())
                            .u16(77, 4)
                            .u16(128, vf)
                            .u32(150, 0),
                    message -> Devlink.vfPort(message.attributes(Genetlink.HEADER)),
                    Optional.of(new Devlink.VfPort(pf, vf)));
        });
    }

    @Test
    void eswitches() {
        goesThroughAndBearsDamage(() -> {
            Eswitch.Mode mode = Eswitch.Mode.of(number(3));
            boolean encap = random.nextBoolean();
            return new Told<>(
                    Genetlink.request(29).u16(25, mode.number()).u8(62, encap ? 1 : 0),
                    message -> Devlink.eswitch(message.attributes(Genetlink.HEADER)),
                    new Eswitch(mode, Optional.of(encap)));
        });
    }

    @Test
    void steeringModes() {
        goesThroughAndBearsDamage(() -> {
            String mode = List.of("smfs", "dmfs", "hmfs").get(number(3));
            return new Told<>(
                    Genetlink.request(38)
                            .nested(
                                    80,
                                    parameter -> parameter
                                            .string(81, "flow_steering_mode")
                                            .u8(83, 10)
                                            .nested(84, values -> {
                                                values.nested(
                                                        85,
                                                        value -> value.string(86, word())
                                                                .u8(87, 1));
                                                values.nested(
                                                        85,
                                                        value -> value.string(86, mode)
                                                                .u8(87, 0));
                                            })),
                    message -> Devlink.runtimeValue(message.attributes(Genetlink.HEADER)),
                    Optional.of(mode));
        });
    }

    @Test
    void featuresOfNetdevs() {
        goesThroughAndBearsDamage(() -> {
            Set<String> active = new HashSet<>();
            Set<String> changeable = new HashSet<>();
            for (int rest = number(8); rest > 0; rest--) {
                (random.nextBoolean() ? active : changeable).add(word());
            }
            boolean onlySet = random.nextBoolean();
            return new Told<>(
                    Genetlink.request(11)
                            .nested(2, bitset -> bits(bitset, changeable, onlySet))
                            .nested(4, bitset -> bits(bitset, active, onlySet)),
                    message -> Ethtool.features(message.attributes(Genetlink.HEADER)),
                    new Ethtool.Features(changeable, active));
        });
    }

    private static void bits(AttributeWriter bitset, Set<String> names, boolean onlySet) {
        if (onlySet) {
            bitset.bytes(1, new byte[0]);
        }
        bitset.nested(3, list -> {
            names.forEach(name -> list.nested(1, bit -> {
                bit.string(2, name);
                if (!onlySet) {
                    bit.bytes(3, new byte[0]);
                }
            }));
            if (!onlySet) {
                list.nested(1, bit -> bit.string(2, "a-bit-that-is-not-set"));
            }
        });
    }
}
