package io.podoffload.bench;

import io.podoffload.binder.binding.Port;
import io.podoffload.binder.ovs.IntegrationBridge;
import io.podoffload.sim.Programs;
import io.podoffload.sim.StagedNode;
import io.podoffload.sim.StagedNode.Staged;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * {@code dev/bench binder [--json]}, which also writes {@code target/bench/binder-cost.svg}: how long binding and release of a VF take, one alone and 64 at once, beside a floor (the
 * same netlink requests and OVSDB transactions by a program that decides nothing) and beside the same work done by running
 * {@code ip} and {@code ovs-vsctl}, all on the same node in the same run.
 */
public final class BinderBench {

    private static final int VFS = 127;
    private static final int STORM = 64;
    private static final int WARM = 60;
    private static final int ROUNDS = 25;
    private static final int STORMS = 5;
    private static final int MTU = 1400;
    private static final int TENANTS = 20;

    private final StagedNode node = new StagedNode(VFS);
    private final Map<String, CountDownLatch> installed = new ConcurrentHashMap<>();
    private final Map<String, CountDownLatch> gone = new ConcurrentHashMap<>();
    private @Nullable IntegrationBridge eyes;

    /** Medians in milliseconds. */
    private record Medians(double bind, double release, double storm) {}

    private BinderBench() {}

    /** Only once the binder holds the lock, which whoever comes first gets. */
    private void open() {
        eyes = new IntegrationBridge(JsonMapper.shared(), node.ovs().socket(), "br-int", this::changed, () -> {});
        eyes.interfaces();
    }

    public static void main(String[] arguments) throws Exception {
        Path project = Path.of(arguments[0]);
        String java = arguments[1];
        try {
            List<String> options = List.of(arguments);
            new BinderBench().run(project, java, options.contains("--json"), System.out);
        } catch (RuntimeException e) {
            e.printStackTrace(); // the threads of the API server would keep the process alive
            System.exit(1);
        }
        System.exit(0);
    }

    private void changed(Port row) {
        CountDownLatch installing = installed.get(row.ifaceId().orElse(""));
        if (installing != null && row.installedByOvn()) {
            installing.countDown();
        }
        CountDownLatch waiting = gone.get(row.name());
        if (waiting != null && Objects.requireNonNull(eyes).port(row.name()).isEmpty()) {
            waiting.countDown();
        }
    }

    private void run(Path project, String java, boolean json, PrintStream out) throws Exception {
        Path log = Files.createDirectories(project.resolve("target/bench")).resolve("binder.log");
        List<String> flags = flags(java);
        Map<String, Object> figures = new LinkedHashMap<>();
        List<Cost> costs = new ArrayList<>();
        Medians ours;
        List<String> command = new ArrayList<>(List.of(java));
        command.addAll(flags);
        command.addAll(List.of(
                "-jar", project.resolve("node-binder/target/node-binder.jar").toString()));
        command.addAll(node.binderArguments());
        try (Server binder = new Server(List.of(), command, environment(), log, "looking after the VFs")) {
            binder.awaitReady();
            open();
            ours = measure(node::run, staged -> node.stop(staged), true);
            figures.putAll(whatItTakes(binder, costs));
        }
        figures.put("cost", costs);
        Medians floor;
        try (Floor program = new Floor(project, node.ovs().socket())) {
            floor = measure(program::bind, program::release, false);
        }
        Medians programs = measure(this::bindByPrograms, this::releaseByPrograms, false);
        String how = "JDK " + new Jdk(Path.of(java)).version() + " with " + String.join(" ", flags);
        print(ours, floor, programs, figures, json, how, out);
        Files.writeString(project.resolve("target/bench/binder-cost.svg"), CostPlot.svg(costs));
        node.close();
    }

    private Map<String, String> environment() {
        Map<String, String> environment = new LinkedHashMap<>(node.toApiServer());
        environment.put("MALLOC_ARENA_MAX", "1"); // as in the image
        return environment;
    }

