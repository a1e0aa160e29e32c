package io.podoffload.chart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The chart's README lists its values as {@code values.yaml} describes them; when this fails it prints the table as it should be. */
class ChartReadmeTest {

    private static final Path CHART =
            RenderedChart.folder(Path.of("../..").toAbsolutePath().normalize());
    private static final Pattern DESCRIPTION = Pattern.compile("\\s*# -- (.*)");
    private static final Pattern KEY = Pattern.compile("( *)([A-Za-z]+):(?: (.*))?");

    private record Level(int indent, String path) {}

    @Test
    void everyValueIsInTheReadme() throws IOException {
        String table = table();

        assertThat(Files.readString(CHART.resolve("README.md")).contains(table))
                .as("the table in charts/pod-offload/README.md should be:%n%s", table)
                .isTrue();
    }

    /** Each described key is a row, whose default is what follows it, on its line or below. */
    private static String table() throws IOException {
        StringBuilder table = new StringBuilder("| value | default | meaning |\n|---|---|---|\n");
        Deque<Level> parents = new ArrayDeque<>();
        String description = "";
        var lines = Files.readAllLines(CHART.resolve("values.yaml"));
        for (int number = 0; number < lines.size(); number++) {
            Matcher described = DESCRIPTION.matcher(lines.get(number));
            Matcher key = KEY.matcher(lines.get(number));
            if (described.matches()) {
                description = described.group(1);
            } else if (key.matches()) {
                int indent = key.group(1).length();
                while (!parents.isEmpty() && parents.peek().indent() >= indent) {
                    parents.pop();
                }
                String path = (parents.isEmpty() ? "" : parents.peek().path() + ".") + key.group(2);
                if (description.isEmpty()) {
                    parents.push(new Level(indent, path));
                } else {
                    String value = key.group(3) == null ? "see values.yaml" : "`" + key.group(3) + "`";
                    table.append("| `%s` | %s | %s |%n".formatted(path, value, description));
                    while (number + 1 < lines.size()
                            && !lines.get(number + 1).isBlank()
                            && indentOf(lines.get(number + 1)) > indent) {
                        number++;
                    }
                    description = "";
                }
            }
        }
        return table.toString();
    }

    private static int indentOf(String line) {
        return line.length() - line.stripLeading().length();
    }
}
