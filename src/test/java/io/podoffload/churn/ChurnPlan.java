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

    private ChurnPlan() {}

    static List<ChurnEvent> of(long seed, int events, int vfs) {
        Random random = new Random(seed);
        Set<String> alive = new HashSet<>();
        List<ChurnEvent> plan = new ArrayList<>();
        while (plan.size() < events) {
            String pod = "pod-" + random.nextInt(vfs);
            if (!alive.contains(pod)) {
                alive.add(pod);
                plan.add(new ChurnEvent.Create(pod, random.nextInt(3) == 0 ? CniMode.KUBE_OVN : CniMode.OTHER));
                continue;
            }
            int dice = random.nextInt(1000);
            if (dice < BINDER_FAULTS_PER_THOUSAND) {
                plan.add(new ChurnEvent.Fault(
                        random.nextBoolean()
                                ? ChurnEvent.Fault.Kind.BINDER_KILLED
                                : ChurnEvent.Fault.Kind.BINDER_RESTARTED));
            } else if (dice < 60) {
                ChurnEvent.Fault.Kind[] kinds = ChurnEvent.Fault.Kind.values();
                plan.add(new ChurnEvent.Fault(kinds[2 + random.nextInt(kinds.length - 2)]));
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
