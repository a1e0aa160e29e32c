@NullMarked
package io.podoffload.webhook.injection;

import org.jspecify.annotations.NullMarked;
