@NullMarked
package io.podoffload.webhook.tls;

import org.jspecify.annotations.NullMarked;
