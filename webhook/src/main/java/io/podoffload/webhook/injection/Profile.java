package io.podoffload.webhook.injection;

import java.util.regex.Pattern;

/**
 * What an opted-in pod gets.
 *
 * @param name what the annotation {@link Labels#PROFILE} calls it
 * @param network the NetworkAttachmentDefinition; always with its namespace, because Multus resolves a bare name only in
 *     its own
 * @param resource the extended resource that stands for one VF, {@code domain/name}
 * @param readinessGate whether the pod waits for {@link Labels#BOUND} before Services send it traffic
 */
public record Profile(String name, NetworkRef network, String resource, boolean readinessGate) {

    /** The profile of pods whose annotations, and whose Namespace's, name none. */
    public static final String DEFAULT = "default";

    private static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
    private static final Pattern NETWORK =
            Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?/[a-z0-9]([-.a-z0-9]*[a-z0-9])?");
    private static final Pattern RESOURCE =
            Pattern.compile("[a-z0-9]([-.a-z0-9]*[a-z0-9])?/[A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?");

    public Profile {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "'" + name
                            + "' names no profile: write lower case letters, digits and '-', at most 63, for example bluefield");
        }
        if (!RESOURCE.matcher(resource).matches()) {
            throw new IllegalArgumentException("'" + resource
                    + "' names no extended resource: write domain/name as the device plugin advertises it,"
                    + " for example mellanox.com/cx5_sriov_switchdev");
        }
    }

    /**
     * A profile as the policy file writes it.
     *
     * @param network {@code namespace/name}
     */
    public static Profile of(String name, String network, String resource, boolean readinessGate) {
        if (!NETWORK.matcher(network).matches()) {
            throw new IllegalArgumentException("'" + network
                    + "' names no network: write namespace/name of the NetworkAttachmentDefinition,"
                    + " for example default/default");
        }
        int slash = network.indexOf('/');
        return new Profile(
                name,
                new NetworkRef(network.substring(0, slash), network.substring(slash + 1)),
                resource,
                readinessGate);
    }
}
