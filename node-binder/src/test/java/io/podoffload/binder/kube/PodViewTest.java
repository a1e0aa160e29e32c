package io.podoffload.binder.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.podoffload.binder.binding.InterfaceAddress;
import io.podoffload.binder.binding.MacAddress;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.binding.PodNetwork;
import io.podoffload.binder.binding.PodNetwork.DefaultRoute;
import io.podoffload.binder.binding.Route;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PodViewTest {

    private static final String PROVIDER = "default.default.ovn";

    private static PodView pod(Map<String, String> annotations) {
        WatchedPod pod = new WatchedPod();
        pod.setMetadata(new ObjectMetaBuilder()
                .withNamespace("web")
                .withName("nginx")
                .withUid("uid-1")
                .withAnnotations(annotations)
                .build());
        return new PodView(pod);
    }

    private static Map<String, String> allotted(String... more) {
        Map<String, String> annotations = new HashMap<>();
        for (String[] entry : new String[][] {
            {"allocated", "true"},
            {"ip_address", "10.16.0.5"},
            {"mac_address", "00:00:00:C5:6D:4E"},
            {"cidr", "10.16.0.0/16"},
            {"gateway", "10.16.0.1"}
        }) {
            annotations.put(PROVIDER + ".kubernetes.io/" + entry[0], entry[1]);
        }
        for (int index = 0; index < more.length; index += 2) {
            annotations.put(PROVIDER + ".kubernetes.io/" + more[index], more[index + 1]);
        }
        return annotations;
    }

    @Test
    void theProviderIsComputedFromTheNameOfTheNetwork() {
        assertThat(pod(Map.of("v1.multus-cni.io/default-network", "kube-system/sriov"))
                        .defaultProvider())
                .hasValue("sriov.kube-system.ovn");
        assertThat(pod(Map.of("v1.multus-cni.io/default-network", "sriov")).defaultProvider())
                .as("a bare name is of the pod's namespace for kube-ovn-controller")
                .hasValue("sriov.web.ovn");
        assertThat(pod(Map.of()).defaultProvider()).isEmpty();
    }

    @Test
    void anAllottedAddressIsReadWhole() {
        assertThat(pod(allotted()).network(PROVIDER))
                .hasValue(new PodNetwork(
                        "nginx.web.default.default.ovn",
                        Optional.of(new MacAddress("00:00:00:c5:6d:4e")),
                        List.of(new InterfaceAddress("10.16.0.5", 16)),
                        List.of("10.16.0.1"),
                        List.of(),
                        List.of(),
                        OptionalInt.empty(),
                        true,
                        DefaultRoute.IF_NONE));
    }

    @Test
    void bothFamiliesAreReadInOrderAndInTheKernelsForm() {
        PodNetwork network = pod(allotted(
                        "ip_address", "10.16.0.5,fd00:10:16::5",
                        "cidr", "10.16.0.0/16,fd00:10:16::/112",
                        "gateway", "10.16.0.1,fd00:10:16::1"))
                .network(PROVIDER)
                .orElseThrow();

        assertThat(network.addresses())
                .containsExactly(new InterfaceAddress("10.16.0.5", 16), new InterfaceAddress("fd00:10:16::5", 112));
        assertThat(network.gateways()).containsExactly("10.16.0.1", "fd00:10:16::1");
    }

    /** Kube-OVN writes both subnets for a pod of one family, in either order. */
    @Test
    void anAddressGetsTheSubnetOfItsFamily() {
        for (String cidr : List.of("10.16.0.0/16,fd00:10:16::/112", "fd00:10:16::/112, 10.16.0.0/16")) {
            assertThat(pod(allotted("ip_address", "fd00:10:16::5", "cidr", cidr))
                            .network(PROVIDER)
                            .orElseThrow()
                            .addresses())
                    .containsExactly(new InterfaceAddress("fd00:10:16::5", 112));
        }
    }

    @Test
    void aRouteLosesItsHostBits() {
        assertThat(routes("[{\"dst\":\"192.168.0.101/24\",\"gw\":\"10.16.0.254\"},{\"gw\":\"10.16.0.253\"}]")
                        .routes())
                .containsExactly(new Route("192.168.0.0/24", "10.16.0.254"), new Route("0.0.0.0/0", "10.16.0.253"));
    }

    @Test
    void aRouteThatCannotBeUsedIsLeftOutAndTold() {
        PodNetwork network = routes(
                "[{\"dst\":\"10.2.0.0/16\",\"gw\":\"example\"},{\"dst\":\"10.2.0.0/99\"},"
                        + "{\"dst\":\"fd00::/64\",\"gw\":\"10.16.0.1\"},{},null,5,{\"dst\":\"10.3.0.0/16\",\"gw\":\"10.16.0.1\"}]");

        assertThat(network.routes()).containsExactly(new Route("10.3.0.0/16", "10.16.0.1"));
        assertThat(network.unusableRoutes())
                .hasSize(6)
                .first()
                .isEqualTo("'{\"dst\":\"10.2.0.0/16\",\"gw\":\"example\"}'");
    }

    private static PodNetwork routes(String routes) {
        return pod(allotted("routes", routes)).network(PROVIDER).orElseThrow();
    }

    @ParameterizedTest
    @ValueSource(strings = {"00-00-00-C5-6D-4E", "0000.00c5.6d4e", " 00:00:00:c5:6d:4e "})
    void aMacAddressHasTheFormsOfGo(String text) {
        assertThat(pod(allotted("mac_address", text))
                        .network(PROVIDER)
                        .orElseThrow()
                        .mac())
                .hasValue(new MacAddress("00:00:00:c5:6d:4e"));
    }

    /** Whoever may annotate a pod must not hold up the binder. */
    @ParameterizedTest
    @ValueSource(strings = {"ip_address", "gateway", "cidr", "mac_address", "mtu", "routes", "provider_network"})
    void aValueBeyondItsBoundIsNotRead(String name) {
        for (String text : List.of("....".repeat(20_000) + "x", " ".repeat(80_000) + ",", "[".repeat(80_000))) {
            assertThatThrownBy(() -> pod(allotted(name, text)).network(PROVIDER))
                    .isInstanceOf(UnreadableAnnotation.class)
                    .hasMessageStartingWith("annotation default.default.ovn.kubernetes.io/" + name + " has more than");
        }
    }

    @Test
    void aListOfMoreNetworksThanAPodCanHaveIsNotRead() {
        String key = "k8s.v1.cni.cncf.io/networks";
        assertThatThrownBy(() -> pod(Map.of(key, "a,".repeat(65))).servedProviders())
                .hasMessage("annotation k8s.v1.cni.cncf.io/networks has 65 networks; at most 64 are read");
        assertThatThrownBy(() -> pod(Map.of(key, "a".repeat(70_000))).servedProviders())
                .hasMessage("annotation k8s.v1.cni.cncf.io/networks has more than 65536 characters");
        assertThat(pod(Map.of(key, "a,".repeat(64))).servedProviders()).isEmpty();
    }

    @Test
    void aGatewayOfAFamilyThatThePodLacksIsLeftOut() {
        assertThat(pod(allotted("gateway", "10.16.0.1,fd00:10:16::1"))
                        .network(PROVIDER)
                        .orElseThrow()
                        .gateways())
                .containsExactly("10.16.0.1");
    }

    @Test
    void untilItIsAllottedThereIsNothing() {
        assertThat(pod(allotted("allocated", "false")).network(PROVIDER)).isEmpty();
        assertThat(pod(Map.of()).network(PROVIDER)).isEmpty();
    }

    @Test
    void anUnderlayNetworkKeepsTheUplinksMtuAndAnOverlayLeavesRoomForItsHeader() {
        assertThat(pod(allotted()).network(PROVIDER).orElseThrow().mtuOver(1500))
                .isEqualTo(1400);
        assertThat(pod(allotted("provider_network", "net1"))
                        .network(PROVIDER)
                        .orElseThrow()
                        .mtuOver(1500))
                .isEqualTo(1500);
        assertThat(pod(allotted("mtu", "8900")).network(PROVIDER).orElseThrow().mtuOver(1500))
                .isEqualTo(8900);
    }

    @Test
    void theDefaultRouteAnnotationDecidesWhereItIsSet() {
        assertThat(pod(allotted("default_route", "true"))
                        .network(PROVIDER)
                        .orElseThrow()
                        .defaultRoute())
                .isEqualTo(DefaultRoute.YES);
        assertThat(pod(allotted("default_route", "false"))
                        .network(PROVIDER)
                        .orElseThrow()
                        .defaultRoute())
                .isEqualTo(DefaultRoute.NO);
    }

    @Test
    void anAnnotationThatCannotBeReadIsNamed() {
        assertThatThrownBy(() -> pod(allotted("ip_address", "example.com")).network(PROVIDER))
                .hasMessage("annotation default.default.ovn.kubernetes.io/ip_address: 'example.com' is no IP address");
        assertThatThrownBy(() -> pod(allotted("ip_address", "dead.beef")).network(PROVIDER))
                .hasMessage("annotation default.default.ovn.kubernetes.io/ip_address: 'dead.beef' is no IP address");
        assertThatThrownBy(() -> pod(allotted("mtu", "12")).network(PROVIDER))
                .hasMessage("annotation default.default.ovn.kubernetes.io/mtu: '12' is no MTU of 68 to 65535");
        assertThatThrownBy(() -> pod(allotted("routes", "{}")).network(PROVIDER))
                .hasMessage("annotation default.default.ovn.kubernetes.io/routes: '{}' is no JSON list of routes");
        assertThatThrownBy(() -> pod(allotted("cidr", "")).network(PROVIDER))
                .hasMessageContaining("default.default.ovn.kubernetes.io/cidr has no subnet for 10.16.0.5");
    }

    @Test
    void anInterfaceNameThatTheKernelWouldRefuseIsIgnored() {
        assertThat(pod(Map.of("pod-offload.io/interface", "fast0")).interfaceName())
                .hasValue("fast0");
        assertThat(pod(Map.of("pod-offload.io/interface", "a/b")).interfaceName())
                .isEmpty();
        assertThat(pod(Map.of("pod-offload.io/interface", "sixteencharacter")).interfaceName())
                .isEmpty();
    }

    @Test
    void aVfThatNetworkStatusNamesWasBroughtInByACni() {
        PciAddress pci = new PciAddress("0000:03:00.2");
        String key = "k8s.v1.cni.cncf.io/network-status";

        assertThat(pod(Map.of(key, "[{\"device-info\":{\"type\":\"pci\",\"pci\":{\"pci-address\":\"0000:03:00.2\"}}}]"))
                        .reportsInterfaceOn(pci))
                .isTrue();
        assertThat(pod(Map.of(key, "[{\"interface\":\"eth0\"}]")).reportsInterfaceOn(pci))
                .isFalse();
        assertThat(pod(Map.of(key, "not json")).reportsInterfaceOn(pci)).isFalse();
    }
}
