package io.podoffload.binder.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Bytes are those of a little-endian machine, four to a group. */
class NetlinkCodecTest {

    private static byte[] hex(String bytes) {
        return HexFormat.of().parseHex(bytes.replaceAll("\\s", ""));
    }

    private static Attributes read(String bytes) {
        return Attributes.read(ByteBuffer.wrap(hex(bytes)).order(ByteOrder.LITTLE_ENDIAN));
    }

    @Test
    void aStringEndsWithNulAndIsPaddedToFourBytes() {
        assertThat(new AttributeWriter().string(3, "eth0").toByteArray()).isEqualTo(hex("09000300 65746830 00000000"));
    }

    @Test
    void aNumberIsInTheMachinesOrder() {
        assertThat(new AttributeWriter().u32(4, 1400).toByteArray()).isEqualTo(hex("08000400 78050000"));
    }

    @Test
    void aNestedAttributeCarriesItsFlag() {
        assertThat(new AttributeWriter().nested(22, list -> list.u8(1, 7)).toByteArray())
                .isEqualTo(hex("0c001680 05000100 07000000"));
    }

    @Test
    void attributesAreReadWithTheirFlagsMasked() {
        Attributes attributes = read("09000300 65746830 00000000  0c001680 05000100 07000000  08000400 78050000");

        assertThat(attributes.string(3)).hasValue("eth0");
        assertThat(attributes.u32(4)).hasValue(1400);
        assertThat(attributes.nested(22).orElseThrow().bytes(1).orElseThrow()).containsExactly(7);
        assertThat(attributes.string(99)).isEmpty();
    }

    @Test
    void theLastAttributeNeedsNoPadding() {
        assertThat(read("06000100 0102").bytes(1))
                .hasValueSatisfying(bytes -> assertThat(bytes).containsExactly(1, 2));
    }

    @Test
    void anAttributeLongerThanItsMessageIsRefused() {
        assertThatThrownBy(() -> read("20000300 65746830")).isInstanceOf(MalformedNetlinkException.class);
        assertThatThrownBy(() -> read("03000300")).isInstanceOf(MalformedNetlinkException.class);
    }

    @Test
    void aMessageGoesThroughBytesAndBack() {
        NetlinkMessage message = new NetlinkMessage(16, 5, 77, hex("01020304 05"));
        byte[] bytes = message.toByteArray();

        assertThat(bytes).startsWith(hex("15000000 1000 0500 4d000000 00000000"));
        assertThat(NetlinkMessage.readAll(bytes)).singleElement().satisfies(read -> {
            assertThat(read.type()).isEqualTo(16);
            assertThat(read.sequence()).isEqualTo(77);
            assertThat(read.body()).isEqualTo(message.body());
        });
    }

    @Test
    void severalMessagesOfOneDatagramAreToldApart() {
        byte[] one = new NetlinkMessage(16, 2, 1, hex("01020304 05060708")).toByteArray();
        byte[] two = new NetlinkMessage(3, 2, 1, hex("00000000")).toByteArray();
        byte[] both =
                ByteBuffer.allocate(one.length + two.length).put(one).put(two).array();

        assertThat(NetlinkMessage.readAll(both))
                .extracting(NetlinkMessage::type)
                .containsExactly(16, 3);
    }

    @Test
    void aMessageThatClaimsMoreThanTheDatagramIsRefused() {
        byte[] bytes = hex("ff000000 1000 0200 01000000 00000000");

        assertThatThrownBy(() -> NetlinkMessage.readAll(bytes))
                .isInstanceOf(MalformedNetlinkException.class)
                .hasMessageContaining("length 255");
    }

    @Test
    void whateverBytesComeTheReaderEndsAndRefusesOnlyInItsOwnWords() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int round = 0; round < 50_000; round++) {
            byte[] bytes = new byte[random.nextInt(96)];
            random.nextBytes(bytes);
            if (bytes.length > 4 && random.nextBoolean()) {
                bytes[1] = 0; // small lengths reach deeper
                bytes[0] = (byte) random.nextInt(bytes.length + 4);
            }
            String world = "seed " + seed + ", round " + round;
            assertThat(endsInItsOwnWords(() -> NetlinkMessage.readAll(bytes)
                            .forEach(message -> message.attributes(Math.min(4, message.body().length)))))
                    .as(world)
                    .isTrue();
            assertThat(endsInItsOwnWords(() -> Attributes.list(bytes)))
                    .as(world)
                    .isTrue();
        }
    }

    private static boolean endsInItsOwnWords(Runnable reading) {
        try {
            reading.run();
            return true;
        } catch (MalformedNetlinkException e) {
            return true;
        }
    }

    @Test
    void aDevlinkPortOfOurVfIsItsRepresentorAndOthersAreNot() {
        String pf = "0000:03:00.0";

        assertThat(Devlink.vfPort(port("pci", pf, 4, 0, 1)))
                .hasValue(new Devlink.VfPort(new io.podoffload.binder.binding.PciAddress(pf), 1));
        assertThat(Devlink.vfPort(port("pci", pf, 5, 0, 1)))
                .as("the VF's own port")
                .isEmpty();
        assertThat(Devlink.vfPort(port("pci", pf, 4, 1, 1)))
                .as("of another host")
                .isEmpty();
        assertThat(Devlink.vfPort(port("netdevsim", "netdevsim1", 4, 0, 1)))
                .as("no PCI device")
                .isEmpty();
    }

    @Test
    void aGratuitousArpSaysWhoseAddressItIs() {
        byte[] mac = {2, 0, 0, 0, 0, 0x0a};

        assertThat(java.util.HexFormat.of().formatHex(FrameSocket.gratuitousArp(mac, new byte[] {10, 16, 0, 5})))
                .isEqualTo("ffffffffffff" + "02000000000a" + "0806" + "0001" + "0800" + "0604" + "0001" + "02000000000a"
                        + "0a100005" + "000000000000" + "0a100005");
    }

    private static Attributes port(String bus, String device, int flavour, int controller, int vf) {
        byte[] bytes = new AttributeWriter()
                .string(1, bus)
                .string(2, device)
                .u16(77, flavour)
                .u32(150, controller)
                .u16(128, vf)
                .toByteArray();
        return Attributes.read(ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()));
    }

    @Test
    void anErrnoIsNamedAndExplained() {
        assertThat(new LinuxException("move eth2", 17, "An interface with the same name exists"))
                .hasMessage("move eth2: File exists, EEXIST (An interface with the same name exists)");
        assertThat(new LinuxException("x", 4711, "")).hasMessage("x: errno 4711");
        assertThat(Optional.of(new LinuxException("x", 19, "").is(Errno.ENODEV)))
                .hasValue(true);
    }
}
