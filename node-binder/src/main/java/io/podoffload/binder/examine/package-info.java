/** Reads what the checks of {@code diagnosis} look at: the node's and the cluster's facts. Changes nothing. */
@NullMarked
package io.podoffload.binder.examine;

import org.jspecify.annotations.NullMarked;
