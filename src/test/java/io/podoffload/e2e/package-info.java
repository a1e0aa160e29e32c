/** The end-to-end tests: the real programs on the simulated node. */
@NullMarked
package io.podoffload.e2e;

import org.jspecify.annotations.NullMarked;
