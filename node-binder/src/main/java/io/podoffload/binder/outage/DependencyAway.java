package io.podoffload.binder.outage;

import org.jspecify.annotations.Nullable;

/** A {@link Dependency} does not answer, so nothing is known of what it would say. */
public final class DependencyAway extends RuntimeException implements Outage {

    private static final long serialVersionUID = 1L;

    DependencyAway(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
