package io.podoffload.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.podoffload.sim.Programs.ProgramFailed;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Each program of the cluster restarts while two pods talk. Then a new pod comes and goes, for which every program must be back.
 *
 * <p>Packets of the pods run through ovs-vswitchd and through nothing else. Its process holds the userspace datapath and the flow
 * table, so its restart loses packets until ovn-controller has filled the table again. Without ovsdb-server its main thread stops,
 * which moves packets in this datapath; a kernel's datapath would go on. ovn-controller takes the tunnels away when it ends. The
 * restart of any other program loses none.
 */
class RestartsStory {

    private static final String NODE = "node1";
    private static final Duration BACK_WITHIN = Duration.ofSeconds(90);
    private static final int ON_THE_WAY = 3; // packets when it ends, and when it is back
    private static final List<String> TABLE = new ArrayList<>();
    private static TalkingPods pods;

    private BinderLog log;
    private List<Vfs.Vf> free;

    @BeforeAll
    static void begin() {
        Release.ensure();
        pods = TalkingPods.begin();
    }

    @AfterAll
    static void end() {
        TalkingPods.end();
        System.out.printf("%-36s %6s %6s  %s%n", "restarted", "sent", "lost", "in gaps of");
        TABLE.forEach(System.out::println);
    }

    @BeforeEach
    void before() {
        log = BinderLog.of(NODE);
        free = Vfs.of(NODE);
        pods.losses();
    }

    @Test
    void kubelet() {
        int registrations = registrations();
        Cluster.service("restart", NODE + ".kubelet");
        awaitRegistration(registrations);

        aNewPodComesAndGoes();
        assertThat(losses("kubelet").interrupted()).isFalse();
        assertSaid("the kubelet", 0);
    }

    @Test
    void containerd() {
        Cluster.service("restart", NODE + ".containerd");

        aNewPodComesAndGoes();
        assertThat(losses("containerd").interrupted()).isFalse();
        assertSaid("the container runtime", 1);
    }

    @Test
    void devicePlugin() {
        int registrations = registrations();
        Cluster.service("restart", NODE + ".device-plugin");
        awaitRegistration(registrations);

        aNewPodComesAndGoes();
        assertThat(losses("device plugin").interrupted()).isFalse();
        assertSaid("the kubelet", 0);
    }

    @Test
    void ovsdbServer() {
        int tenths = tenthsUntil(RestartsStory::awaitSwitch, NODE + ".ovsdb-server");

        aNewPodComesAndGoes();
        assertThat(losses("ovsdb-server, switch after %.1f s".formatted(tenths / 10.0))
                        .lost())
                .isLessThanOrEqualTo(tenths + ON_THE_WAY);
        assertSaid("Open vSwitch", 1);
    }

    @Test
    void ovsVswitchd() {
        int tenths = tenthsUntil(RestartsStory::awaitFlows, NODE + ".ovs-vswitchd");

        aNewPodComesAndGoes();
        Ping.Losses losses = losses("ovs-vswitchd, flows after %.1f s".formatted(tenths / 10.0));
        assertThat(losses.interruptions()).hasSizeLessThanOrEqualTo(1);
        assertThat(losses.lost()).isLessThanOrEqualTo(tenths + ON_THE_WAY);
        assertSaid("ovs-vswitchd", 0);
    }

    @Test
    void ovnController() {
        int tenths = tenthsUntil(RestartsStory::awaitFlows, NODE + ".ovn-controller");

        aNewPodComesAndGoes();
        assertThat(losses("ovn-controller, flows after %.1f s".formatted(tenths / 10.0))
                        .lost())
                .isLessThanOrEqualTo(tenths + ON_THE_WAY);
        assertSaid("Open vSwitch", 0);
    }

    /** Tenths of a second, in each of which one packet is sent, from the end of a program until what it does is in force again. */
    private static int tenthsUntil(Runnable inForce, String program) {
        long begin = System.nanoTime();
        Cluster.service("restart", program);
        inForce.run();
        return (int) Math.ceil((System.nanoTime() - begin) / 1e8);
    }

    @Test
    void kubeApiserver() {
        Instant killed = Instant.now();
        Cluster.service("kill", "kube-apiserver");
        try {
            Awaitility.await()
                    .atMost(BACK_WITHIN)
                    .untilAsserted(() -> assertThat(log.warnings()).hasSize(1));
        } finally {
            Cluster.service("start", "kube-apiserver");
        }
        Awaitility.await()
                .ignoreExceptions()
                .atMost(BACK_WITHIN)
                .untilAsserted(() ->
                        assertThat(Cluster.kubectl("get", "--raw", "/readyz")).isEqualTo("ok"));

        aNewPodComesAndGoes();
        assertThat(losses("kube-apiserver").interrupted()).isFalse();
        assertSaid("the API server", 1);
        assertThat(Cluster.kubectl(
                        "-n",
                        Release.NAMESPACE,
                        "logs",
                        "--selector=app.kubernetes.io/component=webhook",
                        "--tail=-1",
                        "--since-time=" + killed))
                .doesNotContain("stack_trace");
    }

    @Test
    void binderWhosePodIsDeleted() {
        Release.deleteBinder(NODE);
        Release.awaitReady();

        aNewPodComesAndGoes();
        assertThat(losses("binder, pod deleted").interrupted()).isFalse();
        assertThat(log.warnings()).isEmpty();
    }

