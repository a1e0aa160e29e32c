package io.podoffload.sim;

import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Runs the program of each Job that is created, and tells in the Job's status how it ended: controller and kubelet in one. */
public final class Jobs implements AutoCloseable {

    private final Map<String, String> printed = new ConcurrentHashMap<>();
    private final ExecutorService worker = Executors.newSingleThreadExecutor();
    private final KubernetesClient client;
    private final Path project;
    private final Function<PodSpec, Map<String, String>> environment;
    private final SharedIndexInformer<Job> informer;

    /**
     * @param project the jar that stands for the image lies under it
     * @param environment of a program with this pod's ServiceAccount, by which it finds the API server
     */
    public Jobs(KubernetesClient client, Path project, Function<PodSpec, Map<String, String>> environment) {
        this.client = client;
        this.project = project;
        this.environment = environment;
        informer = client.batch().v1().jobs().inAnyNamespace().inform(new ResourceEventHandler<>() {
            @Override
            public void onAdd(Job job) {
                if (job.getStatus() == null || job.getStatus().getConditions().isEmpty()) {
                    worker.execute(() -> run(job));
                }
            }

            @Override
            public void onUpdate(Job before, Job job) {}

            @Override
            public void onDelete(Job job, boolean finalStateUnknown) {}
        });
    }

    /** What a Job's program has printed; null while it has not ended. */
    public @Nullable String printed(String job) {
        return printed.get(job);
    }

    private void run(Job job) {
        PodSpec pod = job.getSpec().getTemplate().getSpec();
        String end;
        try {
            printed.put(job.getMetadata().getName(), Programs.run(environment.apply(pod), command(pod)));
            end = "Complete";
        } catch (IllegalStateException failed) {
            printed.put(job.getMetadata().getName(), failed.toString());
            end = "Failed";
        }
        client.resource(new JobBuilder(job)
                        .editOrNewStatus()
                        .withSucceeded(end.equals("Complete") ? 1 : 0)
                        .addNewCondition()
                        .withType(end)
                        .withStatus("True")
                        .endCondition()
                        .endStatus()
                        .build())
                .updateStatus();
    }

    /** The image's launcher takes the program from the first argument, {@code @uninstall}. */
    private String[] command(PodSpec pod) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-jar",
                project.resolve("webhook/target/webhook.jar").toString()));
        pod.getContainers().get(0).getArgs().forEach(argument -> command.add(argument.replaceFirst("^@", "")));
        return command.toArray(String[]::new);
    }

    @Override
    public void close() {
        informer.stop();
        worker.shutdownNow();
    }
}
