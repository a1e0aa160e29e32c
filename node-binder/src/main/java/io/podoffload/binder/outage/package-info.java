/** What to do and say while a program that the binder asks is away. */
@NullMarked
package io.podoffload.binder.outage;

import org.jspecify.annotations.NullMarked;
