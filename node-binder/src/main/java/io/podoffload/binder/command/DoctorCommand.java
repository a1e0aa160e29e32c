package io.podoffload.binder.command;

import io.podoffload.binder.diagnosis.Checks;
import io.podoffload.binder.diagnosis.ClusterFacts;
import io.podoffload.binder.examine.ClusterExamination;
import io.podoffload.binder.examine.ClusterObjects;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code doctor}: whether pods on this node, or in this cluster, would be offloaded. */
@Command(name = "doctor", description = "Say what keeps packets out of the NIC, before any pod. Changes nothing.")
final class DoctorCommand implements Callable<Integer> {

    /** The default of {@code pod-offload.resources}. */
    private static final String DEFAULT_RESOURCE = "mellanox.com/cx5_sriov_switchdev";

    private final PodOffloadCommand root;
    private final Invocation invocation;

    @Option(
            names = "--cluster",
            description =
                    "Check the cluster (networks, Subnets, Kube-OVN, Multus) instead of this node, with the rights of this process.")
    private boolean cluster;

    @Option(
            names = "--objects",
            paramLabel = "FILE",
            description =
                    "With --cluster: read the cluster's objects from this file instead of the API server; - is the standard input."
                            + " Lists of nodes, network-attachment-definitions, subnets, and the Deployment, DaemonSet and ConfigMap, as kubectl"
                            + " prints them with -o json, one after the other.")
    private @Nullable String objects;

    DoctorCommand(PodOffloadCommand root, Invocation invocation) {
        this.root = root;
        this.invocation = invocation;
    }

    @Override
    public Integer call() throws IOException {
        Style style = root.style(invocation.terminal());
        if (!cluster && objects == null) {
            return invocation.print(NodeQuestion.ask(invocation, new Request(new Question.Doctor(), style)));
        }
        Diagnosis diagnosis = Diagnosis.of(Checks.CLUSTER, facts());
        return invocation.print(style.answer(diagnosis.exitCode(), diagnosis.results(), diagnosis::text));
    }

    /** Those of the pod's settings, for a cluster without a policy. */
    private static Set<String> resources() {
        return Set.copyOf(Arrays.asList(System.getenv()
                .getOrDefault("POD_OFFLOAD_RESOURCES", DEFAULT_RESOURCE)
                .split(",")));
    }

    private ClusterFacts facts() throws IOException {
        String file = objects;
        if (file != null) {
            try (InputStream documents = file.equals("-") ? System.in : new FileInputStream(file)) {
                ClusterObjects read = ClusterObjects.parse(documents);
                if (!read.haveNodes()) {
                    throw new IllegalStateException(
                            "there is no list of nodes in " + (file.equals("-") ? "the standard input" : file)
                                    + ". kubectl exec hands its input over only with -i.");
                }
                return new ClusterExamination(read, resources()).facts();
            }
        }
        try (LocalNode node = invocation.localNode()) {
            return node.cluster();
        } catch (RuntimeException e) {
            if (Failure.isForbidden(e)) {
                throw new IllegalStateException(
                        Failure.sentence(e) + ". kubectl offload doctor asks with your own rights.");
            }
            throw e;
        }
    }
}
