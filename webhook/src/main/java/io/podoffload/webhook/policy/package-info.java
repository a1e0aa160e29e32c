/** The policy as the platform team writes it. */
@NullMarked
package io.podoffload.webhook.policy;

import org.jspecify.annotations.NullMarked;
