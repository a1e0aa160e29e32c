package io.podoffload.binder.command;

import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What stands at the beginning of a line: whether something is well. */
public enum Marks {
    UNICODE("✓", "✗"),
    /** For terminals that show no other characters. */
    ASCII("+", "x");

    private static final int LAST_ASCII = 0x7e;

    private final String good;
    private final String bad;

    Marks(String good, String bad) {
        this.good = good;
        this.bad = bad;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    String good() {
        return good;
    }

    String bad() {
        return bad;
    }

    /** It was not seen. */
    String unknown() {
        return "?";
    }

    String warning() {
        return "!";
    }

    /**
     * Those that the reader of the output sees as they are meant. A file or a pipe gets UTF-8; a terminal shows what its locale says.
     *
     * @param environment variables of this process, see locale(7)
     * @param toTerminal whether the output goes to a terminal
     */
    static Marks of(Map<String, String> environment, boolean toTerminal) {
        if (!toTerminal) {
            return UNICODE;
        }
        String locale = Stream.of("LC_ALL", "LC_CTYPE", "LANG")
                .map(environment::get)
                .filter(Objects::nonNull)
                .filter(value -> !value.isEmpty())
                .findFirst()
                .orElse("POSIX");
        boolean utf8 = locale.replace("-", "").toUpperCase(Locale.ROOT).contains("UTF8");
        return utf8 && !"dumb".equals(environment.get("TERM")) ? UNICODE : ASCII;
    }

    /**
     * Text in characters that the reader's terminal has; others become their code points. So do control characters, since texts may be of
     * somebody who must not write to the terminal.
     */
    String shown(String text) {
        return text.codePoints().allMatch(this::isShown)
                ? text
                : text.codePoints()
                        .mapToObj(one -> isShown(one) ? Character.toString(one) : String.format("\\u{%x}", one))
                        .collect(Collectors.joining());
    }

    private boolean isShown(int character) {
        return character == '\n'
                || !Character.isISOControl(character)
                        && Character.getType(character) != Character.FORMAT
                        && (this == UNICODE || character <= LAST_ASCII);
    }
}
