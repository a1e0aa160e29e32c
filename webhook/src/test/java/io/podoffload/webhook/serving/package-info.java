@NullMarked
package io.podoffload.webhook.serving;

import org.jspecify.annotations.NullMarked;
