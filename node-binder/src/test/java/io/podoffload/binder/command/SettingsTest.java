package io.podoffload.binder.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SettingsTest {

    @Test
    void whatHasADotBeforeTheEqualsSignIsASettingWhereverItStands() {
        String[] line = {"--pod-offload.node-name=a", "explain", "-o", "json", "x/y", "--server.port=1", "--output=text"
        };

        assertThat(Settings.among(line).arguments()).isEqualTo(List.of("--pod-offload.node-name=a", "--server.port=1"));
        assertThat(Settings.allBut(line)).containsExactly("explain", "-o", "json", "x/y", "--output=text");
    }

    @Test
    void settingsOfListsAndWithEmptyOrLongValuesAreSettings() {
        assertThat(Settings.allBut(
                        "--pod-offload.prepare.pfs[0].netdev=eth0",
                        "--a.b=",
                        "--logging.level.io.podoffload=debug",
                        "--x.y=1\n2"))
                .isEmpty();
    }

    @Test
    void theSocketIsTheSettingElseTheVariableElseTheDefault() {
        Map<String, String> variable = Map.of("POD_OFFLOAD_COMMAND_SOCKET", "/b");

        assertThat(Settings.among("--pod-offload.command-socket=/a").socket(variable))
                .isEqualTo(Path.of("/a"));
        assertThat(Settings.among().socket(variable)).isEqualTo(Path.of("/b"));
        assertThat(Settings.among().socket(Map.of())).isEqualTo(Path.of("/run/pod-offload/binder.sock"));
    }

    @Test
    void theSocketAloneIsNoSettingOfTheCommandsOwn() {
        assertThat(Settings.among("--pod-offload.command-socket=/a").areOfACommand())
                .isFalse();
        assertThat(Settings.among("--pod-offload.sysfs=/a").areOfACommand()).isTrue();
    }
}
