package io.podoffload.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.podoffload.binder.binding.Reason;
import io.podoffload.binder.diagnosis.Checks;
import io.podoffload.binder.offload.OffloadVerdict;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The README's tables say what the programs say of themselves. */
@SuppressWarnings("NullAway.Init") // set before the first test
class ReadmeTest {

    private static String readme;

    @BeforeAll
    static void read() throws IOException {
        readme = Files.readString(Path.of("../../README.md"));
    }

    static Stream<JsonNode> properties() throws IOException {
        List<JsonNode> properties = new ArrayList<>();
        var metadata = ReadmeTest.class.getClassLoader().getResources("META-INF/spring-configuration-metadata.json");
        while (metadata.hasMoreElements()) {
            URL file = metadata.nextElement();
            try (InputStream content = file.openStream()) {
                JsonMapper.shared().readTree(content).path("properties").forEach(properties::add);
            }
        }
        return properties.stream()
                .filter(property -> property.path("name").asString().startsWith("pod-offload."));
    }

    @ParameterizedTest
    @MethodSource("properties")
    void listsEveryPropertyWithItsDefaultAndMeaning(JsonNode property) {
        JsonNode defaultValue = property.path("defaultValue");
        String shown = defaultValue.isMissingNode()
                ? "(none)"
                : defaultValue.asString().isEmpty() ? "(required)" : "`" + defaultValue.asString() + "`";

        assertThat(readme)
                .contains("| `%s` | %s | %s |"
                        .formatted(
                                property.path("name").asString(),
                                shown,
                                property.path("description").asString()));
    }

    @Test
    void bothProgramsDescribeTheirProperties() throws IOException {
        assertThat(properties().map(property -> property.path("name").asString()))
                .contains("pod-offload.tls.certificate", "pod-offload.node-name");
    }

    @ParameterizedTest
    @EnumSource(Reason.class)
    void listsEveryReasonWithItsCauseAndCure(Reason reason) {
        assertThat(readme)
                .contains("| `%s` | %s | %s | %s |"
                        .formatted(reason, reason.settled() ? "True" : "False", reason.cause(), reason.cure()));
    }

    @ParameterizedTest
    @EnumSource(OffloadVerdict.class)
    void listsEveryVerdictOnAPodsPackets(OffloadVerdict verdict) {
        assertThat(readme).contains("| `%s` | %s | %s |".formatted(verdict, verdict.status(), verdict.sentence()));
    }

    @Test
    void listsEveryCheck() {
        Stream.concat(Checks.NODE.stream(), Checks.CLUSTER.stream())
                .forEach(check ->
                        assertThat(readme).contains("| `%s` | %s |".formatted(check.name(), check.wellWhen())));
    }
}
