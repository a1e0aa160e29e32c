package io.podoffload.binder.kernel;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class NetlinkSocketTest {

    /** {@code netlink_dump_done} of net/netlink/af_netlink.c puts it into the message that ends the dump. */
    @Test
    void aListThatTheKernelCouldNotEndIsAFailure() {
        byte[] error = AttributeWriter.number(4).putInt(-105).array();

        assertThatThrownBy(() -> NetlinkSocket.check("list links", done(error)))
                .isInstanceOf(LinuxException.class)
                .hasMessage("list links: No buffer space available, ENOBUFS (the list ended early)");
    }

    @Test
    void aListThatEndsWellIsNone() {
        assertThatCode(() -> {
                    NetlinkSocket.check("list links", done(new byte[4]));
                    NetlinkSocket.check("list links", done(new byte[0]));
                })
                .doesNotThrowAnyException();
    }

    private static NetlinkMessage done(byte[] body) {
        return new NetlinkMessage(NetlinkMessage.NLMSG_DONE, 0, 1, body);
    }
}
