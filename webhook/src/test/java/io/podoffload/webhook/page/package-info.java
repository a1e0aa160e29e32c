@NullMarked
package io.podoffload.webhook.page;

import org.jspecify.annotations.NullMarked;
