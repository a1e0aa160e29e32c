/** What the webhook knows of the cluster, kept in memory by watches, and what it tells the cluster. */
@NullMarked
package io.podoffload.webhook.cluster;

import org.jspecify.annotations.NullMarked;
