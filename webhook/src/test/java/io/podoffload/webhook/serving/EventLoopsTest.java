package io.podoffload.webhook.serving;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.DefaultEventLoopGroup;
import io.netty.channel.EventLoopGroup;
import io.podoffload.webhook.RunningWebhook;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.health.contributor.Status;

class EventLoopsTest {

    @Test
    void oneLoopThatHangsIsFoundAndOneThatWasOnlyLateIsForgiven() throws Exception {
        EventLoopGroup loops = new DefaultEventLoopGroup(2);
        CountDownLatch release = new CountDownLatch(1);
        try {
            EventLoops health = new EventLoops(loops, Duration.ofMillis(200));
            assertThat(health.health().getStatus()).isEqualTo(Status.UP);
            loops.next().execute(() -> {
                try {
                    release.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });

            Awaitility.await().until(() -> health.health().getStatus().equals(Status.DOWN));
            assertThat(health.health().getDetails()).containsEntry("hanging", 1);

            release.countDown();
            Awaitility.await().until(() -> health.health().getStatus().equals(Status.UP));
        } finally {
            release.countDown();
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
        }
    }

    @Test
    void livenessIsTheStateAndTheEventLoopsAndNothingElse(@TempDir Path folder) throws Exception {
        try (RunningWebhook webhook = new RunningWebhook(folder)) {
            assertThat(webhook.liveness().statusCode()).isEqualTo(200);
            assertThat(webhook.liveness().body())
                    .isEqualTo(
                            "{\"components\":{\"eventLoops\":{\"status\":\"UP\"},\"livenessState\":{\"status\":\"UP\"}},"
                                    + "\"status\":\"UP\"}");
        }
    }
}
