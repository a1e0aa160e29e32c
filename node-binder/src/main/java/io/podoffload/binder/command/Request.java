package io.podoffload.binder.command;

import io.podoffload.binder.binding.PodName;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * A question as it goes over the socket: one line of ASCII, {@code QUESTION FORMAT MARKS [NAMESPACE/POD]}.
 *
 * @param style how the answer is to be printed
 */
public record Request(Question question, Style style) {

    /** A Namespace is a label of 63 characters, a pod's name a DNS subdomain of 253. */
    static final int LONGEST_LINE = 400;

    private static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?/[a-z0-9][-.a-z0-9]{0,252}");

    /** @throws IllegalArgumentException if it is no name of a pod */
    static PodName pod(String text) {
        if (!NAME.matcher(text).matches()) {
            throw new IllegalArgumentException("not NAMESPACE/POD: " + Marks.ASCII.shown(cut(text)));
        }
        int slash = text.indexOf('/');
        return new PodName(text.substring(0, slash), text.substring(slash + 1));
    }

    private static String cut(String text) {
        return text.length() <= 64 ? text : text.substring(0, 64) + "...";
    }

    String line() {
        String form = style.format() + " " + style.marks();
        if (question instanceof Question.Explain explain) {
            return "explain " + form + " " + explain.pod() + "\n";
        }
        return (question instanceof Question.Doctor ? "doctor " : "inventory ") + form + "\n";
    }

    /**
     * Reads what {@link #line()} wrote.
     *
     * @throws IllegalArgumentException if it is anything else
     */
    static Request parse(String line) {
        String[] words = line.strip().split(" ", -1);
        boolean withPod = words[0].equals("explain");
        if (words.length != (withPod ? 4 : 3)) {
            throw new IllegalArgumentException("the request has " + words.length + " words");
        }
        Question question = switch (words[0]) {
            case "explain" -> new Question.Explain(pod(words[3]));
            case "doctor" -> new Question.Doctor();
            case "inventory" -> new Question.Inventory();
            default -> throw new IllegalArgumentException("there is no question " + cut(words[0]));
        };
        return new Request(
                question,
                new Style(
                        Style.Format.valueOf(words[1].toUpperCase(Locale.ROOT)),
                        Marks.valueOf(words[2].toUpperCase(Locale.ROOT))));
    }
}
