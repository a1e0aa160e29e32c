package io.podoffload.binder.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.podoffload.binder.binding.InterfaceAddress;
import io.podoffload.binder.binding.PodNetwork;
import io.podoffload.binder.binding.PodNetwork.DefaultRoute;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

@EnableKubernetesMockClient(https = false)
@SuppressWarnings("NullAway.Init") // set before each test
class SubnetsTest {

    private static final Runnable NOTHING = () -> {};
    private static final String PATH = "/apis/kubeovn.io/v1/subnets/web";

    KubernetesMockServer server;
    KubernetesClient client;

    private final AtomicLong now = new AtomicLong();
    private Subnets subnets;

    @BeforeEach
    void open() {
        subnets = new Subnets(client, new ApiServer(), now::get);
    }

    @AfterEach
    void close() {
        subnets.close();
    }

    private void answer(int mtu) {
        server.expect()
                .get()
                .withPath(PATH)
                .andReturn(200, "{\"spec\":{\"mtu\":" + mtu + "}}")
                .once();
    }

    @Test
    void nothingIsKnownBeforeTheApiServerAnswersAndThenWhoAskedIsCalled() {
        answer(1400);
        AtomicInteger calls = new AtomicInteger();

        assertThat(subnets.get("web", calls::incrementAndGet)).isEmpty();

        Awaitility.await().untilAtomic(calls, equalTo(1));
        assertThat(get("web").orElseThrow().mtu()).hasValue(1400);
    }

