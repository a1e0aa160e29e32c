package io.podoffload.churn;

import io.podoffload.sim.CniMode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** The events of one run, made from a seed before the first of them happens. */
final class ChurnPlan {

    /** Of a hundred events; the rest are faults of the cheap kinds. */
    private static final int BINDER_FAULTS_PER_THOUSAND = 8;

    /** The first kinds of faults, which cost a start of the binder. */
    private static final int BINDER_FAULTS = 3;

    private ChurnPlan() {}

    static List<ChurnEvent> of(long seed, int events, int vfs) {
        Random random = new Random(seed);
        Set<String> alive = new HashSet<>();
        List<ChurnEvent> plan = new ArrayList<>();
        while (plan.size() < events) {
            String pod = "pod-" + random.nextInt(vfs);
            if (!alive.contains(pod)) {
                alive.add(pod);
                plan.add(
                        switch (random.nextInt(8)) {
                            case 0 -> new ChurnEvent.CreateOther(pod);
                            case 1, 2, 3 -> new ChurnEvent.Create(pod, CniMode.KUBE_OVN);
                            default -> new ChurnEvent.Create(pod, CniMode.OTHER);
                        });
                continue;
            }
            int dice = random.nextInt(1000);
            if (dice < BINDER_FAULTS_PER_THOUSAND) {
                plan.add(new ChurnEvent.Fault(ChurnEvent.Fault.Kind.values()[random.nextInt(BINDER_FAULTS)]));
            } else if (dice < 60) {
                ChurnEvent.Fault.Kind[] kinds = ChurnEvent.Fault.Kind.values();
                plan.add(new ChurnEvent.Fault(kinds[BINDER_FAULTS + random.nextInt(kinds.length - BINDER_FAULTS)]));
            } else if (dice < 160) {
                plan.add(new ChurnEvent.RestartSandbox(pod));
            } else if (dice < 220) {
                plan.add(new ChurnEvent.DestroyNamespace(pod));
            } else if (dice < 320) {
                plan.add(new ChurnEvent.DeletePort(pod));
            } else if (dice < 420) {
                plan.add(new ChurnEvent.StripIfaceId(pod));
            } else {
                alive.remove(pod);
                plan.add(new ChurnEvent.Delete(pod, random.nextInt(4) == 0));
            }
        }
        return plan;
    }
}
