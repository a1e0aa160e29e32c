@NullMarked
package io.podoffload.binder.nic;

import org.jspecify.annotations.NullMarked;
