package io.podoffload.binder.binding;

import static org.assertj.core.api.Assertions.assertThat;

import io.podoffload.binder.binding.PodNetwork.DefaultRoute;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NetworkTextTest {

    private static final PodNetwork DUAL = new PodNetwork(
            "nginx.web.default.default.ovn",
            Optional.of(new MacAddress("02:00:00:00:00:aa")),
            List.of(new InterfaceAddress("10.16.0.2", 16), new InterfaceAddress("fd00::2", 64)),
            List.of("10.16.0.1", "fd00::1"),
            List.of(new Route("10.2.0.0/16", "10.16.0.254"), new Route("10.3.0.0/16", "")),
            List.of(),
            OptionalInt.of(8900),
            true,
            DefaultRoute.NO);
    private static final PodNetwork BARE = new PodNetwork(
            "nginx.web",
            Optional.empty(),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            OptionalInt.empty(),
            false,
            DefaultRoute.IF_NONE);

    @Test
    void whatIsWrittenIsRead() {
        for (PodNetwork network : List.of(DUAL, BARE)) {
            assertThat(NetworkText.read(NetworkText.of(network))).hasValue(network);
            assertThat(NetworkText.of(network)).doesNotContain(" ", ",", "\"");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "port=a", "x", "port=a;mac=x;ip=;gw=;route=;mtu=;overlay=;default=YES"})
    void whatSomebodyEditedIsNotRead(String text) {
        assertThat(NetworkText.read(text)).isEmpty();
        for (String part : NetworkText.of(DUAL).split(";")) {
            assertThat(NetworkText.read(NetworkText.of(DUAL).replace(part, "")))
                    .as("without " + part)
                    .isEmpty();
        }
    }
}
