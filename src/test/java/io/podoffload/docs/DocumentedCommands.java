package io.podoffload.docs;

import static io.podoffload.docs.DocumentedCommand.endsWith;
import static io.podoffload.docs.DocumentedCommand.runs;

import io.podoffload.docs.DocPage.Command;
import io.podoffload.docs.DocumentedCommand.NotRun;
import io.podoffload.docs.DocumentedCommand.Serves;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** All command lines of the pages: what each prints on the simulated node, or why it is not run. */
public final class DocumentedCommands {

    private static final String IN_BINDER =
            "kubectl -n pod-offload exec daemonset/pod-offload-node-binder -- pod-offload";
    public static final String BINDER_JAR = "java -jar node-binder/target/node-binder.jar ";
    private static final NotRun NEEDS_A_REGISTRY = new NotRun("needs containerd, or a registry");
    private static final NotRun PART_OF_CI = new NotRun("takes minutes, and is a part of what .ci/run runs");

    /** By the text of the command on one line, without the comment that follows it. */
    private static final Map<String, DocumentedCommand> KNOWN = known();

    private static Map<String, DocumentedCommand> known() {
        Map<String, DocumentedCommand> known = new LinkedHashMap<>();
        known.put("dev/demo", PART_OF_CI);
        known.put("dev/demo --shell", new NotRun("needs a person; what is typed there is run"));
        known.put("dev/check", PART_OF_CI);
        known.put("dev/lab", PART_OF_CI);
        known.put("dev/cluster test", PART_OF_CI);
        for (String command : List.of("up", "down")) {
            known.put("dev/cluster " + command, new NotRun("dev/cluster test, a part of what .ci/run runs, does it"));
        }
        for (String command : List.of("bash", "node node1 bash")) {
            known.put("dev/cluster " + command, new NotRun("needs a person"));
        }
        known.put("dev/cluster churn --events 300 --seed 7", new NotRun("takes long; ChurnStory runs 25 events"));
        known.put("dev/image", new NotRun("the image that this test runs is made by it"));
        known.put(".ci/run", new NotRun("runs this test, in an empty Debian 12"));
        known.put(".ci/run --warm", new NotRun("runs this test, in an empty Debian 12"));
        known.put(".ci/run bash", new NotRun("needs a person"));
        known.put(
                "./mvnw -q package -DskipTests",
                new NotRun("would replace the jars under this test, which it has made before"));
        known.put(
                "ctr -n k8s.io images import --base-name ghcr.io/pod-offload/pod-offload pod-offload.tar",
                NEEDS_A_REGISTRY);
        known.put(
                "skopeo copy oci-archive:pod-offload.tar docker://registry.example.com/pod-offload:0.1.0",
                NEEDS_A_REGISTRY);
        known.put(
                "kubectl -n pod-offload port-forward deployment/pod-offload-webhook 8080",
                new NotRun("the simulated API server does not forward ports; PageIT asks the port itself"));

        known.put("java -jar certs/target/certs.jar issue --service localhost --out /tmp/certs", runs("/tmp/certs"));
        known.put(
                "java -jar certs/target/certs.jar issue --out /tmp/certs --namespace pod-offload", runs("/tmp/certs"));
        known.put(
                "java -jar certs/target/certs.jar verify --ca /tmp/certs/ca.crt --certificate /tmp/certs/tls.crt --key"
                        + " /tmp/certs/tls.key",
                runs());
        known.put(
                "java -jar certs/target/certs.jar inspect /tmp/certs/tls.crt",
                runs("pod-offload-webhook.pod-offload.svc"));
        known.put(
                "java -jar webhook/target/webhook.jar --spring.profiles.active=standalone --server.port=8443"
                        + " --pod-offload.tls.certificate=/tmp/certs/tls.crt --pod-offload.tls.private-key=/tmp/certs/tls.key",
                new Serves("ready on port 8443"));

        known.put(
                "helm install pod-offload charts/pod-offload --namespace pod-offload --create-namespace"
                        + " --set image.repository=registry.example.com/pod-offload"
                        + " --set kubeOvn.create=true --set kubeOvn.subnet.cidr=10.66.0.0/16",
                runs("STATUS: deployed"));
        known.put(
                "helm upgrade pod-offload charts/pod-offload --namespace pod-offload --reuse-values"
                        + " --set nodePreparation.enabled=true --set 'nodePreparation.pfs[0].netdev=enp1s0f0'"
                        + " --set 'nodePreparation.pfs[0].vfs=8' --set 'nodePreparation.pfs[0].eswitch=switchdev'"
                        + " --set 'nodePreparation.pfs[0].hwTcOffload=true'",
                runs("STATUS: deployed"));
        known.put(
                "helm upgrade pod-offload charts/pod-offload -n pod-offload --set certificates.mode=provided"
                        + " --set certificates.provided.secretName=mine"
                        + " --set-file certificates.provided.caBundle=/tmp/certs/ca.crt",
                runs("STATUS: deployed"));
        known.put(
                "helm install pod-offload charts/pod-offload -n pod-offload --create-namespace",
                runs("STATUS: deployed"));
        known.put(
                "helm install pod-offload charts/pod-offload -n pod-offload --create-namespace --set"
                        + " image.repository=registry.example.com/pod-offload",
                runs("STATUS: deployed"));
        known.put(
                "helm install pod-offload charts/pod-offload --namespace pod-offload --create-namespace"
                        + " --set image.repository=registry.example.com/pod-offload"
                        + " --set kubeOvn.create=true --set kubeOvn.subnet.cidr=10.66.0.0/16"
                        + " --set devicePlugin.configMap=true --set devicePlugin.daemonSet=true"
                        + " --set nodePreparation.enabled=true --set 'nodePreparation.pfs[0].netdev=enp3s0f0'"
                        + " --set 'nodePreparation.pfs[0].vfs=4' --set 'nodePreparation.pfs[0].eswitch=switchdev'"
                        + " --set 'nodePreparation.pfs[0].hwTcOffload=true'",
                runs("STATUS: deployed"));
        known.put("helm uninstall pod-offload --namespace pod-offload", runs());

        known.put("install -m 0755 node-binder/kubectl/kubectl-offload /usr/local/bin/kubectl-offload", runs());
        known.put("kubectl offload --help", runs("Usage:", "Exit codes:"));
        known.put("kubectl run fast --image=nginx --labels=pod-offload.io/enabled=true", runs("pod/fast created"));
        known.put(
                "kubectl wait --for=condition=pod-offload.io/bound pod/fast --timeout=60s",
                runs("pod/fast condition met"));
        known.put("kubectl run slow --image=nginx", runs("pod/slow created"));
        known.put("kubectl offload explain fast", endsWith(1, "✓ CNI ", "✗ representor "));
        known.put("kubectl offload explain slow", endsWith(1, "✗ admission    the pod does not opt in"));
        known.put("kubectl delete pod fast slow", runs("pod \"fast\" deleted", "pod \"slow\" deleted"));
        known.put("kubectl offload explain web", endsWith(1, "✓ admission", "✓ OVN ", "<- breaks here"));
        known.put("kubectl offload doctor", endsWith(1, "Cluster\n", "Node node1\n", "✗ HwOffloadUnset"));
        known.put("kubectl offload status", runs("node-binders  1 of 1 ready", "node1 "));
        known.put("kubectl offload vfs", runs("0000:03:00.2", "default/web"));
        known.put(IN_BINDER, runs("Usage: pod-offload"));
        known.put(IN_BINDER + " doctor", endsWith(1, "✗ HwOffloadUnset", "✓"));
        known.put(IN_BINDER + " inventory -o json", runs("\"node\" : \"node1\""));

        known.put(BINDER_JAR + "inventory", runs("PF 0000:03:00.0", "enp3s0f0", "0000:03:00.2"));
        known.put(
                BINDER_JAR + "prepare --plan '--pod-offload.prepare.pfs[0].netdev=enp3s0f0'"
                        + " '--pod-offload.prepare.pfs[0].vfs=4'",
                runs("PF 0000:03:00.0", "nothing to do"));
        known.put(
                BINDER_JAR
                        + "prepare '--pod-offload.prepare.pfs[0].netdev=enp3s0f0' '--pod-offload.prepare.pfs[0].vfs=4'",
                runs("PF 0000:03:00.0", "nothing to do"));
        known.put(
                BINDER_JAR + "prepare --plan '--pod-offload.prepare.pfs[0].netdev=enp3s0f0'"
                        + " '--pod-offload.prepare.pfs[0].vfs=4' '--pod-offload.prepare.pfs[0].eswitch=switchdev'",
                endsWith(1, "0000:03:00.0"));

        known.put(
                "kubectl -n pod-offload create secret tls mine --cert=/tmp/certs/tls.crt --key=/tmp/certs/tls.key",
                runs("secret/mine created"));
        known.put(
                "kubectl -n pod-offload rollout status deployment/pod-offload-webhook --timeout=120s",
                runs("deployment \"pod-offload-webhook\" successfully rolled out"));
        known.put(
                "kubectl -n pod-offload rollout status daemonset/pod-offload-node-binder --timeout=120s",
                runs("daemon set \"pod-offload-node-binder\" successfully rolled out"));
        known.put("kubectl apply -f - <<EOF", runs("pod/web created", "pod/client created"));
        known.put(
                "kubectl wait --for=condition=pod-offload.io/bound pod/web pod/client --timeout=60s",
                runs("pod/web condition met", "pod/client condition met"));
        known.put(
                "address=$(kubectl get pod web -o"
                        + " 'jsonpath={.metadata.annotations.default\\.default\\.ovn\\.kubernetes\\.io/ip_address}')",
                runs());
        known.put("kubectl exec client -- ping -c 60 -i 0.2 $address", runs("60 received, 0% packet loss"));
        known.put("kubectl wait --for=condition=pod-offload.io/offloaded=True pod/web --timeout=60s", endsWith(1));
        known.put("kubectl delete pod web client", runs("pod \"web\" deleted", "pod \"client\" deleted"));
        return known;
    }

    /** What is shown without a command before it, by how it begins: the command that prints it, or why it is not compared. */
    private static final Map<String, String> OUTPUT_OF = Map.of("✓ admission ", "kubectl offload explain web");

    private static final Set<String> NOT_COMPARED = Set.of(
            " kubectl apply            kube-ovn-controller", // a picture
            "   POD      PHASE "); // of dev/demo

    private DocumentedCommands() {}

    /** Null if it is not known. */
    public static @Nullable DocumentedCommand of(Command command) {
        return KNOWN.get(command.key());
    }

    /** Every one, by {@link Command#key()}. */
    public static Set<String> keys() {
        return KNOWN.keySet();
    }

    /** The command whose output is shown; empty if it is not compared. */
    public static Optional<String> printerOf(String shown) {
        return OUTPUT_OF.entrySet().stream()
                .filter(entry -> shown.startsWith(entry.getKey()))
                .map(Map.Entry::getValue)
                .findFirst();
    }

    /** Whether a test knows what this is. */
    public static boolean isKnownOutput(String shown) {
        return printerOf(shown).isPresent() || NOT_COMPARED.stream().anyMatch(shown::startsWith);
    }
}
