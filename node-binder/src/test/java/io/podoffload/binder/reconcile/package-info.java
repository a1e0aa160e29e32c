@NullMarked
package io.podoffload.binder.reconcile;

import org.jspecify.annotations.NullMarked;
