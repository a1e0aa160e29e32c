/** The Helm chart, rendered by Helm's own engine. */
@NullMarked
package io.podoffload.chart;

import org.jspecify.annotations.NullMarked;
