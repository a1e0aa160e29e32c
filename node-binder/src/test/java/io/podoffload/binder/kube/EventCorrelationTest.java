package io.podoffload.binder.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.podoffload.binder.kube.EventCorrelation.Entry;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class EventCorrelationTest {

    private long now = Long.MAX_VALUE - 1_000; // nanoTime may overflow
    private final EventCorrelation events = new EventCorrelation(() -> now);

    private Optional<Entry> happens(String message) {
        Optional<Entry> entry = events.next("uid-1", "Bound", message);
        entry.filter(next -> next.earlier().isEmpty()).ifPresent(next -> next.written("event of " + message));
        return entry;
    }

    private void pass(Duration time) {
        now += time.toNanos();
    }

    @Test
    void whatHappensAgainSoonIsCounted() {
        assertThat(happens("VF 1").orElseThrow().earlier()).isEmpty();

        Entry again = happens("VF 1").orElseThrow();

        assertThat(again.earlier()).contains("event of VF 1");
        assertThat(again.count()).isEqualTo(2);
        assertThat(happens("VF 2").orElseThrow().earlier())
                .as("another message")
                .isEmpty();
        assertThat(events.next("uid-2", "Bound", "VF 1").orElseThrow().earlier())
                .as("another object")
                .isEmpty();
        assertThat(events.next("uid-1", "PortFailed", "VF 1").orElseThrow().earlier())
                .as("another reason")
                .isEmpty();
    }

    @Test
    void whatHappensAfterTenMinutesIsNew() {
        happens("VF 1");
        pass(Duration.ofMinutes(10).plusNanos(1));

        assertThat(happens("VF 1").orElseThrow().earlier()).isEmpty();
    }

    @Test
    void theEleventhMessageIsCombinedWithThoseThatFollow() {
        for (int message = 0; message < EventCorrelation.SIMILAR; message++) {
            happens("message " + message);
        }

        Entry eleventh = happens("message 10").orElseThrow();
        Entry twelfth = happens("message 11").orElseThrow();

        assertThat(eleventh.message()).isEqualTo("(combined from similar events): message 10");
        assertThat(twelfth.message()).isEqualTo("(combined from similar events): message 11");
        assertThat(twelfth.earlier()).contains("event of message 10");
        assertThat(twelfth.count()).isEqualTo(2);
        assertThat(happens("message 3").orElseThrow().message()).isEqualTo("message 3");
    }

    @Test
    void anObjectHas25EventsAndThenOneEachFiveMinutes() {
        for (int event = 0; event < EventCorrelation.AT_ONCE; event++) {
            assertThat(happens("VF 1")).isPresent();
        }
        assertThat(happens("VF 1")).isEmpty();
        assertThat(events.next("uid-2", "Bound", "VF 1")).as("another object").isPresent();

        pass(Duration.ofMinutes(5));

        assertThat(happens("VF 1")).isPresent();
        assertThat(happens("VF 1")).isEmpty();
    }

    @Test
    void anEventThatIsGoneIsMadeAnew() {
        happens("VF 1");

        Entry anew = happens("VF 1").orElseThrow().anew();
        anew.written("second");

        assertThat(anew.earlier()).isEmpty();
        assertThat(happens("VF 1").orElseThrow().earlier()).contains("second");
    }
}
