package io.podoffload.webhook.injection;

import java.util.regex.Pattern;

/**
 * What an opted-in pod gets.
 *
 * @param network the NetworkAttachmentDefinition, {@code namespace/name}; Multus resolves a bare name only in its own
 *     namespace
 * @param resource the extended resource that stands for one VF, {@code domain/name}
 */
public record Profile(String network, String resource) {

    private static final Pattern NETWORK =
            Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?/[a-z0-9]([-.a-z0-9]*[a-z0-9])?");
    private static final Pattern RESOURCE =
            Pattern.compile("[a-z0-9]([-.a-z0-9]*[a-z0-9])?/[A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?");

    public Profile {
        if (!NETWORK.matcher(network).matches()) {
            throw new IllegalArgumentException("'" + network
                    + "' names no network: write namespace/name of the NetworkAttachmentDefinition,"
                    + " for example default/default");
        }
        if (!RESOURCE.matcher(resource).matches()) {
            throw new IllegalArgumentException("'" + resource
                    + "' names no extended resource: write domain/name as the device plugin advertises it,"
                    + " for example mellanox.com/cx5_sriov_switchdev");
        }
    }
}
