package io.podoffload.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.podoffload.sim.CniMode;
import io.podoffload.sim.SimulatedCluster;
import io.podoffload.sim.SimulatedCluster.Printed;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The command {@code pod-offload} in the container of a running binder, typed as an operator types it after {@code kubectl exec}. */
@SuppressWarnings("NullAway.Init") // set before all tests
class CommandsIT {

    private static final Path PROJECT =
            Path.of(System.getProperty("project.root")).toAbsolutePath().normalize();
    private static SimulatedCluster cluster;
    private static Pod web;

    @BeforeAll
    static void start() {
        cluster = new SimulatedCluster(
                PROJECT,
                PROJECT.resolve("target/e2e-logs/commands"),
                new SimulatedCluster.Options(4, false, Optional.of(PROJECT.resolve("target/image/pod-offload.tar"))));
        cluster.useCni(CniMode.OTHER);
        web = cluster.awaitBound(cluster.create(Pods.labelled("web")), "Bound");
    }

    @AfterAll
    static void stop() {
        if (cluster != null) {
            cluster.close();
        }
    }

    private static JsonNode json(Printed printed) {
        return JsonMapper.shared().readTree(printed.text());
    }

    @Test
    void withoutArgumentsItPrintsItsHelp() {
        Printed printed = cluster.execInBinder("pod-offload");

        assertThat(printed.exitCode()).isZero();
        assertThat(printed.text()).contains("Usage: pod-offload", "explain", "doctor", "inventory", "prepare", "run");
        assertThat(printed.error()).isEmpty();
    }

    @Test
    void explainFollowsThePodByTheRunningBinder() {
        Printed printed = cluster.execInBinder("pod-offload", "explain", "default/web");

        assertThat(printed.exitCode()).isEqualTo(1);
        assertThat(printed.error()).as("nothing but the answer").isEmpty();
        assertThat(printed.text())
                .containsPattern("(?m)^✓ allocation +the kubelet allotted \\[0000:03:00")
                .containsPattern("(?m)^✗ representor .*<- breaks here")
                .contains("HwOffloadUnset");
    }

    @Test
    void itIsTheSameInAnyOrderAndForPrograms() {
        for (String[] line : new String[][] {
            {"pod-offload", "explain", "default/web", "-o", "json"},
            {"pod-offload", "-o", "json", "explain", "default/web"},
            {"pod-offload", "explain", "-n", "default", "--output=json", "web"}
        }) {
            Printed printed = cluster.execInBinder(line);

            assertThat(printed.exitCode()).isEqualTo(1);
            assertThat(json(printed).path("pod").asString()).isEqualTo("default/web");
            assertThat(json(printed).path("hops").path(0).path("state").asString())
                    .isEqualTo("HOLDS");
        }
    }

    @Test
    void doctorPrintsMarksThatCanBeRead() {
        Printed printed = cluster.execInBinder("pod-offload", "doctor");

        assertThat(printed.exitCode()).isEqualTo(1);
        assertThat(printed.error()).isEmpty();
        assertThat(printed.text())
                .contains("✗ HwOffloadUnset", "✓ the node has a NIC with SR-IOV")
                .doesNotContain("?", "WARNING");
    }

    @Test
    void inventoryKnowsTheNodeOfTheBinder() {
        Printed printed = cluster.execInBinder("pod-offload", "inventory", "-o", "json");

        assertThat(printed.exitCode()).isZero();
        assertThat(printed.error()).isEmpty();
        assertThat(json(printed).path("node").asString()).isEqualTo(SimulatedCluster.NODE);
        assertThat(json(printed).findValuesAsString("pod")).contains("default/web");
        assertThat(cluster.execInBinder("pod-offload", "inventory").text()).contains("4 of 127 VFs", "default/web");
    }

    @Test
    void preparationHasTheSettingsOfThePod() {
        Printed printed = cluster.execInBinder("pod-offload", "prepare", "--plan");

        assertThat(printed.exitCode()).isZero();
        assertThat(printed.text()).isEqualTo("pod-offload.prepare.pfs names no PF, so there is nothing to do\n");
        assertThat(printed.error()).isEmpty();
    }

    @Test
    void aSettingBeforeTheCommandStartsNoSecondBinder() {
        Printed printed =
                cluster.execInBinder("pod-offload", "--pod-offload.node-name=node1", "explain", "default/web");

        assertThat(printed.exitCode()).isEqualTo(1);
        assertThat(printed.text()).contains("<- breaks here").doesNotContain("Starting");
        assertThat(printed.error())
                .startsWith("Settings are given, so this command examines the node itself and asks no node-binder.\n"
                        + "Networks and Subnets of the cluster are not checked: this account may not read that: ")
                .hasLineCount(2);
    }