    @Test
    void binderWhoseProcessIsKilled() {
        String restarts = binder("{.items[0].status.containerStatuses[0].restartCount}");
        String container =
                binder("{.items[0].status.containerStatuses[0].containerID}").substring("containerd://".length());
        Cluster.on(NODE, "ctr", "--namespace", "k8s.io", "tasks", "kill", "--signal", "SIGKILL", container);
        Awaitility.await().atMost(BACK_WITHIN).untilAsserted(() -> {
            assertThat(binder("{.items[0].status.containerStatuses[0].restartCount}"))
                    .isNotEqualTo(restarts);
            assertThat(binder("{.items[0].status.containerStatuses[0].ready}")).isEqualTo("true");
        });

        aNewPodComesAndGoes();
        assertThat(losses("binder, process killed").interrupted()).isFalse();
        assertThat(log.warnings()).isEmpty();
    }

    /** As on a node whose kube-proxy is not there yet. */
    @Test
    void binderThatStartsWithoutTheAddressOfTheApiServer() {
        Cluster.on(NODE, "ip", "route", "add", "unreachable", "10.96.0.1/32");
        try {
            Release.deleteBinder(NODE);
            Awaitility.await()
                    .atMost(BACK_WITHIN)
                    .ignoreExceptions()
                    .untilAsserted(() -> assertThat(log.warnings()).hasSize(1));
        } finally {
            Cluster.on(NODE, "ip", "route", "del", "unreachable", "10.96.0.1/32");
        }
        Release.awaitReady();

        assertThat(losses("binder, no API server").interrupted()).isFalse();
        assertThat(log.warnings()).first().asString().contains("check that the API server can be reached");
        assertSaid("the API server", 1);
    }

    private static String binder(String path) {
        return Cluster.kubectl(
                "-n",
                Release.NAMESPACE,
                "get",
                "pod",
                "--selector=app.kubernetes.io/component=node-binder",
                "--field-selector=spec.nodeName=" + NODE,
                "-o",
                "jsonpath=" + path);
    }

    /** On the node whose program restarted; every VF is as it was when the pod is gone. */
    private void aNewPodComesAndGoes() {
        Cluster.apply(OptedIn.pod("next", NODE));
        Cluster.kubectl("wait", "--for=condition=Ready", "pod/next", "--timeout=120s");
        assertThat(Pods.condition(Cluster.get("pod", "next"), "pod-offload.io/bound")
                        .path("reason")
                        .asString())
                .isEqualTo("Adopted");

        Cluster.kubectl("delete", "pod", "next", "--wait");
        Vfs.awaitSame(NODE, free);
        assertThat(Cluster.interfaces(NODE, "next.default.default.default.ovn")).isEmpty();
    }

    /** Counts, and looks whether the two pods and the binder are as they were. */
    private static Ping.Losses losses(String restarted) {
        Release.awaitReady();
        pods.assertUntouched();
        Ping.Losses losses = pods.losses();
        TABLE.add("%-36s %6d %6d  %s".formatted(restarted, losses.sent(), losses.lost(), losses.gaps()));
        return losses;
    }

    /**
     * One line when a program went away, one when it was back, and nothing else.
     *
     * @param program with its article, as the log names it
     * @param atLeast how many outages the binder must notice; it has nothing to ask of some programs while no pod comes or goes
     */
    private void assertSaid(String program, int atLeast) {
        Awaitility.await()
                .atMost(BACK_WITHIN)
                .untilAsserted(
                        () -> assertThat(log.with(program + " answers again")).hasSameSizeAs(log.warnings()));
        assertThat(log.warnings()).hasSizeBetween(atLeast, 1);
        assertThat(log.stackFrames()).isEmpty();
    }

    /** Waits until ovn-controller of each node has put all flows into Open vSwitch. */
    private static void awaitFlows() {
        Cluster.run("ovn-nbctl", "--db=unix:/run/cluster/ovn/nb.sock", "--timeout=60", "--wait=hv", "sync");
    }

    /** Waits until ovs-vswitchd acts on its database: ovs-vsctl does so after each change. */
    private static void awaitSwitch() {
        Awaitility.await()
                .atMost(BACK_WITHIN)
                .ignoreExceptionsInstanceOf(ProgramFailed.class) // ovs-vsctl tries the socket once
                .untilAsserted(() -> Cluster.on(
                        NODE, "ovs-vsctl", "--timeout=60", "set", "open_vswitch", ".", "external_ids:story=restarts"));
        Cluster.on(NODE, "ovs-vsctl", "--timeout=60", "remove", "open_vswitch", ".", "external_ids", "story");
    }

    private static int registrations() {
        Path log = Cluster.PROJECT.resolve("target/cluster/logs/" + NODE + ".device-plugin");
        try (var lines = Files.lines(log)) {
            return (int) lines.filter(line -> line.contains("registered")).count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Until the device plugin is known to the kubelet, a pod that asks for a VF is refused, with or without this project. */
    private static void awaitRegistration(int before) {
        Awaitility.await()
                .atMost(BACK_WITHIN)
                .untilAsserted(() -> assertThat(registrations()).isGreaterThan(before));
    }
}
