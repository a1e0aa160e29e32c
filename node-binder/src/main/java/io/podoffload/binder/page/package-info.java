/** What people see of the node in a browser. */
@NullMarked
package io.podoffload.binder.page;

import org.jspecify.annotations.NullMarked;
