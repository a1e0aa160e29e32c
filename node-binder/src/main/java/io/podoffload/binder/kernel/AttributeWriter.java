package io.podoffload.binder.kernel;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * Writes the body of a netlink message: a fixed header, then attributes of {@code struct nlattr {u16 len; u16 type}},
 * each padded to four bytes. Numbers are in the machine's byte order.
 *
 * @see <a href="https://docs.kernel.org/userspace-api/netlink/intro.html">Introduction to Netlink</a>
 */
final class AttributeWriter {

    // #define NLA_F_NESTED (1 << 15)
    private static final int NLA_F_NESTED = 0x8000;
    private static final int HEADER = 4;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    /** Raw bytes of a fixed header, padded. */
    AttributeWriter header(byte[] header) {
        bytes.writeBytes(header);
        return pad();
    }

    AttributeWriter bytes(int type, byte[] value) {
        bytes.writeBytes(number(4)
                .putShort((short) (HEADER + value.length))
                .putShort((short) type)
                .array());
        bytes.writeBytes(value);
        return pad();
    }

    AttributeWriter u8(int type, int value) {
        return bytes(type, new byte[] {(byte) value});
    }

    AttributeWriter u16(int type, int value) {
        return bytes(type, number(2).putShort((short) value).array());
    }

    AttributeWriter u32(int type, int value) {
        return bytes(type, number(4).putInt(value).array());
    }

    /** NUL-terminated, as NLA_NUL_STRING wants it. */
    AttributeWriter string(int type, String value) {
        return bytes(type, (value + '\0').getBytes(StandardCharsets.UTF_8));
    }

    AttributeWriter nested(int type, Consumer<AttributeWriter> content) {
        AttributeWriter inner = new AttributeWriter();
        content.accept(inner);
        return bytes(type | NLA_F_NESTED, inner.toByteArray());
    }

    byte[] toByteArray() {
        return bytes.toByteArray();
    }

    static ByteBuffer number(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.nativeOrder());
    }

    // #define NLA_ALIGN(len) (((len) + NLA_ALIGNTO - 1) & ~(NLA_ALIGNTO - 1))
    private AttributeWriter pad() {
        while (bytes.size() % 4 != 0) {
            bytes.write(0);
        }
        return this;
    }
}
