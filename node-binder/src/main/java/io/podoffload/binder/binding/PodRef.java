package io.podoffload.binder.binding;

/** A pod. The uid tells pods of one name apart; ownership goes by it. */
public record PodRef(String namespace, String name, String uid) {

    @Override
    public String toString() {
        return namespace + "/" + name;
    }
}