    /** Those of the image, whose heap is a part of the container's memory; without its archive of classes. */
    private static List<String> flags(String java) {
        List<String> flags = new ArrayList<>(List.of(
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "-Xms8m",
                "-Xmn8m",
                "-Xmx180m",
                "-XX:MinHeapFreeRatio=5",
                "-XX:MaxHeapFreeRatio=10",
                "-Dio.netty.jfr.enabled=false",
                "-XX:TrimNativeHeapInterval=5000",
                "-Xss512k"));
        if (new Jdk(Path.of(java)).isAsInTheImage()) {
            flags.add("-XX:+UseCompactObjectHeaders");
        }
        return flags;
    }

    /** The same events for each: one alone again and again, then many at once. */
    private Medians measure(Consumer<Staged> bind, Consumer<Staged> release, boolean watched) throws Exception {
        List<Double> binds = new ArrayList<>();
        List<Double> releases = new ArrayList<>();
        for (int round = -(watched ? WARM : 5); round < ROUNDS; round++) {
            if (watched) {
                rest();
            }
            List<Staged> one = stage(1);
            double bound = bindAll(one, bind);
            double released = releaseAll(one, release, watched);
            if (round >= 0) {
                binds.add(bound);
                releases.add(released);
            }
        }
        List<Double> storms = new ArrayList<>();
        for (int round = 0; round < STORMS; round++) {
            List<Staged> many = stage(STORM);
            storms.add(bindAll(many, bind));
            releaseAll(many, release, watched);
        }
        return new Medians(median(binds), median(releases), median(storms));
    }

    private List<Staged> stage(int count) {
        List<Staged> staged = new ArrayList<>();
        for (int index = 0; index < count; index++) {
            staged.add(node.stage(index));
        }
        return staged;
    }

    private double bindAll(List<Staged> all, Consumer<Staged> bind) throws InterruptedException {
        all.forEach(one -> installed.put(one.ifaceId(), new CountDownLatch(1)));
        long begin = System.nanoTime();
        inParallel(all, bind);
        for (Staged one : all) {
            await(Objects.requireNonNull(installed.get(one.ifaceId())), one + " is not installed");
        }
        double millis = (System.nanoTime() - begin) / 1e6;
        installed.clear();
        return millis;
    }

    private double releaseAll(List<Staged> all, Consumer<Staged> release, boolean watched) throws InterruptedException {
        if (watched) {
            all.forEach(node::forget);
            all.forEach(BinderBench::awaitForgotten);
        }
        for (Staged one : all) {
            node.bringHome(one);
            gone.put(one.representor(), new CountDownLatch(1));
        }
        long begin = System.nanoTime();
        inParallel(all, release);
        for (Staged one : all) {
            await(Objects.requireNonNull(gone.get(one.representor())), one + " is not released");
        }
        double millis = (System.nanoTime() - begin) / 1e6;
        gone.clear();
        for (Staged one : all) {
            if (!watched) {
                node.forget(one);
            }
            node.clear(one);
        }
        return millis;
    }

    /** Until the binder knows that the pod is gone it would bring a VF that comes home back into it. */
    private static void awaitForgotten(Staged pod) {
        Awaitility.await()
                .pollInterval(Duration.ofMillis(5))
                .until(() -> Programs.run("curl", "-sS", "http://127.0.0.1:8081/state/" + pod.pci())
                        .contains("\"reason\":\"WaitingForRelease\""));
    }

    /** Four at a time, as many as the binder's own workers. */
    private static void inParallel(List<Staged> all, Consumer<Staged> action) throws InterruptedException {
        if (all.size() == 1) {
            action.accept(all.get(0));
            return;
        }
        ExecutorService workers = Executors.newFixedThreadPool(4);
        all.forEach(one -> workers.execute(() -> action.accept(one)));
        workers.shutdown();
        if (!workers.awaitTermination(2, TimeUnit.MINUTES)) {
            throw new IllegalStateException("a storm does not end");
        }
    }

