package io.podoffload.docs;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Compares what a page shows as output with what was printed. */
public final class ShownOutput {

    private ShownOutput() {}

    /**
     * Every number is as good as every other, since addresses, times, counts and ports differ from run to run; {@code ...} stands for
     * anything, and a page may leave out lines, but not change their order.
     */
    public static Optional<String> difference(String shown, String printed) {
        List<String> left = new ArrayList<>(printed.lines().toList());
        for (String line : shown.lines().toList()) {
            Pattern pattern = Pattern.compile(Stream.of(line.split("\\.\\.\\.", -1))
                    .map(part -> Stream.of(part.split("\\d+", -1))
                            .map(Pattern::quote)
                            .toList())
                    .map(parts -> String.join("\\d+", parts))
                    .reduce((one, other) -> one + ".*" + other)
                    .orElse(""));
            int at = 0;
            while (at < left.size() && !pattern.matcher(left.get(at)).matches()) {
                at++;
            }
            if (at == left.size()) {
                return Optional.of("a page shows\n" + line + "\nand printed is\n" + printed);
            }
            left.subList(0, at + 1).clear();
        }
        return Optional.empty();
    }
}
