package io.podoffload.binder.kernel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code struct nlmsghdr {u32 len; u16 type; u16 flags; u32 seq; u32 pid}} and what follows it.
 *
 * @param body without the header
 */
record NetlinkMessage(int type, int flags, int sequence, byte[] body) {

    static final int HEADER = 16;

    /** Type of the answer that ends or refuses a request. */
    static final int NLMSG_ERROR = 2;
    /** Type of the message that ends a dump. */
    static final int NLMSG_DONE = 3;

    static final int NLM_F_REQUEST = 0x1;
    static final int NLM_F_ACK = 0x4;
    static final int NLM_F_DUMP_INTR = 0x10;
    static final int NLM_F_DUMP = 0x300;
    static final int NLM_F_REPLACE = 0x100;
    static final int NLM_F_CREATE = 0x400;
    static final int NLM_F_CAPPED = 0x100;
    static final int NLM_F_ACK_TLVS = 0x200;

    byte[] toByteArray() {
        return ByteBuffer.allocate(HEADER + body.length)
                .order(ByteOrder.nativeOrder())
                .putInt(HEADER + body.length)
                .putShort((short) type)
                .putShort((short) flags)
                .putInt(sequence)
                .putInt(0)
                .put(body)
                .array();
    }

    ByteBuffer buffer() {
        return ByteBuffer.wrap(body).order(ByteOrder.nativeOrder());
    }

    /** The attributes after a fixed header of {@code skip} bytes. */
    Attributes attributes(int skip) {
        if (body.length < skip) {
            throw new MalformedNetlinkException("type " + type + " has " + body.length + " bytes, not " + skip);
        }
        ByteBuffer rest = buffer();
        rest.position(skip);
        return Attributes.read(rest);
    }

    /** All messages of one datagram, each padded to four bytes. */
    static List<NetlinkMessage> readAll(byte[] datagram) {
        List<NetlinkMessage> messages = new ArrayList<>();
        ByteBuffer bytes = ByteBuffer.wrap(datagram).order(ByteOrder.nativeOrder());
        while (bytes.remaining() >= HEADER) {
            int start = bytes.position();
            int size = bytes.getInt();
            if (size < HEADER || size > datagram.length - start) {
                throw new MalformedNetlinkException("length " + size + " in a datagram of " + datagram.length);
            }
            int type = Short.toUnsignedInt(bytes.getShort());
            int flags = Short.toUnsignedInt(bytes.getShort());
            int sequence = bytes.getInt();
            bytes.getInt();
            byte[] body = new byte[size - HEADER];
            bytes.get(body);
            messages.add(new NetlinkMessage(type, flags, sequence, body));
            bytes.position(Math.min(datagram.length, start + (size + 3) / 4 * 4));
        }
        return messages;
    }
}
