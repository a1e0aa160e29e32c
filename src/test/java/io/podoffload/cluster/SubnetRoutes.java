package io.podoffload.cluster;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.podoffload.sim.Programs;

/** The node's routes to the pods of each Subnet, by its port of the logical network. */
final class SubnetRoutes implements ResourceEventHandler<GenericKubernetesResource> {

    /** Of the logical network's switch {@code join}. */
    static final String GATEWAY = "100.64.0.1";

    static void follow(KubernetesClient client) {
        client.genericKubernetesResources(KubeOvnKinds.SUBNET).inform(new SubnetRoutes());
    }

    @Override
    public void onAdd(GenericKubernetesResource subnet) {
        Programs.run("ip", "route", "replace", cidr(subnet), "via", GATEWAY, "dev", "ovn0");
    }

    @Override
    public void onUpdate(GenericKubernetesResource before, GenericKubernetesResource subnet) {
        onAdd(subnet);
    }

    @Override
    public void onDelete(GenericKubernetesResource subnet, boolean finalStateUnknown) {
        Programs.run("ip", "route", "del", cidr(subnet));
    }

    private static String cidr(GenericKubernetesResource subnet) {
        return subnet.get("spec", "cidrBlock");
    }
}
