package io.podoffload.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.podoffload.sim.JavaProgram;
import io.podoffload.sim.Programs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The two runnable jars as a person tries them first: certificates from the one, a review answered by the other. */
class StandaloneWebhookIT {

    private final Path project =
            Path.of(System.getProperty("project.root")).toAbsolutePath().normalize();

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @Test
    void certificatesFromTheCommandServeTheLabelOptInWithoutKubernetes() throws Exception {
        Programs.run(
                System.getProperty("java.home") + "/bin/java",
                "-jar",
                project.resolve("certs/target/certs.jar").toString(),
                "issue",
                "--service",
                "localhost",
                "--out",
                folder.toString());
        Path review = Files.writeString(folder.resolve("review.json"), """
                {"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview",
                 "request":{"uid":"u-1","kind":{"group":"","version":"v1","kind":"Pod"},"operation":"CREATE",
                  "object":{"metadata":{"labels":{"pod-offload.io/enabled":"true"}},
                            "spec":{"containers":[{"name":"c","resources":{}}]}}}}""");

        try (JavaProgram webhook = new JavaProgram(
                project.resolve("webhook/target/webhook.jar"),
                folder.resolve("webhook.log"),
                "ready on port",
                Map.of(),
                List.of(
                        "--spring.profiles.active=standalone",
                        "--server.port=9443",
                        "--pod-offload.tls.certificate=" + folder.resolve("tls.crt"),
                        "--pod-offload.tls.private-key=" + folder.resolve("tls.key")))) {
            webhook.awaitStarted();

            String answer = Programs.run(
                    "curl",
                    "--silent",
                    "--show-error",
                    "--fail",
                    "--cacert",
                    folder.resolve("ca.crt").toString(),
                    "--header",
                    "Content-Type: application/json",
                    "--data-binary",
                    "@" + review,
                    "https://localhost:9443/mutate");

            assertThat(answer).contains("\"uid\":\"u-1\"").contains("\"patchType\":\"JSONPatch\"");
        }
    }

    @Test
    void theBinderSaysWhichSettingIsMissing() {
        Path log = folder.resolve("binder.log");
        try (JavaProgram binder = new JavaProgram(
                project.resolve("node-binder/target/node-binder.jar"),
                log,
                "APPLICATION FAILED TO START",
                Map.of(),
                List.of("run"))) {
            binder.awaitStarted();
        }
        assertThat(log)
                .content()
                .contains("pod-offload.node-name is not set")
                .contains("POD_OFFLOAD_NODE_NAME from fieldRef spec.nodeName");
    }
}
