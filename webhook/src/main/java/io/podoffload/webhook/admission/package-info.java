/** The admission.k8s.io/v1 protocol over HTTP: reviews in, reviews out. */
@NullMarked
package io.podoffload.webhook.admission;

import org.jspecify.annotations.NullMarked;
