package io.podoffload.sim;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.KubernetesClientTimeoutException;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.PodResource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.certs.ServiceName;
import io.podoffload.chart.RenderedChart;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A cluster of one node, with the real webhook and the real node-binder running on it. It lives in the namespaces of this
 * JVM; one at a time.
 */
public final class SimulatedCluster implements AutoCloseable {

    public static final String NODE = "node1";

    private static final ServiceName WEBHOOK = new ServiceName("pod-offload-webhook", "pod-offload");
    private static final int WEBHOOK_PORT = 8443;
    private static final AtomicInteger LAST = new AtomicInteger();
    private static final int HAPPENS_WITHIN_SECONDS = 60;
    private static final int LAST_ATTEMPT = 5;

    private final Path directory = Path.of("/run/sim" + LAST.incrementAndGet());
    private final Path logs;
    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private final OpenVSwitch ovs;
    private final Ovn ovn;
    private final SimulatedNic nic;
    private final ApiServer api;
    private final SimulatedRuntime runtime;
    private final SimulatedKubelet kubelet;
    private final KubeOvnController controller;
    private final Path project;
    private final Options options;
    private final RenderedChart chart;
    private final Optional<ContainerImage> image;
    private @Nullable JavaProgram webhook;
    private @Nullable JavaProgram binder;

    /**
     * What may differ.
     *
     * @param vfs of the node's NIC
     * @param crashing whether the binder can be made to kill itself at a step, see {@link #crashAt}
     * @param image OCI archive that both programs run in, as containers; empty to run their jars
     * @param binder further settings of the binder
     * @param values further values of the chart, YAML
     */
    public record Options(int vfs, boolean crashing, Optional<Path> image, Map<String, String> binder, String values) {
        public static final Options DEFAULT = new Options(4, false);

        public Options(int vfs, boolean crashing) {
            this(vfs, crashing, Optional.empty());
        }

        public Options(int vfs, boolean crashing, Optional<Path> image) {
            this(vfs, crashing, image, Map.of(), "");
        }

        /** With these settings of the binder. */
        public Options with(Map<String, String> settings) {
            return new Options(vfs, crashing, image, settings, values);
        }

        /** With these values of the chart. */
        public Options withValues(String yaml) {
            return new Options(vfs, crashing, image, binder, yaml);
        }
    }

    /** Starts everything; the jars are those under {@code project}. */
    public SimulatedCluster(Path project, Path logs) {
        this(project, logs, Options.DEFAULT);
    }

    public SimulatedCluster(Path project, Path logs, Options options) {
        this.options = options;
        this.project = project;
        this.logs = logs;
        try {
            Files.createDirectories(directory.resolve("pod-resources"));
            Files.createDirectories(logs);
            api = started(new ApiServer());
            ClusterObjects.create(api.client(), NODE, "default", WEBHOOK.namespace());
            exposeWebhook();
            chart = RenderedChart.of(project, values());
            image = options.image().map(archive -> new ContainerImage(archive, directory.resolve("image")));
            api.install(chart.objects());
            api.executeBy(this::inContainer);
            webhook = launchWebhook(project);
            ovs = started(new OpenVSwitch(directory.resolve("ovs")));
            ovn = started(new Ovn(ovs, NODE));
            nic = started(new SimulatedNic(directory.resolve("sys"), options.vfs()));
            runtime = started(new SimulatedRuntime(directory, criSocket(), nic));
            KubernetesClient client = started(api.newClient());
            PlainCni plain = new PlainCni();
            KubeOvnCni kubeOvn = new KubeOvnCni(client, ovs, nic);
            kubelet = started(new SimulatedKubelet(
                    client,
                    NODE,
                    directory,
                    kubeletSocket(),
                    runtime,
                    Map.of(
                            CniMode.KUBE_OVN,
                            kubeOvn,
                            CniMode.KUBE_OVN_WITHOUT_DEVICE_ID,
                            new KubeOvnVethCni(client, ovs),
                            CniMode.KUBE_OVN_SECOND,
                            new SecondNetworkCni(plain, kubeOvn),
                            CniMode.OTHER,
                            plain),
                    nic.pciAddresses()));
            controller = started(new KubeOvnController(client, ovn));
            schedule(client);
            binder = launchBinder(project, Map.of());
            awaitWebhook();
            binder().awaitStarted();
            awaitAllVfsFree();
            if (image.isPresent()) {
                ProgramPods.create(api.client(), chart, NODE);
            }
        } catch (RuntimeException | IOException e) {
            close();
            throw e instanceof RuntimeException failure ? failure : new UncheckedIOException((IOException) e);
        }
    }

