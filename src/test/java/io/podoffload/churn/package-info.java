/** Random events on a node, and the comparison afterwards. */
@NullMarked
package io.podoffload.churn;

import org.jspecify.annotations.NullMarked;
