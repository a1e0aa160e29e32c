package io.podoffload.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Each test that docs/peers.md names is there. */
class PeersPageTest {

    private static final Path PROJECT = Path.of("../..");
    private static final Pattern TEST = Pattern.compile("`(\\w+(?:IT|Test))\\.(\\w+)`");

    @Test
    void namesTestsThatExist() throws IOException {
        Map<String, String> sources = testSources();
        List<Matcher> named = TEST.matcher(Files.readString(PROJECT.resolve("docs/peers.md")))
                .results()
                .map(result -> {
                    Matcher matcher = TEST.matcher(result.group());
                    assertThat(matcher.matches()).isTrue();
                    return matcher;
                })
                .toList();

        assertThat(named)
                .hasSizeGreaterThan(40)
                .allSatisfy(test -> assertThat(sources.getOrDefault(test.group(1), ""))
                        .as(test.group())
                        .contains("void " + test.group(2) + "("));
    }

    private static Map<String, String> testSources() throws IOException {
        try (Stream<Path> files = Stream.of("node-binder/src/test", "src/test").flatMap(PeersPageTest::walk)) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .collect(Collectors.toMap(
                            file -> String.valueOf(file.getFileName()).replace(".java", ""),
                            PeersPageTest::read,
                            (one, other) -> one));
        }
    }

    private static Stream<Path> walk(String folder) {
        try {
            return Files.walk(PROJECT.resolve(folder));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
