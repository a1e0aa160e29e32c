package io.podoffload.binder.diagnosis;

import java.util.stream.Stream;

/**
 * Looks for one cause.
 *
 * @param <F> what it looks at
 */
public interface Check<F> {

    /** What is well where it finds nothing; a clause. */
    String wellWhen();

    Stream<Finding> look(F facts);

    /** Its name, for people and programs. */
    default String name() {
        return getClass().getSimpleName();
    }

    /** Something that keeps everything from being offloaded. */
    default Finding error(String evidence, String cure) {
        return new Finding(name(), Finding.Severity.ERROR, evidence, cure);
    }

    /** Something that keeps a part from being offloaded. */
    default Finding warning(String evidence, String cure) {
        return new Finding(name(), Finding.Severity.WARNING, evidence, cure);
    }
}
