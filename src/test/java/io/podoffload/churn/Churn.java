package io.podoffload.churn;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.podoffload.sim.CniMode;
import io.podoffload.sim.OpenVSwitch;
import io.podoffload.sim.SimulatedCluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;

/**
 * Lets random things happen to a node with a few VFs, and then compares: ports, VFs in use and live pods must be the same,
 * every free VF must have its first name, MTU and MAC, and what is not the binder's must be what it was.
 */
public final class Churn {

    private static final Duration SETTLES_WITHIN = Duration.ofSeconds(90);
    private static final int CREATE_ATTEMPTS = 1_200;
    private static final String NETWORKS = "k8s.v1.cni.cncf.io/networks";
    private static final String RESOURCE = "mellanox.com/cx5_sriov_switchdev";

    private Churn() {}

    /** {@code Churn PROJECT EVENTS VFS SEED}: ends 0, or 1 with the first difference and the events that led to it. */
    public static void main(String[] arguments) {
        Path project = Path.of(arguments[0]).toAbsolutePath();
        int events = Integer.parseInt(arguments[1]);
        int vfs = Integer.parseInt(arguments[2]);
        long seed = Long.parseLong(arguments[3]);
        System.out.println("churn: " + events + " events on " + vfs + " VFs, seed " + seed);
        Optional<String> difference = run(project, project.resolve("target/churn-logs"), events, vfs, seed);
        System.out.println(
                difference.orElse("churn: ports, VFs in use and live pods are the same, and all free VFs are clean"));
        System.exit(difference.isPresent() ? 1 : 0);
    }

    /** @return the first difference, with the events that led to it */
    public static Optional<String> run(Path project, Path logs, int events, int vfs, long seed) {
        List<ChurnEvent> plan = ChurnPlan.of(seed, events, vfs);
        try (SimulatedCluster cluster =
                new SimulatedCluster(project, logs, new SimulatedCluster.Options(vfs + Neighbours.VFS, false))) {
            Life life = new Life(cluster, new Neighbours(cluster));
            String first = life.freeVfs(new TreeSet<>());
            for (ChurnEvent event : plan) {
                life.now(event);
                try {
                    event.happenTo(life);
                } catch (RuntimeException e) {
                    return Optional.of(life.explain("event %s failed".formatted(event), String.valueOf(e)));
                }
            }
            Optional<String> difference = life.settle(first, "after the last event");
            if (difference.isPresent()) {
                return difference;
            }
            life.deleteAll();
            System.out.println("churn: ovn-controller ended " + cluster.ovn().crashes() + " times by a signal");
            return life.settle(first, "with all pods deleted");
        }
    }

    /** The node under churn, and what has happened to it. */
    static final class Life {

        private final SimulatedCluster cluster;
        private final Neighbours neighbours;
        private final List<ChurnEvent> happened = new ArrayList<>();

        Life(SimulatedCluster cluster, Neighbours neighbours) {
            this.cluster = cluster;
            this.neighbours = neighbours;
        }

        SimulatedCluster cluster() {
            return cluster;
        }

        void now(ChurnEvent event) {
            happened.add(event);
            if (happened.size() % 100 == 0) {
                System.out.println("churn: " + happened.size() + " events");
            }
        }

        /** A fault must last for a moment to be one. */
        void pause() {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        }

        void create(String name, CniMode cni) {
            cluster.useCni(cni);
            create(new PodBuilder(pod(name))
                    .editMetadata()
                    .addToLabels("pod-offload.io/enabled", "true")
                    .endMetadata()
                    .build());
        }

        void createOther(String name) {
            cluster.useCni(CniMode.OTHER);
            create(new PodBuilder(pod(name))
                    .editMetadata()
                    .addToAnnotations(NETWORKS, "default/sriov")
                    .endMetadata()
                    .editSpec()
                    .editFirstContainer()
                    .withNewResources()
                    .addToRequests(RESOURCE, Quantity.parse("1"))
                    .addToLimits(RESOURCE, Quantity.parse("1"))
                    .endResources()
                    .endContainer()
                    .endSpec()
                    .build());
        }

        private static Pod pod(String name) {
            return new PodBuilder()
                    .withNewMetadata()
                    .withName(name)
                    .endMetadata()
                    .withNewSpec()
                    .addNewContainer()
                    .withName("nginx")
                    .withImage("docker.io/library/nginx:alpine")
                    .endContainer()
                    .endSpec()
                    .build();
        }

        private void create(Pod pod) {
            for (int attempt = 1; ; attempt++) {
                try {
                    cluster.create(pod);
                    return;
                } catch (KubernetesClientException e) {
                    if (e.getCode() != 409 || attempt == CREATE_ATTEMPTS) {
                        throw e;
                    }
                    pause();
                }
            }
        }

        void delete(String name, boolean force) {
            find(name).ifPresent(force ? cluster::forceDelete : cluster::beginDelete);
        }

        void deleteAll() {
            cluster.client().pods().inNamespace("default").list().getItems().stream()
                    .filter(pod -> !isMachine(pod))
                    .forEach(cluster::delete);
        }

        void withSandbox(String name, ChurnEvent.OnPod action) {
            find(name).ifPresent(pod -> {
                try {
                    action.act(cluster, pod);
                } catch (IllegalStateException e) {
                    System.err.println("churn: " + name + " went meanwhile: " + e.getMessage());
                }
            });
        }

