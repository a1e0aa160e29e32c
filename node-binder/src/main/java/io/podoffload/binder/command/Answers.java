package io.podoffload.binder.command;

import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.binding.PodName;
import io.podoffload.binder.diagnosis.Checks;
import io.podoffload.binder.diagnosis.ClusterFacts;
import io.podoffload.binder.diagnosis.Finding;
import io.podoffload.binder.diagnosis.NodeFacts;
import io.podoffload.binder.examine.Hop;
import io.podoffload.binder.nic.PhysicalFunction;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/** Answers questions about this node. Changes nothing. */
public final class Answers {

    private final String node;
    private final Function<PodName, List<Hop>> chain;
    private final Supplier<NodeFacts> facts;
    private final Supplier<Optional<ClusterFacts>> cluster;
    private final Supplier<List<PhysicalFunction>> pfs;
    private final Supplier<Map<PodName, List<PciAddress>>> allocated;

    /**
     * @param chain the hops of a pod
     * @param cluster empty where this program may not read it
     * @param allocated the VFs of each pod; throws where the kubelet does not answer
     */
    public Answers(
            String node,
            Function<PodName, List<Hop>> chain,
            Supplier<NodeFacts> facts,
            Supplier<Optional<ClusterFacts>> cluster,
            Supplier<List<PhysicalFunction>> pfs,
            Supplier<Map<PodName, List<PciAddress>>> allocated) {
        this.node = node;
        this.chain = chain;
        this.facts = facts;
        this.cluster = cluster;
        this.pfs = pfs;
        this.allocated = allocated;
    }

    /** @throws RuntimeException if something that it asks does not answer */
    public Answer to(Request request) {
        if (request.question() instanceof Question.Explain explain) {
            Explanation explanation = explanation(explain.pod());
            return request.style().answer(explanation.exitCode(), explanation, explanation::text);
        }
        if (request.question() instanceof Question.Doctor) {
            Diagnosis diagnosis = Diagnosis.of(Checks.NODE, facts.get());
            return request.style().answer(diagnosis.exitCode(), diagnosis.results(), diagnosis::text);
        }
        Inventory inventory = Inventory.of(node, pfs.get(), allocated);
        return request.style().answer(inventory.exitCode(), inventory, marks -> inventory.text());
    }

    private Explanation explanation(PodName pod) {
        List<Hop> hops = chain.apply(pod);
        boolean holds = hops.stream().allMatch(hop -> hop.state() == Hop.State.HOLDS);
        boolean here = hops.stream().noneMatch(hop -> hop.state() == Hop.State.ELSEWHERE);
        return new Explanation(pod.toString(), hops, here && !holds ? findings() : List.of());
    }

    private List<Finding> findings() {
        List<Finding> findings = new ArrayList<>(Checks.ofNode(facts.get()));
        cluster.get().ifPresent(read -> findings.addAll(Checks.ofCluster(read)));
        return findings;
    }
}
