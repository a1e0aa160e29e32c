package io.podoffload.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A page in Markdown, by its blocks. Command lines are what is indented by four spaces, and what is fenced as {@code bash}; what is fenced
 * without a language is output.
 *
 * @param commands in their order
 * @param outputs the fenced blocks without a language
 */
public record DocPage(String name, List<Command> commands, List<String> outputs) {

    public static final String README = "README.md";

    private static final String FENCE = "```";
    private static final String INDENTATION = "    ";

    /**
     * What a person copies into a terminal at once: one line, with those that it is continued on or the document that it reads.
     *
     * @param text as it stands on the page
     */
    public record Command(String page, int line, String text) {

        private static final Pattern CONTINUED = Pattern.compile("\\s*\\\\\\n\\s*");
        private static final Pattern COMMENT = Pattern.compile("\\s+# [^\\n]*$");

        /** On one line and without the comment that follows; of one that reads a document, the first line. */
        public String key() {
            String whole =
                    COMMENT.matcher(CONTINUED.matcher(text).replaceAll(" ")).replaceFirst("");
            return whole.contains("<<EOF") ? whole.substring(0, whole.indexOf('\n')) : whole;
        }

        @Override
        public String toString() {
            return page + ":" + line + ": " + key();
        }
    }

    /** The README, and the pages under {@code docs} by name. */
    public static List<DocPage> all(Path project) throws IOException {
        List<String> names = new ArrayList<>(List.of(README));
        try (Stream<Path> files = Files.list(project.resolve("docs"))) {
            files.map(file -> "docs/" + file.getFileName())
                    .filter(name -> name.endsWith(".md"))
                    .sorted()
                    .forEach(names::add);
        }
        List<DocPage> pages = new ArrayList<>();
        for (String name : names) {
            pages.add(read(project, name));
        }
        return pages;
    }

    private static DocPage read(Path project, String name) throws IOException {
        Deque<String> lines = new ArrayDeque<>(Files.readAllLines(project.resolve(name)));
        List<Command> commands = new ArrayList<>();
        List<String> outputs = new ArrayList<>();
        int number = 0;
        while (!lines.isEmpty()) {
            String line = lines.removeFirst();
            number++;
            if (line.startsWith(FENCE)) {
                List<String> block = new ArrayList<>();
                while (!lines.getFirst().startsWith(FENCE)) {
                    block.add(lines.removeFirst());
                }
                lines.removeFirst();
                if (line.equals(FENCE + "bash")) {
                    addCommands(commands, name, number + 1, block);
                } else if (line.equals(FENCE)) {
                    outputs.add(String.join("\n", block));
                }
                number += block.size() + 1;
            } else if (line.startsWith(INDENTATION)) {
                List<String> block = new ArrayList<>(List.of(line.substring(INDENTATION.length())));
                while (!lines.isEmpty() && lines.getFirst().startsWith(INDENTATION)) {
                    block.add(lines.removeFirst().substring(INDENTATION.length()));
                }
                addCommands(commands, name, number, block);
                number += block.size() - 1;
            }
        }
        return new DocPage(name, List.copyOf(commands), List.copyOf(outputs));
    }

    private static void addCommands(List<Command> commands, String page, int firstLine, List<String> block) {
        for (int at = 0; at < block.size(); at++) {
            int first = at;
            String line = block.get(at);
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            if (line.contains("<<EOF")) {
                while (!block.get(at).equals("EOF")) {
                    at++;
                }
            } else {
                while (block.get(at).endsWith("\\")) {
                    at++;
                }
            }
            commands.add(new Command(page, firstLine + first, String.join("\n", block.subList(first, at + 1))));
        }
    }
}
