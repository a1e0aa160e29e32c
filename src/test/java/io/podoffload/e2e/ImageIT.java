package io.podoffload.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.podoffload.sim.CniMode;
import io.podoffload.sim.Programs;
import io.podoffload.sim.SimulatedCluster;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Both programs in containers of the image, with the users, capabilities and mounts of the chart. */
@SuppressWarnings("NullAway.Init") // set before all tests
class ImageIT {

    private static final Path PROJECT =
            Path.of(System.getProperty("project.root")).toAbsolutePath().normalize();
    private static final Path FOLDER = PROJECT.resolve("target/image");
    private static final long LARGEST = 160_000_000;
    private static SimulatedCluster cluster;
    private static NodeState atFirst;

    @BeforeAll
    static void start() {
        cluster = new SimulatedCluster(
                PROJECT,
                PROJECT.resolve("target/e2e-logs/image"),
                new SimulatedCluster.Options(4, false, Optional.of(FOLDER.resolve("pod-offload.tar"))));
        atFirst = NodeState.of(cluster);
    }

    @AfterAll
    static void stop() {
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    void theWebhookAnswersAndTheBinderBindsAndReleases() {
        cluster.useCni(CniMode.OTHER);

        Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("contained")), "Bound");

        assertThat(pod.getMetadata().getAnnotations()).containsKey("v1.multus-cni.io/default-network");
        assertThat(cluster.exec(pod, "ip", "-br", "address", "show", "net1")).contains(Pods.address(pod));
        cluster.delete(pod);
        assertAsAtFirst();
    }

    @Test
    void theBinderAdoptsWhatKubeOvnBound() {
        cluster.useCni(CniMode.KUBE_OVN);

        Pod pod = cluster.awaitBound(cluster.create(Pods.labelled("adopted")), "Adopted");

        cluster.delete(pod);
        assertAsAtFirst();
        assertThat(cluster.api().denied()).isEmpty();
    }

    @Test
    void itHasTheNameThatTheChartAsksFor() {
        JsonNode index = JsonMapper.shared()
                .readTree(Programs.run(
                        "tar", "-xOf", FOLDER.resolve("pod-offload.tar").toString(), "index.json"));

        assertThat(index.path("manifests")
                        .path(0)
                        .path("annotations")
                        .path("org.opencontainers.image.ref.name")
                        .asString())
                .isEqualTo(cluster.chart()
                        .one(Deployment.class, "pod-offload-webhook")
                        .getSpec()
                        .getTemplate()
                        .getSpec()
                        .getContainers()
                        .get(0)
                        .getImage());
    }

    private static void assertAsAtFirst() {
        Awaitility.await()
                .atMost(OneNode.SOON)
                .untilAsserted(() -> assertThat(NodeState.of(cluster)).isEqualTo(atFirst));
    }

    @Test
    void itIsSmallEnoughAndItsPartsAreNamed() throws Exception {
        JsonNode sbom = JsonMapper.shared().readTree(FOLDER.resolve("pod-offload.cdx.json"));

        assertThat(Files.size(FOLDER.resolve("pod-offload.tar"))).isLessThan(LARGEST);
        assertThat(sbom.path("components"))
                .extracting(component -> component.path("name").asString())
                .contains("jdk", "libc6", "spring-webflux", "kubernetes-client", "jnr-ffi", "bcprov-jdk18on");
        assertThat(sbom.path("components"))
                .filteredOn(component -> component.path("name").asString().equals("jdk"))
                .singleElement()
                .satisfies(jdk -> assertThat(
                                jdk.path("hashes").path(0).path("content").asString())
                        .hasSize(64));
        assertThat(Files.readString(FOLDER.resolve("pod-offload.provenance.json")))
                .contains(sbom.path("metadata")
                        .path("component")
                        .path("version")
                        .asString()
                        .replace("sha256:", ""));
    }
}
