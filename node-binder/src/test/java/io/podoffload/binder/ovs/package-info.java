@NullMarked
package io.podoffload.binder.ovs;

import org.jspecify.annotations.NullMarked;
