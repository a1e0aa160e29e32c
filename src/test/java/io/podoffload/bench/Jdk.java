package io.podoffload.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A JDK that runs what is measured. */
record Jdk(Path java) {

    private static final int IN_THE_IMAGE = 25;

    String version() {
        try {
            Process process = new ProcessBuilder(java.toString(), "-XshowSettings:properties", "-version")
                    .redirectErrorStream(true)
                    .start();
            String settings = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return settings.lines()
                    .filter(line -> line.contains("java.version ="))
                    .map(line -> line.replaceFirst(".*= ", ""))
                    .findFirst()
                    .orElseThrow();
        } catch (IOException e) {
            throw new IllegalStateException("cannot run " + java, e);
        }
    }

    /** Whether it has what the image's JDK has: AOT caches, compact object headers. */
    boolean isAsInTheImage() {
        return Runtime.Version.parse(version()).feature() >= IN_THE_IMAGE;
    }
}
