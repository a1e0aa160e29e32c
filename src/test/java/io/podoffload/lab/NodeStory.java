package io.podoffload.lab;

import io.podoffload.sim.JavaProgram;
import io.podoffload.sim.StagedNode;

final class NodeStory {
    private final Lab lab;
    private final StagedNode node;

    NodeStory(Lab lab, StagedNode node, JavaProgram binder) {
        this.lab = lab;
        this.node = node;
    }

    void tell() {
        lab.say("binder up on " + node.nic().inventory());
    }
}
