/** Why packets do not run in the NIC, or would not: each cause is one class that looks for it in what was read. No I/O. */
@NullMarked
package io.podoffload.binder.diagnosis;

import org.jspecify.annotations.NullMarked;
