package io.podoffload.binder.binding;

/**
 * Text that a tenant may have written, as it is shown in conditions, Events, logs and reports: cut, and without characters that
 * control a terminal or the direction of text.
 */
public final class PlainText {

    /** Characters of a sentence. */
    private static final int SENTENCE = 512;

    /** Characters of a value that a sentence quotes. */
    private static final int VALUE = 64;

    private PlainText() {}

    public static String sentence(String text) {
        return cut(text, SENTENCE);
    }

    /** Between single quotes. */
    public static String quoted(String value) {
        return "'" + cut(value, VALUE) + "'";
    }

    private static String cut(String text, int most) {
        StringBuilder shown = new StringBuilder(Math.min(text.length(), most));
        int index = 0;
        while (index < text.length() && shown.length() < most) {
            int character = text.codePointAt(index);
            index += Character.charCount(character);
            shown.appendCodePoint(isShown(character) ? character : '?');
        }
        return index < text.length() ? shown.append("...").toString() : shown.toString();
    }

    private static boolean isShown(int character) {
        return switch (Character.getType(character)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }
}
