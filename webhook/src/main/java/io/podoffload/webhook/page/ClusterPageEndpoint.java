package io.podoffload.webhook.page;

import io.podoffload.webhook.cluster.BinderReports;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;
import org.springframework.stereotype.Component;

/** {@code GET /actuator/cluster} on the management port: every node that a binder has reported on, as a page. */
@Component
@WebEndpoint(id = "cluster")
final class ClusterPageEndpoint {

    private final BinderReports reports;

    ClusterPageEndpoint(BinderReports reports) {
        this.reports = reports;
    }

    @ReadOperation(produces = "text/html;charset=UTF-8")
    String page() {
        return ClusterPage.html(reports.all());
    }
}
