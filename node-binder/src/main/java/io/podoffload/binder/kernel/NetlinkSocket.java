package io.podoffload.binder.kernel;

import static io.podoffload.binder.kernel.NetlinkMessage.NLMSG_DONE;
import static io.podoffload.binder.kernel.NetlinkMessage.NLMSG_ERROR;
import static io.podoffload.binder.kernel.NetlinkMessage.NLM_F_ACK;
import static io.podoffload.binder.kernel.NetlinkMessage.NLM_F_ACK_TLVS;
import static io.podoffload.binder.kernel.NetlinkMessage.NLM_F_CAPPED;
import static io.podoffload.binder.kernel.NetlinkMessage.NLM_F_DUMP;
import static io.podoffload.binder.kernel.NetlinkMessage.NLM_F_DUMP_INTR;
import static io.podoffload.binder.kernel.NetlinkMessage.NLM_F_REQUEST;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** A netlink socket: a request out, its replies in. It stays in the network namespace in which it was opened. */
final class NetlinkSocket implements AutoCloseable {

    /** What the kernel keeps for a slow reader, before it says that it dropped something. */
    private static final int KEPT_BYTES = 1 << 20;

    private static final byte[] NOTHING = {};
    private static final int ANSWER_WITHIN_SECONDS = 10;
    private static final int NLMSGERR_ATTR_MSG = 1;
    private static final int MOST_DUMPS = 10;

    private final FileDescriptor descriptor;
    private int sequence;

    private NetlinkSocket(FileDescriptor descriptor) {
        this.descriptor = descriptor;
    }

    static NetlinkSocket open(int protocol) {
        int fd = LibC.INSTANCE.socket(LibC.AF_NETLINK, LibC.SOCK_RAW | LibC.SOCK_CLOEXEC, protocol);
        if (fd < 0) {
            throw LinuxException.ofLastError("open a netlink socket");
        }
        NetlinkSocket socket = new NetlinkSocket(new FileDescriptor(fd));
        socket.option(LibC.SOL_SOCKET, LibC.SO_RCVBUF, KEPT_BYTES);
        socket.option(LibC.SOL_NETLINK, LibC.NETLINK_EXT_ACK, 1);
        socket.option(LibC.SOL_NETLINK, LibC.NETLINK_CAP_ACK, 1);
        socket.receiveTimeout(ANSWER_WITHIN_SECONDS);
        byte[] address =
                AttributeWriter.number(12).putShort((short) LibC.AF_NETLINK).array();
        if (LibC.INSTANCE.bind(fd, address, address.length) != 0) {
            LinuxException failure = LinuxException.ofLastError("bind a netlink socket");
            socket.close();
            throw failure;
        }
        return socket;
    }

    /** Subscribes to a multicast group, whose messages {@link #receive()} then returns. */
    void join(int group) {
        option(LibC.SOL_NETLINK, LibC.NETLINK_ADD_MEMBERSHIP, group);
    }

    /** {@code struct timeval}; zero waits without end. */
    void receiveTimeout(int seconds) {
        byte[] timeval = AttributeWriter.number(16).putLong(seconds).putLong(0).array();
        if (LibC.INSTANCE.setsockopt(descriptor.number(), LibC.SOL_SOCKET, LibC.SO_RCVTIMEO, timeval, timeval.length)
                != 0) {
            throw LinuxException.ofLastError("set SO_RCVTIMEO");
        }
    }

    /** Sends a change and waits for the kernel's acknowledgement. */
    synchronized void change(String operation, int type, int flags, byte[] body) {
        exchange(operation, type, NLM_F_REQUEST | NLM_F_ACK | flags, body);
    }

    /** Asks for one object. */
    synchronized List<NetlinkMessage> get(String operation, int type, byte[] body) {
        return exchange(operation, type, NLM_F_REQUEST | NLM_F_ACK, body).messages();
    }

    /** Asks for all objects; a dump that a change interrupted is asked for again, some times: a pod can change its namespace without end. */
    synchronized List<NetlinkMessage> dump(String operation, int type, byte[] body) {
        return whole(operation, () -> exchange(operation, type, NLM_F_REQUEST | NLM_F_DUMP, body));
    }

