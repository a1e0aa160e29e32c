/** The demo: the whole way of a pod, shown to a person. */
@NullMarked
package io.podoffload.demo;

import org.jspecify.annotations.NullMarked;
