package io.podoffload.demo;

import java.io.PrintStream;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** What a person sees, and how long each step took. */
final class Screen {

    private final PrintStream out;
    private final Map<String, Duration> steps = new LinkedHashMap<>();

    Screen(PrintStream out) {
        this.out = out;
    }

    /** Runs a step under its title, and keeps its time for the summary. */
    <T> T step(String title, Callable<T> work) throws Exception {
        out.printf("%n== %s%n", title);
        long start = System.nanoTime();
        T result = work.call();
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        steps.put(title, took);
        return result;
    }

    void say(String format, @Nullable Object... arguments) {
        out.printf("   " + format + "%n", arguments);
    }

    /** Rows under a heading, with columns as wide as their widest cell. */
    void table(List<List<String>> rows) {
        int columns = rows.stream().mapToInt(List::size).max().orElse(0);
        int[] widths = new int[columns];
        for (List<String> row : rows) {
            for (int column = 0; column < row.size(); column++) {
                widths[column] = Math.max(widths[column], row.get(column).length());
            }
        }
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder("   ");
            for (int column = 0; column < row.size(); column++) {
                line.append(String.format("%-" + Math.max(1, widths[column] + 2) + "s", row.get(column)));
            }
            out.println(line.toString().stripTrailing());
        }
    }

    void summary(String verdict) {
        out.printf("%n== %s%n", verdict);
        steps.forEach((title, took) -> out.printf("   %6.2f s  %s%n", took.toMillis() / 1000.0, title));
    }
}
