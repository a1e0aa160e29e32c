@NullMarked
package io.podoffload.webhook.renewal;

import org.jspecify.annotations.NullMarked;
