package io.podoffload.binder.outage;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What the log says while a program that the binder asks is away. */
class DependencyTest {

    private final Logger logger = (Logger) LoggerFactory.getLogger("io.podoffload.binder.outage");
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final AtomicLong nanos = new AtomicLong();
    private final Dependency kubelet = new Dependency("the kubelet", "Pods wait.", nanos::get);

    @BeforeEach
    void listen() {
        log.start();
        logger.addAppender(log);
    }

    @AfterEach
    void leave() {
        logger.detachAppender(log);
    }

    @Test
    void oneLineWhenItGoesAndOneWhenItIsBack() {
        for (int call = 0; call < 100; call++) {
            assertThat(kubelet.away("no such socket", null)).hasMessage("no such socket");
        }
        seconds(9);
        kubelet.answered();
        kubelet.answered();

        assertThat(lines())
                .containsExactly(
                        "WARN the kubelet does not answer: no such socket. Pods wait.",
                        "INFO the kubelet answers again after 9 s");
    }

    @Test
    void aCallThatBeganBeforeItWasBackDoesNotSayThatItIsAwayAgain() {
        kubelet.away("no such socket");
        kubelet.answered();
        kubelet.away("a late failure");
        assertThat(lines()).hasSize(2);

        seconds(2);
        kubelet.away("no such socket");

        assertThat(lines()).hasSize(3).last().asString().startsWith("WARN");
    }

    @Test
    void aFailureThatIsNoOutageIsSaidOnceUntilItIsAnother() {
        Complaint complaint = new Complaint(logger);
        complaint.failed("cannot do it", new IllegalStateException("one"));
        complaint.failed("cannot do it", new IllegalStateException("one"));
        complaint.failed("cannot do it", new IllegalStateException("two"));
        complaint.failed("cannot do it", new DependencyAway("said already", null));
        complaint.succeeded();
        complaint.failed("cannot do it", new IllegalStateException("two"));

        assertThat(lines())
                .containsExactly("WARN cannot do it: one", "WARN cannot do it: two", "WARN cannot do it: two");
    }

    private void seconds(int seconds) {
        nanos.addAndGet(TimeUnit.SECONDS.toNanos(seconds));
    }

    private List<String> lines() {
        return log.list.stream()
                .filter(event -> event.getLevel().isGreaterOrEqual(Level.INFO))
                .map(event -> event.getLevel() + " " + event.getFormattedMessage())
                .toList();
    }
}
