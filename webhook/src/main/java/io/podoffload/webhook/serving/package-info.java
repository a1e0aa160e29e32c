/** The life of the listener: warm before it is ready, and polite before it ends. */
@NullMarked
package io.podoffload.webhook.serving;

import org.jspecify.annotations.NullMarked;
