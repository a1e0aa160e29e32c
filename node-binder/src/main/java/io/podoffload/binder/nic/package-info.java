/** What a NIC is and what it should be, and how it gets from the one to the other: no I/O, no clock. */
@NullMarked
package io.podoffload.binder.nic;

import org.jspecify.annotations.NullMarked;
