/** The pages of the project: their command lines, and what each of them prints. */
@NullMarked
package io.podoffload.docs;

import org.jspecify.annotations.NullMarked;
