package io.podoffload.binder.command;

import java.util.Locale;
import java.util.function.Function;
import tools.jackson.databind.json.JsonMapper;

/** How an answer is printed. */
public record Style(Format format, Marks marks) {

    /** For people, or for programs. */
    public enum Format {
        TEXT,
        JSON;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * A result in this style.
     *
     * @param text for people
     */
    Answer answer(int exitCode, Object result, Function<Marks, String> text) {
        return Answer.result(
                exitCode,
                format == Format.JSON
                        ? JsonMapper.shared().writerWithDefaultPrettyPrinter().writeValueAsString(result) + "\n"
                        : marks.shown(text.apply(marks)));
    }
}
