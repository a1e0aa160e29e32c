package io.podoffload.webhook.injection;

/** Sentences that kubectl shows to whoever made the pod. */
final class Warnings {

    private static final int LENGTH = 120;

    private Warnings() {}

    /** Longer warnings may be cut by the API server; control characters and broken surrogates would make it drop them. */
    static String of(String sentence) {
        String warning = "pod-offload: " + sentence;
        StringBuilder printable = new StringBuilder(Math.min(warning.length(), LENGTH));
        for (int index = 0; index < warning.length() && printable.length() < LENGTH; index++) {
            char character = warning.charAt(index);
            boolean plain = !Character.isISOControl(character) && !Character.isSurrogate(character);
            printable.append(plain ? character : '?');
        }
        if (warning.length() > LENGTH) {
            printable.setCharAt(LENGTH - 1, '…');
        }
        return printable.toString();
    }
}
