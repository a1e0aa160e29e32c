@NullMarked
package io.podoffload.webhook.policy;

import org.jspecify.annotations.NullMarked;
