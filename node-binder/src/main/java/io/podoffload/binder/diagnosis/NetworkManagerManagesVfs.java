package io.podoffload.binder.diagnosis;

import io.podoffload.binder.nic.Netdev;
import java.util.stream.Stream;

/** NetworkManager takes a VF that comes home, or a representor, for an interface of its own. */
final class NetworkManagerManagesVfs implements Check<NodeFacts> {

    @Override
    public String wellWhen() {
        return "NetworkManager leaves VFs and representors alone";
    }

    @Override
    public Stream<Finding> look(NodeFacts facts) {
        return facts.pfs().stream()
                .flatMap(pf -> pf.vfs().stream())
                .flatMap(vf -> Stream.concat(vf.netdev().stream(), vf.representor().map(Netdev::name).stream()))
                .filter(facts.managed()::contains)
                .map(name -> warning(
                        "NetworkManager manages " + name,
                        "Let nodePreparation write the udev rules (networkManager: unmanaged), or run nmcli device set "
                                + name + " managed no."));
    }
}