    private <T extends AutoCloseable> T started(T part) {
        parts.push(part);
        return part;
    }

    /** Name and address of the webhook's Service. */
    private void exposeWebhook() throws IOException {
        Files.writeString(
                Path.of("/etc/hosts"),
                "127.0.0.1 " + String.join(" ", WEBHOOK.dnsNames()) + "\n",
                StandardOpenOption.APPEND);
        api.exposeService(WEBHOOK.namespace(), WEBHOOK.service(), WEBHOOK_PORT);
    }

    /** Waits until it is ready, as the kubelet sees it: with a certificate that the API server trusts. */
    private void awaitWebhook() {
        webhook().awaitStarted();
        Awaitility.await()
                .atMost(Duration.ofSeconds(HAPPENS_WITHIN_SECONDS))
                .until(() -> JsonMapper.shared()
                        .readTree(ask(8080, "/actuator/health/readiness"))
                        .path("status")
                        .asString("")
                        .equals("UP"));
    }

    /**
     * Creates a Namespace with these labels, and returns when watchers have been told of it: the simulated API server tells
     * them nothing while it calls a webhook.
     */
    public void createNamespace(String name, Map<String, String> labels) {
        CountDownLatch told = new CountDownLatch(1);
        Watcher<Namespace> watcher = new Watcher<>() {
            @Override
            public void eventReceived(Action action, Namespace namespace) {
                told.countDown();
            }

            @Override
            public void onClose(WatcherException cause) {}
        };
        try (Watch watch = api.client().namespaces().withName(name).watch(watcher)) {
            api.client()
                    .resource(new NamespaceBuilder()
                            .withNewMetadata()
                            .withName(name)
                            .withLabels(labels)
                            .endMetadata()
                            .build())
                    .create();
            if (!told.await(HAPPENS_WITHIN_SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException("nobody was told of Namespace " + name + " by " + watch);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** The binder has noted what each VF is by itself; of one that a CNI takes before that nobody knows it here. */
    private void awaitAllVfsFree() {
        Awaitility.await().atMost(Duration.ofSeconds(HAPPENS_WITHIN_SECONDS)).until(() -> {
            JsonNode vfs = JsonMapper.shared().readTree(askBinder("/state")).path("vfs");
            return vfs.size() == nic.pciAddresses().size()
                    && vfs.valueStream()
                            .allMatch(vf -> vf.path("reason").asString().equals("Free"));
        });
    }

    /** Where this node has what the binder talks to. */
    private String values() {
        return "nodeBinder: {openvswitchRunDir: %s, criSocket: %s, kubeletDir: %s}"
                        .formatted(directory.resolve("ovs"), criSocket(), directory)
                + "\n" + options.values();
    }

    private JavaProgram launchWebhook(Path project) {
        PodSpec pod = chart.one(Deployment.class, WEBHOOK.service())
                .getSpec()
                .getTemplate()
                .getSpec();
        Path policy = policyFile();
        if (image.isPresent()) {
            return new JavaProgram(
                    image.get()
                            .run(
                                    "webhook",
                                    pod,
                                    new Settings(pod, NODE)
                                            .with("pod-offload.drain", "1s")
                                            .arguments(),
                                    toApiServer(pod),
                                    Map.of("policy", policy.getParent())),
                    logs.resolve("webhook.log"),
                    "ready on port",
                    Map.of());
        }
        return new JavaProgram(
                project.resolve("webhook/target/webhook.jar"),
                logs.resolve("webhook.log"),
                "ready on port",
                toApiServer(pod),
                new Settings(pod, NODE)
                        .with("pod-offload.policy-file", policy)
                        .with("pod-offload.drain", "1s")
                        .with("logging.level.io.podoffload", "debug")
                        .arguments());
    }

    /** Where the ConfigMap is mounted. */
    private Path policyFile() {
        try {
            return Files.writeString(
                    Files.createDirectories(directory.resolve("policy")).resolve("policy.yaml"),
                    chart.one(ConfigMap.class, "pod-offload-policy").getData().get("policy.yaml"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Map<String, String> toApiServer(PodSpec pod) {
        return api.asServiceAccount(WEBHOOK.namespace(), pod.getServiceAccountName());
    }

    /** Puts each new pod on the one node, as the scheduler's binding does. */
    private void schedule(KubernetesClient client) {
        SharedIndexInformer<Pod> informer =
                client.pods().inAnyNamespace().inform(new ByUid(pod -> schedule(client, pod), pod -> {}, pod -> {}));
        parts.push(informer::stop);
    }

    private static void schedule(KubernetesClient client, Pod pod) {
        if (pod.getSpec().getNodeName() == null) {
            try {
                client.pods()
                        .inNamespace(pod.getMetadata().getNamespace())
                        .withName(pod.getMetadata().getName())
                        .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":{\"nodeName\":\"" + NODE + "\"}}");
            } catch (KubernetesClientException e) {
                LoggerFactory.getLogger(SimulatedCluster.class)
                        .debug(
                                "{} went before it was scheduled",
                                pod.getMetadata().getName(),
                                e);
            }
        }
    }

    private JavaProgram launchBinder(Path project, Map<String, String> more) {
        if (image.isPresent()) {
            PodSpec pod = binderPod();
            return new JavaProgram(
                    image.get()
                            .run(
                                    "node-binder",
                                    pod,
                                    List.of(),
                                    environment(pod, new Settings(pod, NODE)),
                                    Map.of("sys", nic.sysfs())),
                    logs.resolve("node-binder.log"),
                    "looking after the VFs",
                    Map.of());
        }
        Path jar = project.resolve("node-binder/target/node-binder.jar");
        List<String> launch = options.crashing()
                ? List.of(
                        "-Dcrash.file=" + crashFile(),
                        "-Dlogging.config=classpath:crashing-binder-logback.xml",
                        "-cp",
                        extracted(jar) + ":" + project.resolve("target/test-classes"),
                        CrashingBinder.class.getName())
                : List.of("-jar", jar.toString(), "run");
        Settings settings = binderSettings();
        more.forEach(settings::with);
        return new JavaProgram(
                withCapabilities(binderCapabilities()),
                launch,
                jar,
                logs.resolve("node-binder.log"),
                "looking after the VFs",
                environment(binderPod(), settings),
                List.of());
    }

    private PodSpec binderPod() {
        return chart.one(DaemonSet.class, "pod-offload-node-binder")
                .getSpec()
                .getTemplate()
                .getSpec();
    }

    /** Those that the DaemonSet asks for; docs/node-binder.md says what each is for, and how it was found. */
    private List<String> binderCapabilities() {
        String others = System.getenv("BINDER_CAPABILITIES");
        return others != null
                ? List.of(others.split(","))
                : binderPod().getContainers().get(0).getSecurityContext().getCapabilities().getAdd().stream()
                        .map(name -> name.toLowerCase(Locale.ROOT))
                        .toList();
    }

    /** {@code setpriv} as a container runtime would: these capabilities and no others, whoever it runs as. */
    private static List<String> withCapabilities(List<String> capabilities) {
        String all = capabilities.stream().map(name -> ",+" + name).collect(Collectors.joining());
        return List.of("setpriv", "--bounding-set=-all" + all, "--inh-caps=-all" + all, "--");
    }

    private Settings binderSettings() {
        Settings settings = new Settings(binderPod(), NODE)
                .with("pod-offload.command-socket", commandSocket())
                .with("pod-offload.sysfs", nic.sysfs())
                .with("pod-offload.kubelet-socket", kubeletSocket())
                .with("pod-offload.cri-socket", criSocket())
                .with("pod-offload.ovsdb-socket", ovs.socket())
                .with("pod-offload.network-manager", directory.resolve("network-manager"))
                .with("pod-offload.proof", "1h") // the tests that look at it say how often
                .with("logging.level.io.podoffload", "debug");
        if (chart.objects().stream()
                .anyMatch(object -> object.getMetadata().getName().equals("pod-offload-preparation"))) {
            settings.with("spring.config.additional-location", preparationFile())
                    .with("pod-offload.prepare.udev-rules", directory.resolve("udev-rules"));
        }
        options.binder().forEach(settings::with);
        return settings;
    }

    /** Where the ConfigMap is mounted. */
    private Path preparationFile() {
        try {
            return Files.writeString(
                    directory.resolve("preparation.yaml"),
                    chart.one(ConfigMap.class, "pod-offload-preparation")
                            .getData()
                            .get("preparation.yaml"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Folder in which NetworkManager would keep its files. */
    public Path networkManager() {
        return directory.resolve("network-manager");
    }

    /**
     * What a command printed, and how it ended.
     *
     * @param text the standard output
     * @param error the standard error
     */
    public record Printed(int exitCode, String text, String error) {}

    /** Runs a command of the binder's program as a person with all rights would, on the node. */
    public Printed runBinderCommand(String... command) {
        return runBinderCommand(
                Map.of(
                        "KUBERNETES_MASTER", api.url(),
                        "KUBERNETES_AUTH_TRYKUBECONFIG", "false",
                        "KUBERNETES_AUTH_TRYSERVICEACCOUNT", "false"),
                command);
    }

    /** Runs a command of the binder's program with the rights of one of the chart's accounts. */
    public Printed runBinderCommandAs(String serviceAccount, String... command) {
        return runBinderCommand(api.asServiceAccount(WEBHOOK.namespace(), serviceAccount), command);
    }

    private Printed runBinderCommand(Map<String, String> toApiServer, String... command) {
        List<String> line = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-jar",
                extracted(project.resolve("node-binder/target/node-binder.jar")).toString()));
        line.addAll(List.of(command));
        Map<String, String> environment = new HashMap<>(toApiServer);
        environment.putAll(nodeVariables());
        return printed(line, environment);
    }

    /** Variables by which the binder's program finds its way on this node, which has nothing where a real one has it. */
    public Map<String, String> nodeVariables() {
        Map<String, String> variables = new HashMap<>(binderSettings().environment());
        variables.put("POD_OFFLOAD_COMMAND_SOCKET", commandSocket().toString());
        return variables;
    }

    /** Runs a command in the binder's container, as {@code kubectl exec} does. */
    public Printed execInBinder(String... command) {
        return printed(image.orElseThrow().exec("node-binder", List.of(command)), Map.of());
    }

    /** By crun in a container of the image; by entering its network namespace in a container that has no image here. */
    private List<String> inContainer(ExecRequest exec) {
        Pod pod = api.client()
                .pods()
                .inNamespace(exec.namespace())
                .withName(exec.pod())
                .get();
        if (ProgramPods.is(pod)) {
            if (!NODE.equals(pod.getSpec().getNodeName())) {
                throw new IllegalStateException("no container of pod " + exec.pod() + " runs here");
            }
            return image.orElseThrow().exec(pod.getSpec().getContainers().get(0).getName(), exec.command());
        }
        List<String> command = new ArrayList<>(List.of("nsenter", "--net=" + netns(pod), "--"));
        command.addAll(exec.command());
        return command;
    }

    private static Printed printed(List<String> command, Map<String, String> environment) {
        Programs.Ended ended = Programs.end(environment, command);
        return new Printed(ended.exitCode(), ended.output(), ended.error());
    }

    private Map<String, String> environment(PodSpec pod, Settings settings) {
        Map<String, String> environment = new HashMap<>(toApiServer(pod));
        environment.putAll(settings.environment());
        return environment;
    }

    /** The unix socket by which the binder answers commands. */
    public Path commandSocket() {
        return directory.resolve("commands/binder.sock");
    }

    /** The jar as the image has it, its libraries beside it: it starts in half the time. */
    private Path extracted(Path jar) {
        Path folder = directory.resolve("binder");
        if (!Files.exists(folder)) {
            Programs.run(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Djarmode=tools",
                    "-jar",
                    jar.toString(),
                    "extract",
                    "--destination",
                    folder.toString());
        }
        return folder.resolve(jar.getFileName());
    }

    private Path crashFile() {
        return directory.resolve("crash");
    }

    private JavaProgram webhook() {
        return Objects.requireNonNull(webhook);
    }

    private JavaProgram binder() {
        return Objects.requireNonNull(binder);
    }

    private Path kubeletSocket() {
        return directory.resolve("pod-resources/kubelet.sock");
    }

    private Path criSocket() {
        return directory.resolve("cri.sock");
    }

    public OpenVSwitch ovs() {
        return ovs;
    }

    public Ovn ovn() {
        return ovn;
    }

    public SimulatedNic nic() {
        return nic;
    }

    public KubernetesClient client() {
        return api.client();
    }

    /** Sandboxes made from now on get this CNI. */
    public void useCni(CniMode mode) {
        kubelet.useCni(mode);
    }

    /** SIGKILL to the binder. */
    public void killBinder() {
        binder().kill();
    }

    /** SIGTERM to the binder. */
    public void stopBinder() {
        binder().close();
    }

    public void startBinder() {
        startBinder(Map.of());
    }

    /** @param settings for this one life of the binder, by property */
    public void startBinder(Map<String, String> settings) {
        binder = launchBinder(project, settings).awaitStarted();
    }

    /**
     * Lets the binder kill itself by SIGKILL when it next comes to {@code point}: the name of a verb of NodeNetwork, and
     * {@code :before} or {@code :after} it.
     */
    public void crashAt(String point) {
        try {
            Files.writeString(crashFile(), point);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until the binder has killed itself. */
    public void awaitCrash() {
        binder().awaitEnd();
        if (Files.exists(crashFile())) {
            throw new IllegalStateException("the binder ended before it came to the point");
        }
    }

    /** What the binder serves at {@code path} of its port. */
    public String askBinder(String path) {
        return ask(8081, path);
    }

    /** What a program of the cluster serves at {@code path} of {@code port}. */
    public String ask(int port, String path) {
        return Programs.run("curl", "-sS", "http://127.0.0.1:" + port + path);
    }

    /** Lets something happen as if pod-offload's webhook had not been installed yet. */
    public void withoutWebhooks(Runnable story) {
        var configurations = api.client().admissionRegistration().v1().mutatingWebhookConfigurations();
        List<MutatingWebhookConfiguration> before = configurations.list().getItems();
        before.forEach(
                one -> configurations.withName(one.getMetadata().getName()).delete());
        try {
            story.run();
        } finally {
            before.forEach(one -> {
                one.getMetadata().setResourceVersion(null);
                one.getMetadata().setUid(null);
                api.client().resource(one).create();
            });
        }
    }

    /** A second binder beside the first, as when two DaemonSets were installed; the caller closes it. */
    public JavaProgram startSecondBinder() {
        return launchSecondBinder().awaitStarted();
    }

    /** As {@link #startSecondBinder()}, and does not wait. */
    public JavaProgram launchSecondBinder() {
        return new JavaProgram(
                project.resolve("node-binder/target/node-binder.jar"),
                logs.resolve("node-binder-2.log"),
                "looking after the VFs",
                environment(binderPod(), binderSettings().with("server.port", 8082)),
                List.of("run"));
    }

    /** SIGTERM to the webhook. */
    public void stopWebhook() {
        webhook().close();
    }

    public void startWebhook() {
        webhook = launchWebhook(project);
        awaitWebhook();
    }

    /** Creates the pod as a user does. */
    public Pod create(Pod pod) {
        return create(pod, "default");
    }

    /**
     * Creates the pod in another Namespace, again where the webhook does not know that yet, as controllers do. The simulated
     * API server tells watchers nothing while it calls a webhook, so waiting there does not always help.
     */
    public Pod create(Pod pod, String namespace) {
        for (int attempt = 1; ; attempt++) {
            try {
                return api.client().resource(pod).inNamespace(namespace).create();
            } catch (KubernetesClientException refused) {
                if (attempt == LAST_ATTEMPT
                        || !String.valueOf(refused.getMessage()).contains("is not known yet")) {
                    throw refused;
                }
            }
        }
    }

    /** Waits until the pod is what {@code condition} says. */
    public Pod await(Pod pod, Predicate<Pod> condition) {
        PodResource named = api.client()
                .pods()
                .inNamespace(pod.getMetadata().getNamespace())
                .withName(pod.getMetadata().getName());
        try {
            return named.waitUntilCondition(
                    now -> now != null && condition.test(now), HAPPENS_WITHIN_SECONDS, TimeUnit.SECONDS);
        } catch (KubernetesClientTimeoutException e) {
            Pod now = named.get();
            throw new AssertionError(
                    String.join(
                            "\n",
                            e.getMessage(),
                            now == null ? "there is no such pod" : Serialization.asYaml(now),
                            podsAndSandboxes(),
                            whatTheBinderSays()),
                    e);
        }
    }

    private String whatTheBinderSays() {
        JavaProgram running = binder;
        if (running == null) {
            return "the binder does not run";
        }
        running.dumpThreads(); // into its log
        try {
            return askBinder("/state");
        } catch (Programs.ProgramFailed e) {
            return String.valueOf(e.getMessage());
        }
    }

    /** Waits until the binder reports one of these reasons in the condition {@code pod-offload.io/bound}. */
    public Pod awaitBound(Pod pod, String... reasons) {
        return await(
                pod,
                now -> bound(now)
                        .map(PodCondition::getReason)
                        .filter(List.of(reasons)::contains)
                        .isPresent());
    }

    /** The condition {@code pod-offload.io/bound}. */
    public static Optional<PodCondition> bound(Pod pod) {
        return pod.getStatus() == null || pod.getStatus().getConditions() == null
                ? Optional.empty()
                : pod.getStatus().getConditions().stream()
                        .filter(condition -> condition.getType().equals("pod-offload.io/bound"))
                        .findFirst();
    }

    /** Deletes the pod with the usual grace, and waits until its object is gone. */
    public void delete(Pod pod) {
        var resource = api.client()
                .pods()
                .inNamespace(pod.getMetadata().getNamespace())
                .withName(pod.getMetadata().getName());
        resource.delete();
        resource.waitUntilCondition(Objects::isNull, HAPPENS_WITHIN_SECONDS, TimeUnit.SECONDS);
    }

    /** Deletes the object at once, as {@code kubectl delete --force} does; the kubelet takes the pod down afterwards. */
    public void forceDelete(Pod pod) {
        api.client()
                .pods()
                .inNamespace(pod.getMetadata().getNamespace())
                .withName(pod.getMetadata().getName())
                .withGracePeriod(0)
                .delete();
    }

    /** Deletes the pod with the usual grace, and does not wait. */
    public void beginDelete(Pod pod) {
        api.client()
                .pods()
                .inNamespace(pod.getMetadata().getNamespace())
                .withName(pod.getMetadata().getName())
                .delete();
    }

    /** The pod's network namespace dies under its running sandbox. */
    public void destroyNamespace(Pod pod) {
        kubelet.destroyNamespace(pod.getMetadata().getUid());
    }

    /** The kubelet restarts: its socket goes and comes back. */
    public void restartKubeletSocket() {
        kubelet.restartSocket();
    }

    /** Lets something happen while the kubelet answers nobody. */
    public void withoutKubeletSocket(Runnable story) {
        kubelet.withoutSocket(story);
    }

    /** Lets something happen while the container runtime answers nobody. */
    public void withoutRuntimeSocket(Runnable story) {
        runtime.withoutSocket(story);
    }

    /** How often the kubelet's PodResources was asked, and how often it refused because that was too often. */
    public record KubeletCalls(int made, int refused) {}

    public KubeletCalls kubeletCalls() {
        return new KubeletCalls(kubelet.limit().calls(), kubelet.limit().refused());
    }

    /** Lets something happen while the kubelet takes calls and answers none. */
    public void whileKubeletHangs(Runnable story) {
        kubelet.limit().hang(true);
        try {
            story.run();
        } finally {
            kubelet.limit().hang(false);
        }
    }

    /** Another client uses up what the kubelet allows of calls, for a tenth of a second. */
    public void exhaustKubelet() {
        kubelet.limit().exhaust();
    }

    /** What the binder has printed since it started. */
    public String binderLog() {
        return binder().printed();
    }

    /** Whether the kubelet has PodResources Get, as from Kubernetes 1.34 on. */
    public void letKubeletKnowGet(boolean known) {
        kubelet.knowGet(known);
    }

    /** Whether the kubelet answers as if it knew of no pod. */
    public void letKubeletHidePods(boolean hidden) {
        kubelet.hidePods(hidden);
    }

    /** Lets something happen while the kubelet has given the VF to a pod of which the API server has not told the binder yet. */
    public void whileAllottedToUnknown(PciAddress vf, Runnable story) {
        kubelet.allotToUnknown(vf);
        try {
            story.run();
        } finally {
            kubelet.allotToUnknown(null);
        }
    }

    /** The kubelet follows nothing until {@link #resumeKubelet()}: pods stay what they are, whatever becomes of their objects. */
    public void stallKubelet() {
        kubelet.stall();
    }

    public void resumeKubelet() {
        kubelet.resume();
    }

    /** Whether namespaces that die linger, as those that something pins, so that their VFs do not come home. */
    public void letNamespacesLinger(boolean linger) {
        runtime.letNamespacesLinger(linger);
    }

    /** The pod comes to its end, as a Job's does: its object stays, and the kubelet goes on to list its devices. */
    public void finish(Pod pod) {
        kubelet.finish(pod.getMetadata().getUid());
    }

    /** Whether the CNI's DEL is called; it is not while Multus is gone. */
    public void letCniDelRun(boolean run) {
        runtime.callDel(run);
    }

    /** Whether Kube-OVN allots an IPv6 address beside the IPv4 one to pods from now on. */
    public void useDualStack(boolean dualStack) {
        controller.useDualStack(dualStack);
    }

    /** Whether the container runtime streams events. */
    public void letRuntimeStreamEvents(boolean stream) {
        runtime.streamEvents(stream);
    }

    public void makeSubnet(String name, Map<String, Object> spec) {
        makeSubnet(name, spec, Map.of());
    }

    public void makeSubnet(String name, Map<String, Object> spec, Map<String, Object> status) {
        Subnets.create(api.client(), name, Map.of("spec", spec, "status", status));
    }

    public void deleteSubnet(String name) {
        Subnets.delete(api.client(), name);
    }

    /** As {@code kubectl annotate --overwrite} does. */
    public void annotate(Pod pod, String key, String value) {
        client().pods()
                .inNamespace(pod.getMetadata().getNamespace())
                .withName(pod.getMetadata().getName())
                .patch(PatchContext.of(PatchType.JSON_MERGE), annotation(key, value));
    }

    public void annotateNode(String key, String value) {
        client().nodes().withName(NODE).patch(PatchContext.of(PatchType.JSON_MERGE), annotation(key, value));
    }

    private static String annotation(String key, String value) {
        return JsonMapper.shared().writeValueAsString(Map.of("metadata", Map.of("annotations", Map.of(key, value))));
    }

    /** What the container runtime says that it is. */
    public void letRuntimeBe(String name, String version) {
        runtime.be(name, version);
    }

    /** How many listen to the container runtime's events; the simulated kubelet does not. */
    public int runtimeListeners() {
        return runtime.listeners();
    }

    /** Lets something happen while a list of all sandboxes is larger than the runtime may send. */
    public void whileRuntimeCannotListAll(Runnable story) {
        runtime.listAll(false);
        try {
            story.run();
        } finally {
            runtime.listAll(true);
        }
    }

    /** Lets something happen while the runtime does not say which network namespace a sandbox has. */
    public void whileRuntimeTellsNoNamespace(Runnable story) {
        runtime.tellNamespaces(false);
        try {
            story.run();
        } finally {
            runtime.tellNamespaces(true);
        }
    }

    /** The API server refuses everything, and its watches end, until {@link #endApiOutage()}. */
    public void beginApiOutage() {
        api.beginOutage();
    }

    public void endApiOutage() {
        api.endOutage();
    }

    /** What kube-ovn-cni's garbage collector does each minute. */
    public void collectGarbageAsKubeOvn() {
        new KubeOvnGarbageCollector(ovs, api.client()).collect(false);
    }

    /** The same, by one that would not delete the ports of virtual machines. */
    public void collectGarbageButOfMachines() {
        new KubeOvnGarbageCollector(ovs, api.client()).collect(true);
    }

    /** The pods that the kubelet runs and the sandboxes that the runtime lists, a line each. */
    public String podsAndSandboxes() {
        return kubelet.toString() + runtime;
    }

    /** Whether the kubelet has the VF, which nobody holds now, for pods. */
    public void offer(PciAddress vf, boolean offered) {
        kubelet.offer(vf, offered);
    }

    /** PCI address of the VF that the kubelet allotted to the pod. */
    public String vfOf(Pod pod) {
        return kubelet.vfOf(pod.getMetadata().getUid());
    }

    /** Path of the pod's network namespace. */
    public String netns(Pod pod) {
        return kubelet.netns(pod.getMetadata().getUid());
    }

    /** Runs a program in the pod's network namespace. */
    public String exec(Pod pod, String... command) {
        return Programs.runIn(netns(pod), command);
    }

    /** Makes a new sandbox for the pod, and waits for it. */
    public void restartSandbox(Pod pod) {
        kubelet.restartSandbox(pod.getMetadata().getUid())
                .orTimeout(HAPPENS_WITHIN_SECONDS, TimeUnit.SECONDS)
                .join();
    }

    /** Runs the hook that comes before the release goes, with its own permissions; returns what it prints. */
    public String runUninstallHook() {
        List<HasMetadata> hooks = chart.hooks("pre-delete");
        try (Jobs jobs = new Jobs(api.client(), project, this::toApiServer)) {
            api.install(hooks);
            return Awaitility.await()
                    .atMost(Duration.ofSeconds(HAPPENS_WITHIN_SECONDS))
                    .until(() -> jobs.printed("pod-offload-uninstall"), Objects::nonNull);
        } finally {
            hooks.forEach(hook -> api.client().resource(hook).delete());
        }
    }

    public ApiServer api() {
        return api;
    }

    public RenderedChart chart() {
        return chart;
    }

    @Override
    public void close() {
        for (JavaProgram program : new JavaProgram[] {binder, webhook}) {
            if (program != null) {
                program.close();
            }
        }
        while (!parts.isEmpty()) {
            try {
                parts.pop().close();
            } catch (Exception e) {
                LoggerFactory.getLogger(getClass()).warn("while stopping", e);
            }
        }
        keepLogs();
    }

    /** The daemons log where they run, which is gone with this JVM. */
    private void keepLogs() {
        Path from = directory.resolve("ovs");
        if (!Files.isDirectory(from)) {
            return;
        }
        try (var files = Files.list(from)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".log")).toList()) {
                Files.copy(file, logs.resolve(file.getFileName()), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
