package io.podoffload.binder.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import io.podoffload.binder.binding.Reason;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

@EnableKubernetesMockClient(crud = true, https = false)
@SuppressWarnings("NullAway.Init") // set before each test
class NodeReportTest {

    private static final int TOO_LONG = 900_000;

    KubernetesClient client;

    private String vfs(List<NodeReport.Vf> vfs) {
        client.resource(new NodeBuilder()
                        .withNewMetadata()
                        .withName("node1")
                        .endMetadata()
                        .build())
                .create();
        NodeReport report = new NodeReport(client, new ApiServer(), "pod-offload", "node1", JsonMapper.shared());
        report.write(new NodeReport.Contents(Map.of(), vfs, List.of()));
        ConfigMap written = client.configMaps()
                .inNamespace("pod-offload")
                .withName("pod-offload-node-node1")
                .require();
        return Objects.requireNonNull(written.getData().get("vfs"));
    }

    private static NodeReport.Vf vf(int number, int detail) {
        return new NodeReport.Vf(
                "0000:03:00." + number,
                "enp3s0f0",
                "enp3s0f0_" + number,
                Reason.Free,
                "Good",
                "x".repeat(detail),
                null,
                Instant.EPOCH,
                null,
                0);
    }

    /** A ConfigMap has 1 MiB at most, and what a pod wrote may be in a detail. */
    @Test
    void whatIsTooLongForItHidesNoOtherVf() {
        String vfs = vfs(List.of(vf(0, 10), vf(1, TOO_LONG), vf(2, 10)));

        assertThat(vfs.lines()).hasSize(3);
        assertThat(vfs)
                .contains("\"0000:03:00.0\"", "\"0000:03:00.2\"", "{\"left out\":1}")
                .doesNotContain("\"0000:03:00.1\"");
    }

    @Test
    void ofMoreVfsThanFitTheOthersAreCounted() {
        String vfs = vfs(
                IntStream.range(0, 2_000).mapToObj(number -> vf(number, 512)).toList());

        assertThat(vfs.length()).isLessThan(1_048_576);
        String last = vfs.lines().reduce((before, line) -> line).orElseThrow();
        long written = vfs.lines().count() - 1;
        assertThat(last).isEqualTo("{\"left out\":" + (2_000 - written) + "}");
    }
}
