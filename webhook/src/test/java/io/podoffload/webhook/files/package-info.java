@NullMarked
package io.podoffload.webhook.files;

import org.jspecify.annotations.NullMarked;
