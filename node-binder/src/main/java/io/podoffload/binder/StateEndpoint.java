package io.podoffload.binder;

import io.podoffload.binder.page.NodePage;
import io.podoffload.binder.reconcile.OffloadWatch;
import io.podoffload.binder.reconcile.VfStates;
import java.util.List;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

/** {@code GET /}: the node as a page; {@code GET /state}: every VF with its verdict, its pod and since when; {@code GET /state/PCI-ADDRESS}: one of them. */
@RestController
final class StateEndpoint {

    private final VfStates states;
    private final NodeBinderProperties properties;

    private final OffloadWatch offload;

    StateEndpoint(VfStates states, OffloadWatch offload, NodeBinderProperties properties) {
        this.states = states;
        this.offload = offload;
        this.properties = properties;
    }

    /** The node as the binder sees it. */
    record NodeState(String node, List<VfStates.VfState> vfs, List<OffloadWatch.OffloadedPod> offload) {}

    @GetMapping(value = "/", produces = "text/html;charset=UTF-8")
    String page() {
        return NodePage.html(properties.nodeName(), states.all(), offload.all());
    }

    @GetMapping("/state")
    NodeState state() {
        return new NodeState(properties.nodeName(), states.all(), offload.all());
    }

    @GetMapping("/state/{pci}")
    ResponseEntity<VfStates.VfState> state(@PathVariable String pci) {
        return ResponseEntity.of(states.of(pci));
    }
}
