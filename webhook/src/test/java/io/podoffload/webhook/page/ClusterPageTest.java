package io.podoffload.webhook.page;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.podoffload.webhook.cluster.ReportedNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ClusterPageTest {

    private static ReportedNode report(String node, String vfs, String shares) {
        return ReportedNode.of(new ConfigMapBuilder()
                .withNewMetadata()
                .withName("pod-offload-node-" + node)
                .endMetadata()
                .withData(Map.of("vfs", vfs, "shares", shares))
                .build());
    }

    @Test
    void itShowsPfVfPodRepresentorAndWhereThePacketsRun() {
        String page = ClusterPage.html(List.of(report("n1", """
                {"pci":"0000:03:00.2","pf":"eth2","representor":"eth2_0","reason":"Bound","severity":"ok","detail":"fine",\
                "pod":"default/web","offload":"Offloaded","share":0.97}
                {"pci":"0000:03:00.3","pf":"eth2","representor":"eth2_1","reason":"StepFailed","severity":"bad","detail":"why"}
                """, "-1.000 0.500 0.970")));

        assertThat(page)
                .contains("Nodes: 1, VFs: 2. Held by pods: 1, waiting for something: 0, in need of somebody: 1.")
                .contains("Bound pods: 1 Offloaded.")
                .contains("<h3>eth2</h3>", "default/web", "eth2_0", "Offloaded, 97 % in the NIC", "StepFailed")
                .contains("97 % of the packets in the NIC when last seen.", "points=\"128,20 256,3\"")
                .contains("<details open>");
    }

    @Test
    void ofManyNodesOnlyThoseThatNeedSomebodyShowWhoHasWhatAtOnce() {
        String fine = """
                {"pci":"0000:03:00.2","reason":"Free","severity":"free"}""";
        List<ReportedNode> nodes = new ArrayList<>(IntStream.range(0, 20)
                .mapToObj(number -> report("n" + number, fine, ""))
                .toList());
        nodes.add(report("ill", fine.replace("\"free\"", "\"bad\""), ""));

        assertThat(ClusterPage.html(nodes).split("<details open>", -1)).hasSize(2);
    }

    @Test
    void withoutReportsItSaysWhatToCheck() {
        assertThat(ClusterPage.html(List.of())).contains("No node-binder has reported");
    }

    @Test
    void whatAReportSaysIsTextAndWhatItLacksDoesNoHarm() {
        String page = ClusterPage.html(List.of(report("<n>", """
                {"pci":"<script>","reason":"\\"x\\"","severity":"\\" onclick=","pod":"a&b"}
                not json
                {"left out":7}
                """, "many")));

        assertThat(page)
                .contains("&lt;n&gt;", "&lt;script&gt;", "a&amp;b", "PF unknown", "7 more VFs")
                .doesNotContain("<script>", "onclick=\"", "class=\"\"");
    }
}
