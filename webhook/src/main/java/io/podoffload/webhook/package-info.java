/** The mutating admission webhook: the process, its settings, and nothing that decides. */
@NullMarked
package io.podoffload.webhook;

import org.jspecify.annotations.NullMarked;
