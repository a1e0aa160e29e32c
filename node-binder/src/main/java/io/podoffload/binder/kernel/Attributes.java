package io.podoffload.binder.kernel;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** The attributes of a netlink message, by type. Where a type comes twice, the last one counts. */
final class Attributes {

    // #define NLA_TYPE_MASK ~(NLA_F_NESTED | NLA_F_NET_BYTEORDER)
    private static final int NLA_TYPE_MASK = 0x3fff;
    private static final int HEADER = 4;

    private final Map<Integer, byte[]> values;

    private Attributes(Map<Integer, byte[]> values) {
        this.values = values;
    }

    /** @throws MalformedNetlinkException if an attribute does not fit into {@code bytes} */
    static Attributes read(ByteBuffer bytes) {
        Map<Integer, byte[]> values = new HashMap<>();
        for (Entry entry : entries(bytes)) {
            values.put(entry.type(), entry.value());
        }
        return new Attributes(values);
    }

    /** The values alone, of an attribute that is a list. */
    static List<byte[]> list(byte[] nested) {
        return entries(ByteBuffer.wrap(nested).order(ByteOrder.nativeOrder())).stream()
                .map(Entry::value)
                .toList();
    }

    /** Those within an attribute. */
    static Attributes of(byte[] nested) {
        return read(buffer(nested));
    }

    Optional<byte[]> bytes(int type) {
        return Optional.ofNullable(values.get(type));
    }

    Optional<String> string(int type) {
        return bytes(type).map(value -> {
            int end = 0;
            while (end < value.length && value[end] != 0) {
                end++;
            }
            return new String(value, 0, end, StandardCharsets.UTF_8);
        });
    }

    OptionalInt u8(int type) {
        return bytes(type)
                .filter(value -> value.length >= 1)
                .map(value -> OptionalInt.of(Byte.toUnsignedInt(value[0])))
                .orElse(OptionalInt.empty());
    }

    OptionalInt u16(int type) {
        return bytes(type)
                .filter(value -> value.length >= 2)
                .map(value -> OptionalInt.of(Short.toUnsignedInt(buffer(value).getShort())))
                .orElse(OptionalInt.empty());
    }

    OptionalInt u32(int type) {
        return bytes(type)
                .filter(value -> value.length >= 4)
                .map(value -> OptionalInt.of(buffer(value).getInt()))
                .orElse(OptionalInt.empty());
    }

    Optional<Attributes> nested(int type) {
        return bytes(type).map(value -> read(buffer(value)));
    }

    private static ByteBuffer buffer(byte[] value) {
        return ByteBuffer.wrap(value).order(ByteOrder.nativeOrder());
    }

    private record Entry(int type, byte[] value) {}

    private static List<Entry> entries(ByteBuffer bytes) {
        List<Entry> entries = new ArrayList<>();
        try {
            while (bytes.remaining() >= HEADER) {
                int length = Short.toUnsignedInt(bytes.getShort());
                int type = Short.toUnsignedInt(bytes.getShort()) & NLA_TYPE_MASK;
                if (length < HEADER) {
                    throw new MalformedNetlinkException("attribute " + type + " is " + length + " bytes long");
                }
                byte[] value = new byte[length - HEADER];
                bytes.get(value);
                int padding = Math.min(bytes.remaining(), (4 - length % 4) % 4);
                bytes.position(bytes.position() + padding);
                entries.add(new Entry(type, value));
            }
        } catch (BufferUnderflowException e) {
            throw new MalformedNetlinkException("an attribute is longer than its message");
        }
        return entries;
    }
}
