package io.podoffload.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** wrk on core 1, posting one review over and over: HTTP/1.1 over TLS on kept connections, as API servers do. */
record Load(Path kit, int port) {

    /**
     * What to post where.
     *
     * @param closing whether each request has a connection, and so a TLS handshake, of its own
     */
    record Work(String path, String review, int connections, boolean closing) {

        Work(String path, String review, int connections) {
            this(path, review, connections, false);
        }
    }

    /** The median of several runs by CPU time per request. */
    record Result(double perSecond, long cpuMicros, long p50Micros, long p99Micros, long errors) {}

    Result median(Server server, Work work, Duration each, int runs) throws IOException, InterruptedException {
        List<Result> results = new ArrayList<>();
        for (int run = 0; run < runs; run++) {
            results.add(run(server, work, each));
        }
        long errors = results.stream().mapToLong(Result::errors).sum();
        results.sort(Comparator.comparingLong(Result::cpuMicros));
        Result middle = results.get(runs / 2);
        return new Result(middle.perSecond(), middle.cpuMicros(), middle.p50Micros(), middle.p99Micros(), errors);
    }

    Result run(Server server, Work work, Duration duration) throws IOException, InterruptedException {
        Duration before = server.cpu();
        ProcessBuilder wrk = new ProcessBuilder(
                "taskset",
                "-c",
                "1",
                "wrk",
                "-t1",
                "-c" + work.connections(),
                "-d" + duration.toSeconds() + "s",
                "--timeout",
                "10s",
                "--latency",
                "-s",
                kit.resolve("post.lua").toString(),
                "https://127.0.0.1:" + port + work.path());
        wrk.environment().put("BODY", kit.resolve(work.review()).toString());
        wrk.environment().put("CLOSE", work.closing() ? "1" : "0");
        Process process = wrk.redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        Map<String, String> figures = new HashMap<>();
        output.lines()
                .filter(line -> line.startsWith("RESULT "))
                .flatMap(line -> Arrays.stream(line.split(" ", -1)))
                .filter(pair -> pair.contains("="))
                .forEach(pair ->
                        figures.put(pair.substring(0, pair.indexOf('=')), pair.substring(pair.indexOf('=') + 1)));
        if (figures.isEmpty()) {
            throw new IllegalStateException("wrk said: " + output);
        }
        long requests = Long.parseLong(figures.getOrDefault("req", "0"));
        long cpu = server.cpu().minus(before).toNanos() / 1000;
        long errors = figures.entrySet().stream()
                .filter(figure -> figure.getKey().startsWith("err_"))
                .mapToLong(figure -> Long.parseLong(figure.getValue()))
                .sum();
        return new Result(
                Double.parseDouble(figures.getOrDefault("rps", "0")),
                cpu / Math.max(1, requests),
                Long.parseLong(figures.getOrDefault("p50_us", "0")),
                Long.parseLong(figures.getOrDefault("p99_us", "0")),
                errors);
    }
}
