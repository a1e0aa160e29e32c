package io.podoffload.webhook.injection;

/**
 * A NetworkAttachmentDefinition.
 *
 * @param namespace never empty
 * @param name never empty
 */
public record NetworkRef(String namespace, String name) {

    @Override
    public String toString() {
        return namespace + "/" + name;
    }
}
