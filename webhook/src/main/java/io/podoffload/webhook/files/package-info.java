/** Files that may change while the webhook runs: its certificate and its policy. */
@NullMarked
package io.podoffload.webhook.files;

import org.jspecify.annotations.NullMarked;
