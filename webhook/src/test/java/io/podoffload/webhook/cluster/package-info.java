@NullMarked
package io.podoffload.webhook.cluster;

import org.jspecify.annotations.NullMarked;
