package io.podoffload.binder.binding;

/** Namespace and name of a pod; several pods may have borne it one after the other. */
public record PodName(String namespace, String name) {

    @Override
    public String toString() {
        return namespace + "/" + name;
    }
}
