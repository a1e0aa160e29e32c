package io.podoffload.binder.examine;

import io.podoffload.binder.binding.Link;
import io.podoffload.binder.diagnosis.NodeFacts;
import io.podoffload.binder.kernel.Links;
import io.podoffload.binder.kernel.ManagedDevices;
import io.podoffload.binder.nic.NicControl;
import io.podoffload.binder.ovs.OvsConfiguration;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;

/** Reads the node. */
public final class NodeExamination {

    private final NicControl nics;
    private final Links host;
    private final Path procfs;
    private final Path ovsdb;
    private final ManagedDevices networkManager;

    /**
     * @param procfs root of procfs, where the kernel's release is
     * @param ovsdb socket of ovsdb-server; where there is none, Open vSwitch does not run
     * @param networkManager what it manages
     */
    public NodeExamination(NicControl nics, Links host, Path procfs, Path ovsdb, ManagedDevices networkManager) {
        this.nics = nics;
        this.host = host;
        this.procfs = procfs;
        this.ovsdb = ovsdb;
        this.networkManager = networkManager;
    }

    public NodeFacts facts() {
        Set<Integer> hooks = host.withIngressHook();
        var links = host.all();
        return new NodeFacts(
                kernel(),
                nics.pfs(),
                OvsConfiguration.read(ovsdb),
                links.stream()
                        .filter(link -> hooks.contains(link.index()))
                        .map(Link::name)
                        .collect(Collectors.toSet()),
                links.stream().filter(networkManager::contains).map(Link::name).collect(Collectors.toSet()));
    }

    private String kernel() {
        Path release = procfs.resolve("sys/kernel/osrelease");
        try {
            return Files.readString(release).strip();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + release + ": " + e.getMessage(), e);
        }
    }
}
