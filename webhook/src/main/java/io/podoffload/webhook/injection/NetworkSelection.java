package io.podoffload.webhook.injection;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One element of a network selection annotation; a bare name gets its namespace from where it stands.
 *
 * @param namespace null for a bare name
 * @see <a href="https://github.com/k8snetworkplumbingwg/multi-net-spec">Network attachment selection annotation</a>
 */
public record NetworkSelection(@Nullable String namespace, String name) {

    /** Multus looks for a bare default network in its own namespace. */
    static final String NAMESPACE_OF_MULTUS = "kube-system";

    NetworkRef in(String defaultNamespace) {
        return new NetworkRef(namespace == null ? defaultNamespace : namespace, name);
    }

    /**
     * Reads the short form, {@code [namespace/]name[@interface]} separated by commas.
     *
     * @return null if it is malformed
     */
    public static @Nullable List<NetworkSelection> parse(String list) {
        List<NetworkSelection> selections = new ArrayList<>();
        for (String element : list.split(",", -1)) {
            String network = element.strip();
            int interfaceName = network.indexOf('@');
            if (interfaceName >= 0) {
                network = network.substring(0, interfaceName);
            }
            int slash = network.indexOf('/');
            String name = network.substring(slash + 1);
            if (name.isEmpty() || slash == 0 || name.indexOf('/') >= 0) {
                return null;
            }
            selections.add(new NetworkSelection(slash < 0 ? null : network.substring(0, slash), name));
        }
        return selections;
    }
}
