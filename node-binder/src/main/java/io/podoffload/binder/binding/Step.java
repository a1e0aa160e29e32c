package io.podoffload.binder.binding;

import java.util.Map;

/** One change to the node. */
public sealed interface Step {

    void applyTo(NodeNetwork node);

    /** What it does, for the log. */
    String text();

    /** Whether packets go the same way before and after it: it only writes down, or announces, what is there. */
    default boolean changesNoTraffic() {
        return this instanceof NoteVf || this instanceof MarkVf || this instanceof MarkRow || this instanceof Announce;
    }

    record RecordBinding(String representor, OwnerMark mark) implements Step {
        @Override
        public void applyTo(NodeNetwork node) {
            node.recordBinding(representor, mark);
        }

        @Override
        public String text() {
            return "add the row of " + representor;
        }
    }

    record MarkVf(String vfName, OwnerMark mark) implements Step {
        @Override
        public void applyTo(NodeNetwork node) {
            node.markVf(vfName, mark);
        }

        @Override
        public String text() {
            return "mark " + vfName;
        }
    }

    record NoteVf(String representor, VfNote note) implements Step {
        @Override
        public void applyTo(NodeNetwork node) {
            node.noteVf(representor, note);
        }

        @Override
        public String text() {
            return note.lent()
                    ? "note on " + representor + " that a CNI has it"
                    : "note its own name, MTU and MAC on " + representor;
        }
    }

    record SetAdminMac(PciAddress vf, MacAddress mac) implements Step {
        @Override
        public void applyTo(NodeNetwork node) {
            node.setAdminMac(vf, mac);
        }

        @Override
        public String text() {
            return "set its admin MAC to " + mac;
        }
    }

    record MoveIntoPod(String vfName, String netns, PodInterface target) implements Step {
        @Override
        public void applyTo(NodeNetwork node) {
            node.moveIntoPod(vfName, netns, target);
        }

        @Override
        public String text() {
            return "move " + vfName + " into the pod as " + target.name();
        }
    }

    record ConfigureInPod(String netns, PodInterface target) implements Step {
        @Override
        public void applyTo(NodeNetwork node) {
            node.configureInPod(netns, target);
        }

        @Override
        public String text() {
            return "configure " + target.name() + " in the pod";
        }
    }

    record Attach(String representor, String ifaceId) implements Step {
        @Override
        public void applyTo(NodeNetwork node) {
            node.attach(representor, ifaceId);
        }

        @Override
        public String text() {
            return "attach " + representor + " to " + ifaceId;
        }
    }

    record Detach(String representor, Map<String, String> expected) implements Step {
        @Override
        public void applyTo(NodeNetwork node) {
            node.detach(representor, expected);
        }

        @Override
        public String text() {
            return "take the iface-id off the row of " + representor;
        }
    }

    record RepresentorUp(String representor, int mtu) implements Step {
        @Override
        public void applyTo(NodeNetwork node) {
            node.setRepresentorUp(representor, mtu);
        }

        @Override
        public String text() {
            return "set " + representor + " up with MTU " + mtu;
        }
    }

    record RepresentorDown(String representor) implements Step {
        @Override
        public void applyTo(NodeNetwork node) {
            node.setRepresentorDown(representor);
        }

        @Override
        public String text() {
            return "set " + representor + " down";
        }
    }

    record Announce(String netns, PodInterface target, String representor, String stamp) implements Step {
        @Override
        public void applyTo(NodeNetwork node) {
            node.announce(netns, target, representor, stamp);
        }

        @Override
        public String text() {
            return "announce the addresses of " + target.name();
        }
    }

    record MarkRow(String representor, Map<String, String> expected, Map<String, String> keys) implements Step {
        @Override
        public void applyTo(NodeNetwork node) {
            node.markRow(representor, expected, keys);
        }

        @Override
        public String text() {
            return "mark the row of " + representor;
        }
    }

    record RestorePort(String representor, Map<String, String> keys) implements Step {
        @Override
        public void applyTo(NodeNetwork node) {
            node.restorePort(representor, keys);
        }

        @Override
        public String text() {
            return "restore the row of " + representor;
        }
    }

    record ResetVf(PciAddress vf, String currentName, VfIdentity identity) implements Step {
        @Override
        public void applyTo(NodeNetwork node) {
            node.resetVf(vf, currentName, identity);
        }

        @Override
        public String text() {
            return "reset " + currentName + " to its own name " + identity.name() + ", MTU and MAC";
        }
    }

    record DeletePort(String representor, Map<String, String> expected) implements Step {
        @Override
        public void applyTo(NodeNetwork node) {
            node.deletePort(representor, expected);
        }

        @Override
        public String text() {
            return "delete the row of " + representor;
        }
    }
}
