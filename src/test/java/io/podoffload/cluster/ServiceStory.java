package io.podoffload.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Services and their names from a pod that opted in: kube-proxy answers, and no load balancer of Kube-OVN. */
class ServiceStory {

    private static final String SERVED = """
            apiVersion: v1
            kind: Pod
            metadata: {name: %1$s, labels: {app: %1$s, pod-offload.io/enabled: "%2$s"}}
            spec:
              nodeSelector: {kubernetes.io/hostname: node1}
              terminationGracePeriodSeconds: 1
              containers:
                - name: main
                  image: docker.io/library/busybox:latest
                  imagePullPolicy: Never
                  command: [sh, -c, "mkdir /www && echo this is %1$s >/www/index.html && exec httpd -f -p 8080 -h /www"]
                  readinessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 1}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: %1$s}
            spec:
              selector: {app: %1$s}
              ports: [{port: 80, targetPort: 8080}]
            """;

    @BeforeAll
    static void serve() {
        Release.ensure();
        Cluster.apply(SERVED.formatted("fast", "true"));
        Cluster.apply(SERVED.formatted("slow", "false"));
        Cluster.apply(OptedIn.pod("client", "node2"));
        Cluster.kubectl("-n", "kube-system", "rollout", "status", "deployment/coredns", "--timeout=120s");
        Cluster.kubectl("wait", "--for=condition=Ready", "pod/fast", "pod/slow", "pod/client", "--timeout=120s");
    }

    @AfterAll
    static void remove() {
        Cluster.kubectl("delete", "service", "fast", "slow");
        Cluster.kubectl("delete", "pod", "fast", "slow", "client", "--wait");
        Agreement.awaitNothing();
    }

    @Test
    void itsClusterIpAnswersWithoutALoadBalancerOfKubeOvn() {
        assertThat(Cluster.get("subnet", "pod-offload-default")
                        .at("/spec/enableLb")
                        .asBoolean())
                .isFalse();
        assertThat(Cluster.run("ovn-nbctl", "--db=unix:/run/cluster/ovn/nb.sock", "ls-lb-list", "pod-offload-default"))
                .isEmpty();
        assertThat(Pods.bound(Cluster.get("pod", "client"))).isEqualTo("Adopted");

        for (String name : new String[] {"fast", "slow"}) {
            String address = Cluster.get("service", name).at("/spec/clusterIP").asString();
            awaitAnswer(address, name);
        }
    }

    @Test
    void itsNameIsFoundByTheDnsOfTheCluster() {
        for (String name : new String[] {"fast", "slow"}) {
            String address = Cluster.get("service", name).at("/spec/clusterIP").asString();
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .ignoreExceptions()
                    .untilAsserted(() -> assertThat(Cluster.kubectl(
                                    "exec", "client", "--", "nslookup", name + ".default.svc.cluster.local"))
                            .contains("Server:\t\t10.96.0.10", "Address: " + address));
        }
        assertThat(Cluster.kubectl("exec", "client", "--", "cat", "/etc/resolv.conf"))
                .contains("search default.svc.cluster.local", "nameserver 10.96.0.10");
    }

    /** kube-proxy follows EndpointSlices, a moment after pods are ready. */
    private static void awaitAnswer(String address, String name) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .ignoreExceptions()
                .untilAsserted(() -> assertThat(Cluster.kubectl(
                                "exec",
                                "client",
                                "--",
                                "timeout",
                                "3",
                                "wget",
                                "-q",
                                "-O",
                                "-",
                                "http://" + address + "/"))
                        .isEqualTo("this is " + name));
    }
}
