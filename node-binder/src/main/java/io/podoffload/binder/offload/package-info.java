/** Whether a pod's packets run in the NIC, judged by the flows of Open vSwitch: no I/O, no clock. */
@NullMarked
package io.podoffload.binder.offload;

import org.jspecify.annotations.NullMarked;
