/** What is done to a pod at admission, as a pure function: {@code PodFacts} in, {@code Decision} out. */
@NullMarked
package io.podoffload.webhook.injection;

import org.jspecify.annotations.NullMarked;
