package io.podoffload.binder.ovs;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnixctlTest {

    @Test
    void anOvsVswitchdThatHangsIsNotWaitedForForEver(@TempDir Path folder) throws IOException {
        try (ServerSocketChannel hanging = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            hanging.bind(UnixDomainSocketAddress.of(folder.resolve("ovs-vswitchd.ctl"))); // connects, and never answers

            assertThatThrownBy(() -> new Unixctl(folder, Duration.ofSeconds(1)).call("dpctl/dump-dps"))
                    .isInstanceOf(OvsdbException.Disconnected.class)
                    .hasMessage("ovs-vswitchd did not answer dpctl/dump-dps within 1 s; see its log");
        }
    }

    @Test
    void aFolderWithoutASocketSaysThatItDoesNotRun(@TempDir Path folder) {
        assertThatThrownBy(() -> new Unixctl(folder).call("version"))
                .hasMessage("ovs-vswitchd does not run: there is no control socket in " + folder);
    }
}
