package io.podoffload.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.podoffload.docs.DocPage.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** {@link DocumentedCommands} knows every command line and output of the pages, and no other. */
@SuppressWarnings("NullAway.Init") // set before all tests
class DocsTest {

    private static List<DocPage> pages;

    @BeforeAll
    static void read() throws IOException {
        pages = DocPage.all(Path.of("../.."));
    }

    @Test
    void everyCommandLineIsKnown() {
        assertThat(pages.stream().flatMap(page -> page.commands().stream()))
                .hasSizeGreaterThan(40)
                .allSatisfy(command -> assertThat(DocumentedCommands.of(command))
                        .as("what is expected of %s; enter it in DocumentedCommands", command)
                        .isNotNull());
    }

    @Test
    void everyKnownCommandLineIsOnAPage() {
        assertThat(pages.stream().flatMap(page -> page.commands().stream()).map(Command::key))
                .containsAll(DocumentedCommands.keys());
    }

    @Test
    void everyOutputThatIsShownIsKnown() {
        assertThat(pages.stream().flatMap(page -> page.outputs().stream()))
                .hasSizeGreaterThan(2)
                .allSatisfy(shown -> assertThat(DocumentedCommands.isKnownOutput(shown))
                        .as("what prints this; enter it in DocumentedCommands:\n%s", shown)
                        .isTrue());
    }

    @Test
    void aShownOutputMayLeaveOutLinesAndHaveOtherNumbers() {
        String printed = "✓ VF  0000:03:00.2 is VF 0\nmore\n✗ flows  12 packets in 2.0 s, 0 % in the NIC\n";

        assertThat(ShownOutput.difference("✓ VF  0000:03:00.5 is VF 3\n✗ flows  7 packets in ...", printed))
                .isEmpty();
        assertThat(ShownOutput.difference("✓ VF  0000:03:00.2 is VF 0 of PF 1", printed))
                .isPresent();
        assertThat(ShownOutput.difference("more\n✓ VF  0000:03:00.2 is VF 0", printed))
                .as("in another order")
                .isPresent();
    }

    @Test
    void everyStoryIsOnThePageOfTheCluster() throws IOException {
        String page = Files.readString(Path.of("../../docs/cluster.md"));
        try (Stream<Path> files = Files.list(Path.of("java/io/podoffload/cluster"))) {
            assertThat(files.map(file -> file.getFileName().toString())
                            .filter(name -> name.endsWith("Story.java"))
                            .map(name -> name.replace(".java", "")))
                    .hasSizeGreaterThan(10)
                    .allSatisfy(story -> assertThat(page).contains("\n| `" + story + "` |"));
        }
    }
}
