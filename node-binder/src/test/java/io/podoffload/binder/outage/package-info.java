@NullMarked
package io.podoffload.binder.outage;

import org.jspecify.annotations.NullMarked;
