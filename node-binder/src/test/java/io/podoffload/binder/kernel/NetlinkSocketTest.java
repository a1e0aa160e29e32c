package io.podoffload.binder.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
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

    /** A pod can change its own namespace without end. */
    @Test
    void aListThatChangesDuringEachReadingIsGivenUp() {
        AtomicInteger readings = new AtomicInteger();

        assertThatThrownBy(() -> NetlinkSocket.whole("list links", () -> {
                    readings.incrementAndGet();
                    return new NetlinkSocket.Answer(List.of(), true);
                }))
                .isInstanceOf(LinuxException.class)
                .hasMessageContaining("it changed during each of 10 readings");
        assertThat(readings).hasValue(10);
    }

    @Test
    void aListThatChangedIsReadAgain() {
        AtomicInteger readings = new AtomicInteger();
        NetlinkMessage link = done(new byte[0]);

        assertThat(NetlinkSocket.whole(
                        "list links",
                        () -> readings.incrementAndGet() < 3
                                ? new NetlinkSocket.Answer(List.of(), true)
                                : new NetlinkSocket.Answer(List.of(link), false)))
                .containsExactly(link);
    }

    private static NetlinkMessage done(byte[] body) {
        return new NetlinkMessage(NetlinkMessage.NLMSG_DONE, 0, 1, body);
    }
}
