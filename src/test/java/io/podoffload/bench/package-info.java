/** Benchmarks: what pod-offload costs, beside floors measured in the same run. */
@NullMarked
package io.podoffload.bench;

import org.jspecify.annotations.NullMarked;
