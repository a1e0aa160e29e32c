package io.podoffload.binder.binding;

import java.util.Map;

/** One change to the node. */
public sealed interface Step {

    void applyTo(NodeNetwork node);

    record RecordBinding(String representor, OwnerMark mark) implements Step {
        @Override
        public void applyTo(NodeNetwork node) {
            node.recordBinding(representor, mark);
        }
    }

    record MarkVf(String vfName, OwnerMark mark) implements Step {
        @Override
        public void applyTo(NodeNetwork node) {
            node.markVf(vfName, mark);
        }
    }

    record NoteVf(String representor, VfNote note) implements Step {
        @Override
        public void applyTo(NodeNetwork node) {
            node.noteVf(representor, note);
        }
    }

    record SetAdminMac(PciAddress vf, MacAddress mac) implements Step {
        @Override
        public void applyTo(NodeNetwork node) {
            node.setAdminMac(vf, mac);
        }
    }

    record MoveIntoPod(String vfName, String netns, PodInterface target) implements Step {
        @Override
        public void applyTo(NodeNetwork node) {
            node.moveIntoPod(vfName, netns, target);
        }
    }

    record ConfigureInPod(String netns, PodInterface target) implements Step {
        @Override
        public void applyTo(NodeNetwork node) {
            node.configureInPod(netns, target);
        }
    }

    record Attach(String representor, String ifaceId) implements Step {
        @Override
        public void applyTo(NodeNetwork node) {
            node.attach(representor, ifaceId);
        }
    }

    record Detach(String representor, Map<String, String> expected) implements Step {
        @Override
        public void applyTo(NodeNetwork node) {
            node.detach(representor, expected);
        }
    }

    record RepresentorUp(String representor, int mtu) implements Step {
        @Override
        public void applyTo(NodeNetwork node) {
            node.setRepresentorUp(representor, mtu);
        }
    }

    record RepresentorDown(String representor) implements Step {
        @Override
        public void applyTo(NodeNetwork node) {
            node.setRepresentorDown(representor);
        }
    }

    record Announce(String netns, PodInterface target, String representor, String stamp) implements Step {
        @Override
        public void applyTo(NodeNetwork node) {
            node.announce(netns, target, representor, stamp);
        }
    }

    record MarkRow(String representor, Map<String, String> expected, Map<String, String> keys) implements Step {
        @Override
        public void applyTo(NodeNetwork node) {
            node.markRow(representor, expected, keys);
        }
    }

    record RestorePort(String representor, Map<String, String> keys) implements Step {
        @Override
        public void applyTo(NodeNetwork node) {
            node.restorePort(representor, keys);
        }
    }

    record ResetVf(PciAddress vf, String currentName, VfIdentity identity) implements Step {
        @Override
        public void applyTo(NodeNetwork node) {
            node.resetVf(vf, currentName, identity);
        }
    }

    record DeletePort(String representor, Map<String, String> expected) implements Step {
        @Override
        public void applyTo(NodeNetwork node) {
            node.deletePort(representor, expected);
        }
    }
}
