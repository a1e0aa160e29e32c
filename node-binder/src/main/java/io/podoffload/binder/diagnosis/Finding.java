package io.podoffload.binder.diagnosis;

/**
 * A cause that was found.
 *
 * @param check name of the check
 * @param evidence what was seen, for a person
 * @param cure what to do, for a person
 */
public record Finding(String check, Severity severity, String evidence, String cure) {

    /** How much it matters. */
    public enum Severity {
        /** Nothing is offloaded, or no pod gets a VF. */
        ERROR,
        /** Some of it is not offloaded. */
        WARNING
    }
}
