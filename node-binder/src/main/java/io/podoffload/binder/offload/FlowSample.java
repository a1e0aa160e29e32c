package io.podoffload.binder.offload;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The flows of a node at one moment, as far as they have to do with given representors. Filled line by line, then only read. */
public final class FlowSample {

    private final Set<String> representors;
    private final Map<String, Flow> byId = new HashMap<>();
    private final Map<String, List<Flow>> fromPod = new HashMap<>(); // by representor
    private final Map<String, List<Flow>> toPod = new HashMap<>();
    private final Map<Flow.Path, Integer> counts = new EnumMap<>(Flow.Path.class);
    private int malformed;

    public FlowSample(Set<String> representors) {
        this.representors = Set.copyOf(representors);
    }

    /** One line of a dump. */
    public void add(String line) {
        if (Flow.isHeader(line)) {
            return;
        }
        Optional<Flow> parsed = Flow.parse(line);
        if (parsed.isEmpty()) {
            malformed++;
            return;
        }
        Flow flow = parsed.get();
        counts.merge(flow.path(), 1, Integer::sum);
        Set<String> to = flow.outputs(representors);
        if (representors.contains(flow.inPort()) || !to.isEmpty()) {
            // the match and the actions, which are long, are not needed any more
            Flow kept = new Flow(flow.id(), flow.inPort(), flow.packets(), flow.bytes(), flow.path(), "");
            byId.put(flow.id(), kept);
            fromPod.computeIfAbsent(flow.inPort(), any -> new ArrayList<>()).add(kept);
            to.forEach(representor ->
                    toPod.computeIfAbsent(representor, any -> new ArrayList<>()).add(kept));
        }
    }

    /** Whether the flows of this representor are in the sample. */
    public boolean covers(String representor) {
        return representors.contains(representor);
    }

    /** How many flows of each kind the node has. */
    public Map<Flow.Path, Integer> counts() {
        return Map.copyOf(counts);
    }

    /** Lines that could not be read. */
    public int malformed() {
        return malformed;
    }

    /** What went through a representor since {@code before}. Flows that were made since count from nothing. */
    public Traffic since(FlowSample before, String representor) {
        return new Traffic(
                before.amountSince(fromPod.getOrDefault(representor, List.of())),
                before.amountSince(toPod.getOrDefault(representor, List.of())));
    }

    /** How much more the flows have carried than in this sample. */
    private Traffic.Amount amountSince(List<Flow> flows) {
        Traffic.Counter counter = new Traffic.Counter();
        for (Flow flow : flows) {
            Flow old = byId.get(flow.id());
            // a flow that was taken out and made again began anew
            boolean goesOn = old != null && old.packets() <= flow.packets();
            counter.add(
                    flow.path(),
                    flow.packets() - (goesOn && old != null ? old.packets() : 0),
                    flow.bytes() - (goesOn && old != null ? old.bytes() : 0));
        }
        return counter.amount();
    }
}