    @Test
    void whereNoBinderAnswersTheCommandSaysSoAndExaminesTheNodeItself() {
        Printed printed = cluster.execInBinder(
                "pod-offload", "explain", "default/web", "--pod-offload.command-socket=/run/pod-offload/none.sock");

        assertThat(printed.exitCode()).isEqualTo(1);
        assertThat(printed.error())
                .startsWith("No node-binder answers at /run/pod-offload/none.sock, so this command examines the node"
                        + " itself.\n")
                .contains("Networks and Subnets of the cluster are not checked: ");
        assertThat(printed.text()).containsPattern("(?m)^✓ allocation ").contains("<- breaks here");
    }

    @Test
    void whatIsMistypedIsToldInASentence() {
        Printed option = cluster.execInBinder("pod-offload", "explain", "default/web", "--colour");
        Printed pod = cluster.execInBinder("pod-offload", "explain", "default/web/x");
        Printed command = cluster.execInBinder("pod-offload", "expalin", "default/web");

        assertThat(option.exitCode()).isEqualTo(2);
        assertThat(option.error()).isEqualTo("Unknown option: '--colour'\nSee pod-offload explain --help.\n");
        assertThat(pod.exitCode()).isEqualTo(2);
        assertThat(pod.error()).startsWith("not NAMESPACE/POD: default/web/x\n");
        assertThat(command.exitCode()).isEqualTo(2);
        assertThat(command.error()).contains("expalin").hasLineCount(2);
    }

    @Test
    void aPodThatIsNotThereIsTold() {
        Printed printed = cluster.execInBinder("pod-offload", "explain", "default/nobody");

        assertThat(printed.exitCode()).isEqualTo(1);
        assertThat(printed.text()).contains("there is no pod default/nobody");
    }

    @Test
    void theClusterIsReadWithTheRightsOfTheCaller() {
        Printed printed = cluster.execInBinder("pod-offload", "doctor", "--cluster");

        assertThat(printed.exitCode()).as("a binder may not read the cluster").isEqualTo(4);
        assertThat(printed.error())
                .startsWith("doctor: this account may not read that: ")
                .contains("kubectl offload doctor");
    }

    @Test
    void aFailureGoesToTheStandardErrorAndNeverIntoAnAnswerForPrograms() {
        cluster.withoutKubeletSocket(() -> {
            Printed explain = cluster.execInBinder("pod-offload", "explain", "default/web", "-o", "json");
            Printed inventory = cluster.execInBinder("pod-offload", "inventory");

            assertThat(explain.exitCode()).isEqualTo(4);
            assertThat(explain.text()).isEmpty();
            assertThat(explain.error()).isNotBlank();
            assertThat(inventory.exitCode()).isEqualTo(3);
            assertThat(inventory.text()).contains("4 of 127 VFs", "which pod holds a VF is not known");
        });
    }

    @Test
    void javaItselfWarnsOfNothingInTheLogs() {
        for (String program : List.of("node-binder", "webhook")) {
            assertThat(PROJECT.resolve("target/e2e-logs/commands/" + program + ".log"))
                    .content()
                    .isNotEmpty()
                    .doesNotContain("WARNING", "[warning]");
        }
    }

    @Test
    void aPodForWhichNoVfIsLeftIsToldSo() {
        List<Pod> others = new ArrayList<>();
        for (int other = 1; other <= 3; other++) {
            others.add(cluster.awaitBound(cluster.create(Pods.labelled("other-" + other)), "Bound"));
        }
        Pod more = cluster.create(Pods.labelled("more"));
        cluster.await(
                more,
                seen -> seen.getStatus() != null
                        && "Failed".equals(seen.getStatus().getPhase()));
        try {
            Printed printed = cluster.execInBinder("pod-offload", "explain", "default/more");

            assertThat(printed.exitCode()).isEqualTo(1);
            assertThat(printed.text())
                    .containsPattern("✗ allocation +the pod has ended, Failed: .*<- breaks here")
                    .contains("Create the pod again when a VF is free. This node offers 4 VFs, and pods hold 4.")
                    .containsPattern("\\? CNI +the pod ended before the binder saw a sandbox of it");
        } finally {
            cluster.delete(more);
            others.forEach(cluster::delete);
        }
    }
}