    /** The first list during which nothing changed. */
    static List<NetlinkMessage> whole(String operation, Supplier<Answer> dump) {
        for (int attempt = 0; attempt < MOST_DUMPS; attempt++) {
            Answer answer = dump.get();
            if (!answer.interrupted()) {
                return answer.messages();
            }
        }
        throw new LinuxException(operation, Errno.EINTR, "it changed during each of " + MOST_DUMPS + " readings");
    }

    /**
     * The next datagram. The kernel tells first how long it is: most have some hundred bytes, a PF with 127 VFs tens of
     * kilobytes, and a buffer that holds any would be copied as a whole each time.
     */
    List<NetlinkMessage> receive() {
        byte[] datagram = new byte[receive(NOTHING, LibC.MSG_PEEK | LibC.MSG_TRUNC)];
        receive(datagram, 0);
        return NetlinkMessage.readAll(datagram);
    }

    private int receive(byte[] buffer, int flags) {
        long length = LibC.INSTANCE.recv(descriptor.number(), buffer, buffer.length, flags);
        if (length < 0) {
            throw LinuxException.ofLastError("receive from netlink");
        }
        return (int) length;
    }

    /** @param interrupted whether something changed while the kernel listed it */
    record Answer(List<NetlinkMessage> messages, boolean interrupted) {}

    private Answer exchange(String operation, int type, int flags, byte[] body) {
        sequence++;
        byte[] request = new NetlinkMessage(type, flags, sequence, body).toByteArray();
        if (LibC.INSTANCE.send(descriptor.number(), request, request.length, 0) < 0) {
            throw LinuxException.ofLastError(operation);
        }
        List<NetlinkMessage> replies = new ArrayList<>();
        boolean interrupted = false;
        while (true) {
            for (NetlinkMessage message : receive()) {
                if (message.sequence() != sequence) {
                    continue; // the late answer to a request that timed out
                }
                interrupted |= (message.flags() & NLM_F_DUMP_INTR) != 0;
                if (message.type() == NLMSG_DONE || message.type() == NLMSG_ERROR) {
                    check(operation, message);
                    return new Answer(replies, interrupted);
                }
                replies.add(message);
            }
        }
    }

    /** The error of an answer; the end of a dump has one, too, where the kernel could not list all. */
    static void check(String operation, NetlinkMessage message) {
        if (message.type() == NLMSG_ERROR) {
            checkAcknowledgement(operation, message);
        } else if (message.buffer().remaining() >= Integer.BYTES) {
            int error = -message.buffer().getInt();
            if (error > 0) {
                throw new LinuxException(operation, error, "the list ended early");
            }
        }
    }

    /** {@code struct nlmsgerr {int error; struct nlmsghdr msg}}, then the request unless capped, then attributes. */
    private static void checkAcknowledgement(String operation, NetlinkMessage message) {
        ByteBuffer body = message.buffer();
        int error = -body.getInt();
        if (error == 0) {
            return;
        }
        String explanation = "";
        if ((message.flags() & NLM_F_ACK_TLVS) != 0) {
            int echoed = (message.flags() & NLM_F_CAPPED) != 0 ? NetlinkMessage.HEADER : (body.getInt() + 3) / 4 * 4;
            explanation =
                    message.attributes(4 + echoed).string(NLMSGERR_ATTR_MSG).orElse("");
        }
        throw new LinuxException(operation, error, explanation);
    }

    private void option(int level, int option, int value) {
        byte[] bytes = AttributeWriter.number(4).putInt(value).array();
        if (LibC.INSTANCE.setsockopt(descriptor.number(), level, option, bytes, bytes.length) != 0) {
            LinuxException failure = LinuxException.ofLastError("set netlink socket option " + option);
            if (!failure.is(Errno.ENOPROTOOPT)) {
                throw failure;
            }
        }
    }

    @Override
    public void close() {
        descriptor.close();
    }
}
