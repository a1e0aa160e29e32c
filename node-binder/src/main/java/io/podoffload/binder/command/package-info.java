/** What people run by hand on a node: {@code java -jar node-binder.jar COMMAND}. */
@NullMarked
package io.podoffload.binder.command;

import org.jspecify.annotations.NullMarked;
