@NullMarked
package io.podoffload.webhook.admission;

import org.jspecify.annotations.NullMarked;
