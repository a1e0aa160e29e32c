package io.podoffload.binder.command;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where a command prints: UTF-8 under any locale, and nothing but its answer on the standard output. */
record Terminal(PrintStream out, PrintStream error, Marks marks) {

    /** That of this process. From here on {@link System#out}, where logs go, is the standard error. */
    static Terminal ofThisProcess() {
        PrintStream error = new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        System.setErr(error);
        System.setOut(error);
        return new Terminal(out, error, Marks.of(System.getenv(), isTerminal(Path.of("/proc/self/fd/1"))));
    }

    private static boolean isTerminal(Path output) {
        try {
            return Files.readSymbolicLink(output).toString().matches("/dev/(pts/.*|tty.*|console)");
        } catch (IOException e) {
            return false; // without procfs UTF-8 is what most readers take
        }
    }

    /** @return whether all of it was written */
    boolean print(String text) {
        out.print(text);
        return !out.checkError();
    }
}
