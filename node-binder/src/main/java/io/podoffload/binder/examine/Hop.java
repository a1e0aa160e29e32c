package io.podoffload.binder.examine;

/**
 * One hop of a pod's chain, from its admission to its flows.
 *
 * @param name of the hop
 * @param state whether the chain holds here
 * @param text what was seen, for a person
 * @param cure what to do where it breaks or must be asked elsewhere, empty otherwise
 */
public record Hop(String name, State state, String text, String cure) {

    /** Whether the chain holds. */
    public enum State {
        HOLDS,
        BREAKS,
        /** It cannot be seen, because the chain broke before, or because what would tell does not answer. */
        UNSEEN,
        /** Another node has the pod, so that nothing of it can be seen here. */
        ELSEWHERE
    }

    static Hop holds(String name, String text) {
        return new Hop(name, State.HOLDS, text, "");
    }

    static Hop breaks(String name, String text, String cure) {
        return new Hop(name, State.BREAKS, text, cure);
    }

    static Hop unseen(String name, String text) {
        return new Hop(name, State.UNSEEN, text, "");
    }

    static Hop elsewhere(String name, String text, String cure) {
        return new Hop(name, State.ELSEWHERE, text, cure);
    }
}