    /** What is bound with the wrong MTU stays so for as long as its sandbox runs. */
    @Test
    void anApiServerThatIsAwaySaysNothingAndIsAskedAgain() {
        KubernetesClient once = new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder(client.getConfiguration())
                        .withRequestRetryBackoffLimit(0)
                        .build())
                .build();
        server.expect().get().withPath(PATH).andReturn(503, "{}").once();
        answer(1400);
        server.expect().get().withPath(PATH).andReturn(503, "{}").always();
        try (once;
                Subnets found = new Subnets(once, new ApiServer(), now::get)) {
            AtomicInteger calls = new AtomicInteger();
            assertThat(found.get("web", calls::incrementAndGet)).isEmpty();
            Awaitility.await().untilAtomic(calls, equalTo(1));
            assertThat(found.get("web", NOTHING)).isEmpty();

            now.addAndGet(TimeUnit.SECONDS.toNanos(1));
            assertThat(found.get("web", calls::incrementAndGet)).isEmpty();
            Awaitility.await().untilAtomic(calls, equalTo(2));
            assertThat(found.get("web", NOTHING).orElseThrow().mtu()).hasValue(1400);

            now.addAndGet(TimeUnit.SECONDS.toNanos(5));
            assertThat(found.get("web", calls::incrementAndGet)).isEmpty();
            Awaitility.await().untilAtomic(calls, equalTo(3));
            assertThat(found.get("web", NOTHING).orElseThrow().mtu())
                    .as("the last answer counts")
                    .hasValue(1400);
        }
    }

    /** A tenant may name as many as it likes. */
    @Test
    void noMoreAreRememberedThanAThousand() {
        for (int name = 0; name < 3_000; name++) {
            get("of-a-tenant-" + name);
        }
        server.expect()
                .get()
                .withPath(PATH)
                .andReturn(200, "{\"spec\":{\"mtu\":1400}}")
                .always();

        Awaitility.await().until(() -> {
            now.addAndGet(TimeUnit.SECONDS.toNanos(1));
            return get("web").filter(found -> found.mtu().isPresent()).isPresent();
        });
        assertThat(subnets.remembered()).isLessThanOrEqualTo(1_000);
    }

    @Test
    void anAnswerCountsForFiveSecondsAndNoLonger() {
        answer(1400);
        answer(1300);
        read("web");

        now.addAndGet(TimeUnit.SECONDS.toNanos(4));
        assertThat(get("web").orElseThrow().mtu()).hasValue(1400);
        assertThat(server.getRequestCount()).isOne();

        now.addAndGet(TimeUnit.SECONDS.toNanos(1));
        assertThat(get("web")).as("it is too old").isEmpty();
        read("web");
        assertThat(get("web").orElseThrow().mtu()).hasValue(1300);
    }

    @Test
    void oneThatIsNotThereOrMayNotBeReadSaysNothing() {
        read("web"); // the mock server has no such path
        assertThat(get("web")).hasValue(Subnet.SILENT);

        server.expect()
                .get()
                .withPath("/apis/kubeovn.io/v1/subnets/secret")
                .andReturn(403, "{}")
                .always();
        read("secret");
        assertThat(get("secret")).hasValue(Subnet.SILENT);
    }

    /** The name comes from an annotation of the pod. */
    @Test
    void aNameThatNoSubnetCanHaveIsNotAskedFor() {
        for (String name : List.of("../../api/v1/secrets", "a/b", "", "A", "x".repeat(254), "a?b")) {
            assertThat(get(name)).as(name).hasValue(Subnet.SILENT);
        }
        assertThat(server.getRequestCount()).isZero();
    }

    private Optional<Subnet> get(String name) {
        return subnets.get(name, NOTHING);
    }

    private void read(String name) {
        Awaitility.await().until(() -> get(name).isPresent());
    }

    /** kube-ovn-cni's handleAdd. */
    @Nested
    class Rules {

        private static final OptionalInt NODE_LABEL = OptionalInt.of(9000);
        private static final OptionalInt TUNNEL = OptionalInt.of(1450);

        @Test
        void theMtuOfTheSubnetCountsForAnyNetwork() {
            assertThat(mtu("{'spec':{'mtu':1300}}", true)).hasValue(1300);
            assertThat(mtu("{'spec':{'mtu':1300}}", false)).hasValue(1300);
            assertThat(mtu("{'spec':{'mtu':0}}", true)).isEqualTo(TUNNEL);
            assertThat(mtu("{'spec':{'mtu':-1}}", true)).isEqualTo(TUNNEL);
            assertThat(mtu("{'spec':{'mtu':70000}}", true)).isEqualTo(TUNNEL);
            assertThat(mtu("{'spec':{'mtu':'many'}}", true)).isEqualTo(TUNNEL);
        }

        @Test
        void elseAnOverlayNetworkHasWhatFitsThroughTheTunnel() {
            assertThat(mtu("{}", true)).isEqualTo(TUNNEL);
        }

        @Test
        void anUnderlayNetworkHasWhatTheNodeSaysOfItsProviderNetwork() {
            assertThat(mtu("{}", false)).isEqualTo(NODE_LABEL);
        }

        @Test
        void anUnderlayNetworkForWhichOvnRoutesHasWhatFitsThroughTheTunnel() {
            assertThat(mtu("{'spec':{'logicalGateway':true}}", false)).isEqualTo(TUNNEL);
            assertThat(mtu("{'spec':{'u2oInterconnection':true},'status':{'u2oInterconnectionIP':'10.0.0.9'}}", false))
                    .isEqualTo(TUNNEL);
        }

        @Test
        void whatThePodItselfAsksForComesFirst() {
            PodNetwork network = network(true, OptionalInt.of(1200));

            assertThat(subnet("{'spec':{'mtu':1300}}")
                            .applyTo(network, NODE_LABEL, TUNNEL)
                            .mtu())
                    .hasValue(1200);
        }

        @Test
        void whereOvnConnectsAnUnderlayNetworkItsAddressIsTheGateway() {
            String connected =
                    "{'spec':{'u2oInterconnection':true},'status':{'u2oInterconnectionIP':'10.0.0.9,fd00::9'}}";

            assertThat(gateways(connected)).containsExactly("10.0.0.9");
            assertThat(gateways(connected.replace("true", "false"))).containsExactly("10.0.0.1");
            assertThat(gateways("{'spec':{'u2oInterconnection':true},'status':{'u2oInterconnectionIP':'fd00::9'}}"))
                    .as("of the other family only")
                    .containsExactly("10.0.0.1");
        }

        /** kube-ovn-cni refuses such a pod until then. */
        @Test
        void aSubnetThatOvnIsToConnectAndHasNoAddressForThatIsNotReadYet() {
            for (String address : List.of("", "dead.beef")) {
                assertThat(Subnets.subnet(JsonMapper.shared()
                                .readTree("{'spec':{'u2oInterconnection':true},'status':{'u2oInterconnectionIP':'%s'}}"
                                        .formatted(address)
                                        .replace('\'', '"'))))
                        .isEmpty();
            }
        }

        private static OptionalInt mtu(String subnet, boolean overlay) {
            return subnet(subnet)
                    .applyTo(network(overlay, OptionalInt.empty()), NODE_LABEL, TUNNEL)
                    .mtu();
        }

        private static List<String> gateways(String subnet) {
            return subnet(subnet)
                    .applyTo(network(false, OptionalInt.empty()), NODE_LABEL, TUNNEL)
                    .gateways();
        }

        private static Subnet subnet(String json) {
            return Subnets.subnet(JsonMapper.shared().readTree(json.replace('\'', '"')))
                    .orElseThrow();
        }

        private static PodNetwork network(boolean overlay, OptionalInt mtu) {
            return new PodNetwork(
                    "nginx.default",
                    Optional.empty(),
                    List.of(new InterfaceAddress("10.0.0.2", 24)),
                    List.of("10.0.0.1"),
                    List.of(),
                    List.of(),
                    mtu,
                    overlay,
                    DefaultRoute.YES);
        }
    }
}