    private static void await(CountDownLatch latch, String otherwise) throws InterruptedException {
        if (!latch.await(60, TimeUnit.SECONDS)) {
            throw new IllegalStateException(otherwise);
        }
    }

    /** What an event costs with few and with many, an idle binder, a resync; and memory. */
    private Map<String, Object> whatItTakes(Server binder, List<Cost> costs) throws Exception {
        costOf(binder, 1, 1); // so that what it compiles for this is not counted
        List<Staged> others = new ArrayList<>();
        int plainPods = 0;
        for (int vfs : List.of(1, 32, 64, VFS)) {
            List<Staged> more = new ArrayList<>();
            while (others.size() + more.size() + 1 < vfs) {
                more.add(node.stage(others.size() + more.size() + 1));
            }
            bindAll(more, node::run);
            others.addAll(more);
            awaitQuiet();
            costs.add(costOf(binder, vfs, vfs));
        }
        for (int pods : List.of(300, 600, 1000)) {
            while (VFS + plainPods < pods) {
                node.createPlainPod("plain" + ++plainPods);
            }
            awaitQuiet();
            costs.add(costOf(binder, VFS, pods));
        }
        Map<String, Object> figures = new LinkedHashMap<>();
        awaitQuiet();
        Duration before = binder.cpu();
        long begin = System.nanoTime();
        TimeUnit.SECONDS.sleep(60); // an interval is what is measured
        double idle = binder.cpu().minus(before).toMillis() * 1e6 / (System.nanoTime() - begin);
        figures.put("idle_cpu_percent_with_127_bound_vfs_and_1000_pods", round(idle * 100));
        List<Double> resyncs = new ArrayList<>();
        List<Double> cpu = new ArrayList<>();
        for (int round = 0; round < STORMS; round++) {
            before = binder.cpu();
            double last = resyncMillis();
            node.cutRuntimeEvents();
            Awaitility.await().until(() -> resyncMillis() != last);
            awaitQuiet();
            resyncs.add(resyncMillis());
            cpu.add((double) binder.cpu().minus(before).toMillis());
        }
        figures.put("resync_ms_of_127_bound_vfs", round(median(resyncs)));
        figures.put("resync_cpu_ms_of_127_bound_vfs", round(median(cpu)));
        figures.put("resident_mib", binder.residentMib());
        double quiet = bindOfOne();
        try (Tenants tenants = new Tenants(
                node,
                others.subList(0, TENANTS),
                node.nic().pciAddresses().get(0).value())) {
            figures.put("bind_ms_beside_127_bound_vfs", round(quiet));
            figures.put("bind_ms_beside_tenants_at_their_worst", round(bindOfOne()));
            figures.put("resident_mib_beside_tenants_at_their_worst", binder.residentMib());
        }
        releaseAll(others, node::stop, true);
        return figures;
    }

