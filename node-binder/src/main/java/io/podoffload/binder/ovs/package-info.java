/** Open vSwitch, through its database socket (RFC 7047). */
@NullMarked
package io.podoffload.binder.ovs;

import org.jspecify.annotations.NullMarked;
