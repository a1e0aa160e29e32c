/** What is done before pod-offload goes. */
@NullMarked
package io.podoffload.webhook.uninstall;

import org.jspecify.annotations.NullMarked;