    /** No kubelet starts more than a few pods a second, and the binder asks it no more than ten times. */
    private static void rest() throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(250);
    }

    private double bindOfOne() throws InterruptedException {
        List<Double> binds = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
            rest();
            List<Staged> one = stage(1);
            binds.add(bindAll(one, node::run));
            releaseAll(one, node::stop, true);
        }
        return median(binds);
    }

    /** What is left to do is not idleness. */
    private static void awaitQuiet() {
        Awaitility.await().until(() -> metric("pod_offload_binder_queue_depth") == 0);
    }

    /**
     * One pod bound and released on a node.
     *
     * @param waits how often a thread of the binder waited, for each message at least once
     */
    record Cost(int vfs, int pods, double binderMillis, double switchMillis, double waits) {}

    private Cost costOf(Server binder, int vfs, int pods) throws Exception {
        Duration cpu = binder.cpu();
        Duration ofSwitch = Server.cpuOf(node.ovs().switchPid());
        long waits = binder.waits();
        for (int round = 0; round < ROUNDS; round++) {
            List<Staged> one = stage(1);
            bindAll(one, node::run);
            releaseAll(one, node::stop, true);
        }
        return new Cost(
                vfs,
                pods,
                round(binder.cpu().minus(cpu).toMillis() / (double) ROUNDS),
                round(Server.cpuOf(node.ovs().switchPid()).minus(ofSwitch).toMillis() / (double) ROUNDS),
                round((binder.waits() - waits) / (double) ROUNDS));
    }

    /** What the binder measured of its last resync. */
    private static double resyncMillis() {
        return round(metric("pod_offload_binder_resync_last_seconds") * 1000);
    }

    private static double metric(String name) {
        return Programs.run("curl", "-sS", "http://127.0.0.1:8081/actuator/prometheus")
                .lines()
                .filter(line -> line.startsWith(name))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .findFirst()
                .orElse(Double.NaN);
    }

    private void bindByPrograms(Staged pod) {
        String ns = Path.of(pod.netns()).getFileName().toString();
        List<String> row = new ArrayList<>(List.of(
                "--may-exist", "add-port", "br-int", pod.representor(), "--", "set", "interface", pod.representor()));
        ids(pod).forEach((key, value) -> row.add("external_ids:" + key + "=\"" + value + "\""));
        node.ovs().vsctl(row.toArray(String[]::new));
        Programs.run("ip", "link", "set", pod.vf(), "alias", alias(pod));
        Programs.run("ip", "link", "set", pod.vf(), "netns", ns, "name", "net1");
        Programs.run("ip", "-n", ns, "link", "set", "net1", "address", pod.mac(), "mtu", Integer.toString(MTU));
        Programs.run("ip", "-n", ns, "link", "set", "net1", "up");
        Programs.run("ip", "-n", ns, "address", "add", pod.ip() + "/16", "dev", "net1");
        node.ovs().vsctl("set", "interface", pod.representor(), "external_ids:iface-id=" + pod.ifaceId());
        Programs.run("ip", "link", "set", pod.representor(), "mtu", Integer.toString(MTU), "up");
    }

    private void releaseByPrograms(Staged pod) {
        Programs.run("ip", "link", "set", pod.representor(), "down");
        node.ovs().vsctl("--if-exists", "--with-iface", "del-port", "br-int", pod.representor());
        String shown = shown(pod);
        Programs.run("ip", "link", "set", shown, "down");
        Programs.run("ip", "link", "set", shown, "name", pod.vf());
        Programs.run("ip", "link", "set", pod.vf(), "address", vfMac(pod), "mtu", "1500");
        Programs.run("ip", "link", "set", pod.vf(), "alias", "");
    }

    private static String shown(Staged pod) {
        return "back" + pod.pci().value().substring(8).replaceAll("\\W", "");
    }

    private static String vfMac(Staged pod) {
        return "02:5e:00:00:03:%02x".formatted(Integer.parseInt(pod.vf().replaceAll(".*v", "")));
    }

    private static Map<String, String> ids(Staged pod) {
        Map<String, String> ids = new LinkedHashMap<>();
        ids.put("pod-offload-owner", "bound");
        ids.put("pod-offload-pod-uid", pod.pod().getMetadata().getUid());
        ids.put("pod-offload-sandbox", "0123456789abcdef0123456789abcdef");
        ids.put("pod-offload-pci", pod.pci().value());
        ids.put("pod-offload-netns", pod.netns());
        ids.put("pod-offload-vf-name", pod.vf());
        ids.put("pod-offload-vf-mtu", "1500");
        ids.put("pod-offload-vf-mac", vfMac(pod));
        ids.put("pod-offload-boot", "01234567");
        return ids;
    }

    private static String alias(Staged pod) {
        return "pod-offload pci=" + pod.pci() + " uid="
                + pod.pod().getMetadata().getUid() + " netns=" + pod.netns();
    }

    /** The program under src/test/resources/bench; it does one job after the other. */
    private static final class Floor implements AutoCloseable {

        private final Process process;
        private final Writer jobs;
        private final BufferedReader answers;

        Floor(Path project, Path ovsdb) throws IOException {
            process = new ProcessBuilder(
                            "python3",
                            project.resolve("src/test/resources/bench/floor.py").toString(),
                            ovsdb.toString())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            jobs = process.outputWriter(StandardCharsets.UTF_8);
            answers = process.inputReader(StandardCharsets.UTF_8);
        }

        void bind(Staged pod) {
            run("bind", pod);
        }

        void release(Staged pod) {
            run("release", pod);
        }

        private synchronized void run(String what, Staged pod) {
            Map<String, Object> job = new LinkedHashMap<>();
            job.put("do", what);
            job.put("representor", pod.representor());
            job.put("vf", pod.vf());
            job.put("vfMac", vfMac(pod));
            job.put("shown", shown(pod));
            job.put("netns", pod.netns());
            job.put("mac", pod.mac());
            job.put("mtu", MTU);
            job.put("ip", pod.ip());
            job.put("ifaceId", pod.ifaceId());
            job.put("ids", ids(pod));
            job.put("alias", alias(pod));
            try {
                jobs.write(JsonMapper.shared().writeValueAsString(job) + "\n");
                jobs.flush();
                if (!"done".equals(answers.readLine())) {
                    throw new IllegalStateException("the floor failed at " + job);
                }
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }

        @Override
        public void close() throws IOException {
            jobs.close();
        }
    }

    private static void print(
            Medians ours,
            Medians floor,
            Medians programs,
            Map<String, Object> figures,
            boolean json,
            String how,
            PrintStream out) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("bind", figure(floor.bind(), ours.bind(), programs.bind(), 0.25));
        all.put("release", figure(floor.release(), ours.release(), programs.release(), 0.25));
        all.put("storm", figure(floor.storm(), ours.storm(), programs.storm(), 0.15));
        all.putAll(figures);
        all.put("binder", how);
        if (json) {
            out.println(JsonMapper.shared().writeValueAsString(all));
            return;
        }
        out.println("Binder by " + how + "; milliseconds, medians of " + ROUNDS);
        out.printf("%-28s %10s %10s %10s %8s %8s%n", "", "floor", "ours", "programs", "ratio", "target");
        for (String name : List.of("bind", "release", "storm")) {
            Map<?, ?> row = (Map<?, ?>) Objects.requireNonNull(all.get(name));
            out.printf(
                    Locale.ROOT,
                    "%-28s %10s %10s %10s %8s %8s%n",
                    name.equals("storm") ? "bind " + STORM + " at once" : name,
                    row.get("floor"),
                    row.get("ours"),
                    row.get("programs"),
                    row.get("ratio"),
                    row.get("target"));
        }
        figures.forEach((name, value) -> {
            if (!name.equals("cost")) {
                out.println(name.replace('_', ' ') + ": " + value);
            }
        });
        out.printf("%n%6s %6s %16s %18s %14s%n", "VFs", "pods", "binder CPU ms", "vswitchd CPU ms", "binder waits");
        for (Object each : (List<?>) Objects.requireNonNull(figures.get("cost"))) {
            Cost cost = (Cost) each;
            out.printf(
                    Locale.ROOT,
                    "%6d %6d %16.1f %18.1f %14.0f%n",
                    cost.vfs(),
                    cost.pods(),
                    cost.binderMillis(),
                    cost.switchMillis(),
                    cost.waits());
        }
    }

    private static Map<String, Object> figure(double floor, double ours, double programs, double target) {
        Map<String, Object> figure = new LinkedHashMap<>();
        figure.put("floor", round(floor));
        figure.put("ours", round(ours));
        figure.put("programs", round(programs));
        figure.put("ratio", round((ours - floor) / (programs - floor)));
        figure.put("target", target);
        return figure;
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
    }

    private static double round(double value) {
        return Math.round(value * 100) / 100.0;
    }
}
