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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each test that these pages name is there. */
class PagesOfTestsTest {

    private static final Path PROJECT = Path.of("../..");
    private static final Pattern TEST = Pattern.compile("`(\\w+(?:IT|Test))\\.(\\w+)`");

    @ParameterizedTest
    @ValueSource(strings = {"docs/peers.md", "docs/no-harm.md"})
    void nameTestsThatExist(String page) throws IOException {
        Map<String, String> sources = testSources();
        List<Matcher> named = TEST.matcher(Files.readString(PROJECT.resolve(page)))
                .results()
                .map(result -> {
                    Matcher matcher = TEST.matcher(result.group());
                    assertThat(matcher.matches()).isTrue();
                    return matcher;
                })
                .toList();

        assertThat(named)
                .isNotEmpty()
                .allSatisfy(test -> assertThat(sources.getOrDefault(test.group(1), ""))
                        .as(test.group())
                        .contains("void " + test.group(2) + "("));
    }

    private static Map<String, String> testSources() throws IOException {
        try (Stream<Path> files = Stream.of("node-binder/src/test", "src/test").flatMap(PagesOfTestsTest::walk)) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .collect(Collectors.toMap(
                            file -> String.valueOf(file.getFileName()).replace(".java", ""),
                            PagesOfTestsTest::read,
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
