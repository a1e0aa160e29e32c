package io.podoffload.churn;

import io.fabric8.kubernetes.api.model.Pod;
import io.podoffload.sim.CniMode;
import io.podoffload.sim.SimulatedCluster;

/** One thing that happens to a node. The same seed gives the same events. */
sealed interface ChurnEvent {

    /** What a reader of a failure wants to know it by: the name of a pod, else the thing that fails. */
    String subject();

    /** Lets it happen; a pod that cannot be found any more, because the kubelet was faster, is no matter. */
    void happenTo(Churn.Life life);

    /** A pod is created; if one of its name is still there, as a controller does it waits for that to go. */
    record Create(String subject, CniMode cni) implements ChurnEvent {
        @Override
        public void happenTo(Churn.Life life) {
            life.create(subject, cni);
        }
    }

    /** A pod is created that uses its VF for another network, and was promised nothing. */
    record CreateOther(String subject) implements ChurnEvent {
        @Override
        public void happenTo(Churn.Life life) {
            life.createOther(subject);
        }
    }

    record Delete(String subject, boolean force) implements ChurnEvent {
        @Override
        public void happenTo(Churn.Life life) {
            life.delete(subject, force);
        }
    }

    record RestartSandbox(String subject) implements ChurnEvent {
        @Override
        public void happenTo(Churn.Life life) {
            life.withSandbox(subject, SimulatedCluster::restartSandbox);
        }
    }

    /** The namespace dies first; then the kubelet sees that the sandbox is broken and makes another. */
    record DestroyNamespace(String subject) implements ChurnEvent {
        @Override
        public void happenTo(Churn.Life life) {
            life.withSandbox(subject, (cluster, pod) -> {
                cluster.destroyNamespace(pod);
                cluster.restartSandbox(pod);
            });
        }
    }

    /** Somebody deletes the pod's port by hand. */
    record DeletePort(String subject) implements ChurnEvent {
        @Override
        public void happenTo(Churn.Life life) {
            life.withPort(subject, (ovs, port) -> ovs.vsctl("--if-exists", "del-port", port));
        }
    }

    /** Somebody strips the iface-id, as a late ADD of kube-ovn-cni does. */
    record StripIfaceId(String subject) implements ChurnEvent {
        @Override
        public void happenTo(Churn.Life life) {
            life.withPort(
                    subject,
                    (ovs, port) -> ovs.vsctl("--if-exists", "remove", "Interface", port, "external_ids", "iface-id"));
        }
    }

    /** Part of the node or of the cluster fails, and is there again. */
    record Fault(Kind kind) implements ChurnEvent {

        enum Kind {
            BINDER_KILLED,
            BINDER_RESTARTED,
            BINDER_RESTARTED_ON_CRIO,
            DATABASE_RESTARTED,
            SWITCH_PAUSED,
            OVN_PAUSED,
            KUBELET_SOCKET_RESTARTED,
            API_SERVER_DOWN,
            RUNTIME_EVENTS_CUT,
            KUBELET_EXHAUSTED,
            NODE_PAUSED,
            KUBE_OVN_GARBAGE_COLLECTED
        }

        @Override
        public String subject() {
            return kind.name();
        }

        @Override
        public void happenTo(Churn.Life life) {
            SimulatedCluster cluster = life.cluster();
            switch (kind) {
                case BINDER_KILLED -> {
                    cluster.killBinder();
                    cluster.startBinder();
                }
                case BINDER_RESTARTED -> {
                    cluster.letRuntimeBe("containerd", "v2.1.9");
                    cluster.stopBinder();
                    cluster.startBinder();
                }
                case BINDER_RESTARTED_ON_CRIO -> {
                    cluster.letRuntimeBe("cri-o", "1.31.0");
                    cluster.stopBinder();
                    cluster.startBinder();
                }
                case DATABASE_RESTARTED -> {
                    cluster.ovs().stopDatabase();
                    cluster.ovs().startDatabase();
                }
                case SWITCH_PAUSED -> {
                    cluster.ovs().pauseSwitch();
                    life.pause();
                    cluster.ovs().resumeSwitch();
                }
                case OVN_PAUSED -> {
                    cluster.ovn().pauseController();
                    life.pause();
                    cluster.ovn().resumeController();
                }
                case KUBELET_SOCKET_RESTARTED -> cluster.restartKubeletSocket();
                case API_SERVER_DOWN -> {
                    cluster.beginApiOutage();
                    life.pause();
                    cluster.endApiOutage();
                }
                case RUNTIME_EVENTS_CUT -> {
                    cluster.letRuntimeStreamEvents(false);
                    cluster.letRuntimeStreamEvents(true);
                }
                case KUBELET_EXHAUSTED -> cluster.exhaustKubelet();
                case NODE_PAUSED -> {
                    cluster.annotateNode("pod-offload.io/paused", "churn");
                    life.pause();
                    cluster.annotateNode("pod-offload.io/paused", "false");
                }
                case KUBE_OVN_GARBAGE_COLLECTED -> cluster.collectGarbageButOfMachines();
            }
        }
    }

    /** For pods that are looked up when it happens. */
    interface OnPod {
        void act(SimulatedCluster cluster, Pod pod);
    }
}
