/** Brings one VF from what is to what should be: gather, plan, act, report. */
@NullMarked
package io.podoffload.binder.reconcile;

import org.jspecify.annotations.NullMarked;
