package io.podoffload.webhook.injection;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A pod as the API server sends it: one container {@code app} with empty resources, labelled unless said otherwise. */
final class PodFixture {

    static final String RESOURCE = "mellanox.com/cx5_sriov_switchdev";

    private @Nullable String enabled = "true";
    private boolean hasMetadata = true;
    private boolean hasAnnotations;
    private @Nullable String profile;
    private @Nullable String container;
    private boolean mirror;
    private boolean hostNetwork;
    private Networks defaultNetwork = Networks.NONE;
    private Networks networks = Networks.NONE;
    private @Nullable List<String> gates;
    private final List<ContainerFacts> containers = new ArrayList<>();

    private PodFixture() {}

    static PodFixture pod() {
        return new PodFixture();
    }

    PodFixture label(@Nullable String value) {
        enabled = value;
        return this;
    }

    PodFixture withoutMetadata() {
        hasMetadata = false;
        enabled = null;
        return this;
    }

    PodFixture annotated() {
        hasAnnotations = true;
        return this;
    }

    PodFixture profile(String name) {
        profile = name;
        return annotated();
    }

    PodFixture requestGoesTo(String name) {
        container = name;
        return annotated();
    }

    PodFixture mirror() {
        mirror = true;
        return annotated();
    }

    PodFixture hostNetwork() {
        hostNetwork = true;
        return this;
    }

    PodFixture defaultNetwork(String value) {
        defaultNetwork = new Networks(value, NetworkSelection.parse(value));
        return annotated();
    }

    PodFixture networks(String value) {
        networks = new Networks(value, NetworkSelection.parse(value));
        return annotated();
    }

    PodFixture gates(String... types) {
        gates = List.of(types);
        return this;
    }

    PodFixture container(String name, @Nullable Map<String, String> limits, @Nullable Map<String, String> requests) {
        return add("/spec/containers/", name, true, true, limits, requests);
    }

    PodFixture sidecar(String name, @Nullable Map<String, String> limits, @Nullable Map<String, String> requests) {
        return add("/spec/initContainers/", name, false, true, limits, requests);
    }

    PodFixture containerWithoutResources(String name) {
        return add("/spec/containers/", name, true, false, null, null);
    }

    private PodFixture add(
            String list,
            String name,
            boolean regular,
            boolean hasResources,
            @Nullable Map<String, String> limits,
            @Nullable Map<String, String> requests) {
        long index = containers.stream().filter(one -> one.regular() == regular).count();
        containers.add(new ContainerFacts(list + index, name, regular, hasResources, limits, requests));
        return this;
    }

    /** Without any container. */
    PodFacts bare() {
        return facts(List.of());
    }

    PodFacts facts() {
        return facts(
                containers.isEmpty()
                        ? List.of(new ContainerFacts("/spec/containers/0", "app", true, true, null, null))
                        : List.copyOf(containers));
    }

    private PodFacts facts(List<ContainerFacts> all) {
        return new PodFacts(
                hasMetadata,
                hasAnnotations,
                enabled,
                profile,
                container,
                mirror,
                hostNetwork,
                defaultNetwork,
                networks,
                gates,
                all);
    }
}
