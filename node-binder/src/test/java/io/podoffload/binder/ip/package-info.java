@NullMarked
package io.podoffload.binder.ip;

import org.jspecify.annotations.NullMarked;
