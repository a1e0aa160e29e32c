@NullMarked
package io.podoffload.webhook;

import org.jspecify.annotations.NullMarked;
