package io.podoffload.binder.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class LinkMonitorTest {

    @Test
    void aSocketThatCannotBeReadIsReplacedAndWhatWasMissedIsAskedFor() {
        AtomicInteger opened = new AtomicInteger();
        AtomicInteger losses = new AtomicInteger();
        try (LinkMonitor monitor = new LinkMonitor(
                () -> {
                    NetlinkSocket socket = LinkMonitor.subscribed();
                    if (opened.incrementAndGet() == 1) {
                        socket.close();
                    }
                    return socket;
                },
                link -> {},
                losses::incrementAndGet)) {
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(losses).hasValue(1));
            assertThat(opened).hasValue(2);
            Awaitility.await()
                    .during(Duration.ofSeconds(3))
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> monitor.silentFor().toMillis() < 2_900);
        }
    }
}
