package io.podoffload.binder.binding;

/** A pod. The uid tells pods of one name apart; ownership goes by it. */
public record PodRef(String namespace, String name, String uid) {

    public PodName podName() {
        return new PodName(namespace, name);
    }

    @Override
    public String toString() {
        return namespace + "/" + name;
    }
}
