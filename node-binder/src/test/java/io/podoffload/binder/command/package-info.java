@NullMarked
package io.podoffload.binder.command;

import org.jspecify.annotations.NullMarked;
