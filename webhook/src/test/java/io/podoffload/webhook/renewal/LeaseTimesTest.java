package io.podoffload.webhook.renewal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class LeaseTimesTest {

    private static final LeaseTimes BY_DEFAULT = new LeaseTimes(Duration.ofSeconds(60));

    @Test
    void theHolderRenewsThreeTimesAMinute() {
        assertThat(Duration.ofMinutes(1).dividedBy(BY_DEFAULT.renewedEvery())).isEqualTo(3);
    }

    @Test
    void theHolderMayMissARenewalAndEndsBeforeAnotherBegins() {
        assertThat(BY_DEFAULT.givenUpAfter())
                .isGreaterThanOrEqualTo(BY_DEFAULT.renewedEvery().multipliedBy(2))
                .isLessThan(BY_DEFAULT.heldFor());
    }

    @Test
    void aLeaseThatCannotBeRenewedInTimeIsRefused() {
        assertThatThrownBy(() -> new LeaseTimes(Duration.ofSeconds(2)))
                .hasMessage(
                        "pod-offload.certificates.lease-duration is 2 s, and its holder could not renew it in time: set 3s"
                                + " or more");
    }
}
