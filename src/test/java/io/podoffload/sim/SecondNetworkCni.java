package io.podoffload.sim;

/** Another CNI for {@code eth0}, and kube-ovn-cni for the first of the pod's other networks, which has the VF. */
final class SecondNetworkCni implements Cni {

    private static final String INTERFACE = "net1";

    private final PlainCni first;
    private final KubeOvnCni second;

    SecondNetworkCni(PlainCni first, KubeOvnCni second) {
        this.first = first;
        this.second = second;
    }

    @Override
    public String add(Request request) {
        String address = first.add(request);
        second.attach(
                request,
                INTERFACE,
                KubeOvnController.otherProviders(request.pod()).get(0));
        return address;
    }

    @Override
    public void delete(Request request) {
        second.detach(request, INTERFACE);
        first.delete(request);
    }
}