        void withPort(String name, BiConsumer<OpenVSwitch, String> action) {
            find(name)
                    .ifPresent(pod -> cluster.ovs()
                            .interfacesWith(
                                    "pod-offload-pod-uid", pod.getMetadata().getUid())
                            .forEach(port -> action.accept(cluster.ovs(), port)));
        }

        private Optional<Pod> find(String name) {
            return Optional.ofNullable(cluster.client()
                    .pods()
                    .inNamespace("default")
                    .withName(name)
                    .get());
        }

        /** Waits until everything is as it should be. */
        Optional<String> settle(String first, String when) {
            long end = System.nanoTime() + SETTLES_WITHIN.toNanos();
            String difference = difference(first);
            while (!difference.isEmpty() && System.nanoTime() < end) {
                pause();
                difference = difference(first);
            }
            return difference.isEmpty() ? Optional.empty() : Optional.of(explain(when, difference));
        }

        private String difference(String first) {
            List<Pod> pods = livePods();
            Map<String, String> ports = new TreeMap<>();
            cluster.ovs().ports().stream()
                    .filter(port -> !port.equals(neighbours.port()))
                    .forEach(port -> ports.put(port, cluster.ovs().externalId(port, "iface-id")));
            TreeSet<String> used = new TreeSet<>();
            int others = 0;
            for (Pod pod : pods) {
                String name = pod.getMetadata().getName();
                if (isOther(pod)) {
                    others++;
                    if (SimulatedCluster.bound(pod).isPresent()) {
                        return name + " was promised nothing, and has the condition";
                    }
                    if (pod.getStatus() == null
                            || !"Running".equals(pod.getStatus().getPhase())) {
                        return name + " does not run";
                    }
                    try {
                        used.add(cluster.vfOf(pod));
                    } catch (IllegalStateException e) {
                        return name + " is going: " + e.getMessage();
                    }
                    continue;
                }
                String reason = SimulatedCluster.bound(pod)
                        .map(condition -> condition.getReason() + " " + condition.getMessage())
                        .orElse("no condition");
                if (!reason.startsWith("Bound ") && !reason.startsWith("Adopted ")) {
                    return name + " is " + reason;
                }
                if (!ports.containsValue(name + ".default.default.default.ovn")) {
                    return name + " has no port among " + ports;
                }
                try {
                    used.add(cluster.vfOf(pod));
                } catch (IllegalStateException e) {
                    return name + " is going: " + e.getMessage();
                }
            }
            if (ports.size() != pods.size() - others) {
                return pods.size() + " pods, but the ports are " + ports;
            }
            String now = freeVfs(used);
            String expected = first.lines()
                    .filter(line -> used.stream().noneMatch(line::startsWith))
                    .reduce("", (all, line) -> all + line + "\n");
            return now.equals(expected)
                    ? neighbours.difference()
                    : "free VFs are\n" + now + "and should be\n" + expected;
        }

        /** Not those that the kubelet refused, because a pod that was deleted by force still had the last VF. */
        private List<Pod> livePods() {
            return cluster.client().pods().inNamespace("default").list().getItems().stream()
                    .filter(pod -> !isMachine(pod))
                    .filter(pod -> pod.getStatus() == null
                            || !"Failed".equals(pod.getStatus().getPhase()))
                    .toList();
        }

        private static boolean isMachine(Pod pod) {
            return pod.getMetadata().getName().equals(Neighbours.MACHINE);
        }

        private static boolean isOther(Pod pod) {
            return pod.getMetadata().getAnnotations() != null
                    && pod.getMetadata().getAnnotations().containsKey(NETWORKS);
        }

        /** A line for each VF that no pod has. */
        String freeVfs(TreeSet<String> used) {
            StringBuilder lines = new StringBuilder();
            cluster.nic().inventory().forEach((pci, vf) -> {
                if (!used.contains(pci.value()) && !neighbours.vfs().contains(pci.value())) {
                    lines.append("%s %s %s mtu %d alias '%s' representor %s%n"
                            .formatted(
                                    pci,
                                    vf.name(),
                                    vf.mac(),
                                    vf.mtu(),
                                    vf.alias(),
                                    vf.representorUp() ? "up" : "down"));
                }
            });
            return lines.toString();
        }

        private String explain(String when, String difference) {
            StringBuilder text =
                    new StringBuilder("churn: " + when + ", " + difference + "\nthe events that led to it:\n");
            for (int index = 0; index < happened.size(); index++) {
                ChurnEvent event = happened.get(index);
                if (difference.contains(event.subject()) || event instanceof ChurnEvent.Fault) {
                    text.append(index).append(' ').append(event).append('\n');
                }
            }
            cluster.client()
                    .pods()
                    .inNamespace("default")
                    .list()
                    .getItems()
                    .forEach(pod -> text.append("API: %s, uid %s, %s%s%n"
                            .formatted(
                                    pod.getMetadata().getName(),
                                    pod.getMetadata().getUid(),
                                    pod.getStatus() == null
                                            ? "no status"
                                            : pod.getStatus().getPhase(),
                                    pod.getMetadata().getDeletionTimestamp() == null ? "" : ", deleted")));
            text.append(cluster.podsAndSandboxes());
            return text.append("the binder says: ")
                    .append(cluster.askBinder("/state"))
                    .toString();
        }
    }
}
