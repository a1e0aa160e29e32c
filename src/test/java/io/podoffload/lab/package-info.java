/** What is proved on a real kernel with SR-IOV, switchdev and tc, in the emulated machine of {@code dev/lab}. */
@NullMarked
package io.podoffload.lab;

import org.jspecify.annotations.NullMarked;
