package io.podoffload.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What programs of a cluster rely on when their API server goes and comes back. */
class ApiServerTest {

    @Test
    void anInformerHearsOfEverythingAfterEachOutage() {
        Set<String> known = ConcurrentHashMap.newKeySet();
        try (ApiServer api = new ApiServer();
                KubernetesClient client = api.newClient()) {
            SharedIndexInformer<Pod> informer = client.pods()
                    .inAnyNamespace()
                    .inform(new ByUid(
                            pod -> known.add(pod.getMetadata().getName()),
                            pod -> {},
                            pod -> known.remove(pod.getMetadata().getName())));
            for (int number = 0; number < 5; number++) {
                int round = number;
                String name = "pod-" + round;
                Pod pod = api.client().resource(pod(name)).create();
                api.beginOutage();
                Awaitility.await().pollDelay(Duration.ofMillis(round * 50L)).until(() -> true);
                api.endOutage();
                api.client().resource(pod).withGracePeriod(0).delete();
                api.client().resource(pod("next-" + round)).create();

                Awaitility.await("round " + round)
                        .atMost(Duration.ofSeconds(20))
                        .untilAsserted(() ->
                                assertThat(known).contains("next-" + round).doesNotContain(name));
            }
            informer.stop();
        }
    }

    @Test
    void theObjectsOfAListDoNotSayWhatTheyAre() throws Exception {
        try (ApiServer api = new ApiServer()) {
            api.client().resource(pod("one")).create();

            HttpResponse<String> answer = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create(api.url() + "/api/v1/pods"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());

            JsonNode list = JsonMapper.shared().readTree(answer.body());
            assertThat(list.path("kind").asString()).isEqualTo("PodList");
            assertThat(list.path("items")).singleElement().satisfies(pod -> {
                assertThat(pod.has("kind")).isFalse();
                assertThat(pod.path("metadata").path("name").asString()).isEqualTo("one");
            });
        }
    }

    @Test
    void aWatchGetsNoDeletionBeforeItsVersion() throws Exception {
        List<String> gone = new CopyOnWriteArrayList<>();
        try (ApiServer api = new ApiServer()) {
            Pod earlier = api.client().resource(pod("one")).create();
            api.client().resource(earlier).withGracePeriod(0).delete();
            Pod later = api.client().resource(pod("one")).create();
            String version = api.client().pods().list().getMetadata().getResourceVersion();
            api.client().resource(later).withGracePeriod(0).delete();
            CountDownLatch deleted = new CountDownLatch(1);

            try (Watch watch = api.client()
                    .pods()
                    .inNamespace("default")
                    .watch(new ListOptionsBuilder().withResourceVersion(version).build(), new Watcher<Pod>() {
                        @Override
                        public void eventReceived(Action action, Pod pod) {
                            if (action == Action.DELETED) {
                                gone.add(pod.getMetadata().getUid());
                                deleted.countDown();
                            }
                        }

                        @Override
                        public void onClose(WatcherException cause) {}
                    })) {
                assertThat(deleted.await(10, TimeUnit.SECONDS)).isTrue();
            }
            assertThat(gone).containsExactly(later.getMetadata().getUid());
        }
    }

    @Test
    void aWatchIsNotToldOfTheEndOfAnObjectWhoseNamesakeIsThere() throws Exception {
        try (ApiServer api = new ApiServer()) {
            Pod before = new PodBuilder(pod("one"))
                    .withNewStatus()
                    .withPhase("Running")
                    .endStatus()
                    .build();
            api.client().resource(before).create();
            api.client().resource(before).withGracePeriod(0).delete();
            api.client().resource(pod("one")).create();
            List<Watcher.Action> told = new CopyOnWriteArrayList<>();
            CountDownLatch added = new CountDownLatch(1);

            try (Watch watch = api.client()
                    .pods()
                    .inNamespace("default")
                    .withName("one")
                    .watch(new Watcher<Pod>() {
                        @Override
                        public void eventReceived(Action action, Pod pod) {
                            told.add(action);
                            if (action == Action.ADDED) {
                                added.countDown();
                            }
                        }

                        @Override
                        public void onClose(WatcherException cause) {}
                    })) {
                assertThat(added.await(20, TimeUnit.SECONDS))
                        .as(watch.toString())
                        .isTrue();
            }

            assertThat(told).doesNotContain(Watcher.Action.DELETED);
        }
    }

    @Test
    void aWatchOfANodeIsToldOfTheEndOfAPodWhoseNamesakeHasNoNodeYet() throws Exception {
        try (ApiServer api = new ApiServer()) {
            Pod before = new PodBuilder(pod("one"))
                    .editOrNewSpec()
                    .withNodeName("node1")
                    .endSpec()
                    .build();
            api.client().resource(before).create();
            api.client().resource(before).withGracePeriod(0).delete();
            api.client().resource(pod("one")).create();
            CountDownLatch deleted = new CountDownLatch(1);

            try (Watch watch = api.client()
                    .pods()
                    .inNamespace("default")
                    .withField("spec.nodeName", "node1")
                    .watch(new Watcher<Pod>() {
                        @Override
                        public void eventReceived(Action action, Pod pod) {
                            if (action == Action.DELETED) {
                                deleted.countDown();
                            }
                        }

                        @Override
                        public void onClose(WatcherException cause) {}
                    })) {
                assertThat(deleted.await(20, TimeUnit.SECONDS))
                        .as(watch.toString())
                        .isTrue();
            }
        }
    }

    private static Pod pod(String name) {
        return new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace("default")
                .endMetadata()
                .withNewSpec()
                .endSpec()
                .build();
    }
}
