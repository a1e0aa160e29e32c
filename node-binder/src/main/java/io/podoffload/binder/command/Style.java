package io.podoffload.binder.command;

/** How an answer is printed. */
public record Style(Format format, Marks marks) {

    /** For people, or for programs. */
    public enum Format {
        TEXT,
        JSON
    }

    boolean isJson() {
        return format == Format.JSON;
    }
}
