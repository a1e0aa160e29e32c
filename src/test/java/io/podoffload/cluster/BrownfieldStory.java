package io.podoffload.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.podoffload.sim.Programs;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Pods that somebody gave VFs by hand, as Kube-OVN's page on Mellanox NICs describes it, before there is a pod-offload. */
class BrownfieldStory {

    private static final String NETWORKS = """
            apiVersion: k8s.cni.cncf.io/v1
            kind: NetworkAttachmentDefinition
            metadata:
              name: default
              namespace: default
              annotations: {k8s.v1.cni.cncf.io/resourceName: mellanox.com/cx5_sriov_switchdev}
            spec:
              config: '{"cniVersion": "0.3.1", "name": "kube-ovn", "plugins": [{"type": "kube-ovn",
                "server_socket": "/run/openvswitch/kube-ovn-daemon.sock", "provider": "default.default.ovn"}]}'
            ---
            apiVersion: kubeovn.io/v1
            kind: Subnet
            metadata: {name: by-hand}
            spec: {protocol: IPv4, cidrBlock: 10.67.0.0/16, provider: default.default.ovn, enableLb: false}
            """;

    @BeforeAll
    static void takeTheReleaseAway() {
        Release.ensure();
        Cluster.run("helm", "uninstall", "pod-offload", "--namespace", Release.NAMESPACE);
        Cluster.kubectl("-n", Release.NAMESPACE, "wait", "--for=delete", "pod", "--all", "--timeout=120s");
        Cluster.kubectl("delete", "network-attachment-definition", "default");
        Cluster.kubectl("delete", "subnet", "pod-offload-default");
        Cluster.apply(NETWORKS);
    }

    @AfterAll
    static void bringTheReleaseBack() {
        Cluster.kubectl("delete", "pod", "--all", "--wait");
        Cluster.kubectl("delete", "network-attachment-definition", "default");
        Cluster.kubectl("delete", "subnet", "by-hand");
        Release.ensure();
    }

    private static String pod(String name, String node) {
        return """
                apiVersion: v1
                kind: Pod
                metadata:
                  name: %s
                  annotations: {v1.multus-cni.io/default-network: default/default}
                spec:
                  nodeSelector: {kubernetes.io/hostname: %s}
                  terminationGracePeriodSeconds: 5
                  containers:
                    - name: main
                      image: docker.io/library/busybox:latest
                      imagePullPolicy: Never
                      command: [sleep, "100000"]
                      resources:
                        requests: {mellanox.com/cx5_sriov_switchdev: "1"}
                        limits: {mellanox.com/cx5_sriov_switchdev: "1"}
                """.formatted(name, node);
    }

    @Test
    void theyTalkOnAreAdoptedAndExplained() {
        Map<String, List<Vfs.Vf>> before = Map.of("node1", Vfs.of("node1"), "node2", Vfs.of("node2"));
        Cluster.apply(pod("web", "node1"));
        Cluster.apply(pod("client", "node2"));
        Cluster.kubectl("wait", "--for=condition=Ready", "pod/web", "pod/client", "--timeout=120s");
        Ping ping = Ping.from("client", Pods.address(Cluster.get("pod", "web")));

        Cluster.run(
                "helm",
                "install",
                "pod-offload",
                Cluster.PROJECT.resolve("charts/pod-offload").toString(),
                "--namespace",
                Release.NAMESPACE,
                "--create-namespace");
        Release.awaitReady();
        Cluster.kubectl("wait", "--for=condition=pod-offload.io/bound", "pod/web", "pod/client", "--timeout=60s");

        for (String name : List.of("web", "client")) {
            assertThat(Pods.bound(Cluster.get("pod", name))).isEqualTo("Adopted");
            Programs.Ended explained = Programs.end(Map.of(), List.of("kubectl", "offload", "explain", name));
            assertThat(explained.error()).isEmpty();
            assertThat(explained.output())
                    .contains("✓ admission    the pod names a default network and requests a VF")
                    .contains("✓ CNI          Adopted: ")
                    .contains("✓ OVN          ovn-controller has installed the flows of " + name + ".default.");
        }
        Ping.Losses losses = ping.losses();
        System.out.printf("brownfield: %d of %d packets lost by helm install%n", losses.lost(), losses.sent());
        assertThat(losses.interrupted()).isFalse();

        Cluster.kubectl("delete", "pod", "web", "client", "--wait");
        before.forEach(Vfs::awaitSame);
    }
}
