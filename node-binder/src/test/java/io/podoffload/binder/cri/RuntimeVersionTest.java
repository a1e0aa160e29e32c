package io.podoffload.binder.cri;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RuntimeVersionTest {

    @ParameterizedTest
    @CsvSource({
        "containerd, v2.1.9, true",
        "containerd, 2.0.0-rc.1, true",
        "containerd, v10.0.0, true",
        "containerd, 1.7.27, false",
        "containerd, 1.6.20~ds1, false",
        "containerd, v1.7.0+unknown, false",
        "containerd, '', false",
        "containerd, unknown, false",
        "containerd, v99999999999.1, false",
        "cri-o, 1.31.0, false",
        "cri-o, 2.0.0, false",
        "docker, 28.0.0, false"
    })
    void onlyContainerdFromTwoOnGivesEachCallerEveryEvent(String name, String version, boolean toEach) {
        assertThat(new RuntimeVersion(name, version).givesEventsToEachCaller()).isEqualTo(toEach);
    }
}
