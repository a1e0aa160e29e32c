package io.podoffload.sim;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** A real OVN on one chassis: both databases, ovn-northd and the ovn-controller of the node's Open vSwitch. */
public final class Ovn implements AutoCloseable {

    private static final String SWITCH = "ovn-default";

    private final OpenVSwitch ovs;
    private final Path directory;

    /** Starts all of it, with one empty logical switch; ready when this returns. */
    public Ovn(OpenVSwitch ovs, String chassis) {
        this.ovs = ovs;
        this.directory = ovs.directory();
        startDatabase("nb");
        startDatabase("sb");
        daemon(
                "ovn-northd",
                "--ovnnb-db=unix:" + directory + "/ovnnb.sock",
                "--ovnsb-db=unix:" + directory + "/ovnsb.sock",
                "--unixctl=" + directory + "/ovn-northd.ctl");
        ovs.vsctl(
                "set",
                "open_vswitch",
                ".",
                "external_ids:system-id=" + chassis,
                "external_ids:ovn-remote=unix:" + directory + "/ovnsb.sock",
                "external_ids:ovn-encap-type=geneve",
                "external_ids:ovn-encap-ip=127.0.0.1",
                "external_ids:ovn-bridge-datapath-type=" + ovs.datapathType());
        daemon("ovn-controller", "--monitor", "unix:" + ovs.socket()); // as ovn-ctl starts it
        nbctl("ls-add", SWITCH);
        nbctl("--wait=hv", "sync");
    }

    private void startDatabase(String name) {
        Programs.run(
                ovs.environment(),
                "ovsdb-tool",
                "create",
                directory + "/ovn" + name + ".db",
                OpenVSwitch.schema("ovn/ovn-" + name + ".ovsschema"));
        Programs.run(
                ovs.environment(),
                "ovsdb-server",
                directory + "/ovn" + name + ".db",
                "--remote=punix:" + directory + "/ovn" + name + ".sock",
                "--pidfile=" + directory + "/ovn" + name + ".pid",
                "--unixctl=" + directory + "/ovn" + name + ".ctl",
                "--log-file=" + directory + "/ovn" + name + ".log",
                "--detach",
                "--no-chdir",
                "-vconsole:off");
    }

    private void daemon(String program, String... arguments) {
        List<String> command = new ArrayList<>(List.of(program));
        command.addAll(Arrays.asList(arguments));
        command.addAll(List.of(
                "--pidfile=" + directory + "/" + program + ".pid",
                "--log-file=" + directory + "/" + program + ".log",
                "--detach",
                "--no-chdir",
                "-vconsole:off"));
        Programs.run(ovs.environment(), command.toArray(String[]::new));
    }

    /** Makes the logical switch port of a pod. */
    public void addPort(String name, String mac, String ip) {
        nbctl("--may-exist", "lsp-add", SWITCH, name, "--", "lsp-set-addresses", name, mac + " " + ip);
    }

    public void removePort(String name) {
        nbctl("--if-exists", "lsp-del", name);
    }

    /** Whether OVN says that the port is up. */
    public boolean isUp(String name) {
        return nbctl("--bare", "--columns=up", "find", "logical_switch_port", "name=" + name)
                .equals("true");
    }

    /** Stops ovn-controller in its tracks, so that no port is installed until {@link #resumeController()}. */
    public void pauseController() {
        Programs.signal("STOP", pid("ovn-controller"));
    }

    public void resumeController() {
        Programs.signal("CONT", pid("ovn-controller"));
    }

    /** How often ovn-controller ended by a signal and was started again. */
    public long crashes() {
        try (Stream<String> log = Files.lines(directory.resolve("ovn-controller.log"))) {
            return log.filter(line -> line.contains(" crashes: ")).count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String pid(String daemon) {
        try {
            return Files.readString(directory.resolve(daemon + ".pid")).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs {@code ovn-nbctl}. */
    public String nbctl(String... arguments) {
        List<String> command =
                new ArrayList<>(List.of("ovn-nbctl", "--db=unix:" + directory + "/ovnnb.sock", "--timeout=30"));
        command.addAll(Arrays.asList(arguments));
        return Programs.run(ovs.environment(), command.toArray(String[]::new)).strip();
    }

    @Override
    public void close() {
        exit("ovn-controller." + pid("ovn-controller"));
        exit("ovn-northd");
        exit("ovnsb");
        exit("ovnnb");
    }

    private void exit(String control) {
        Programs.run(ovs.environment(), "ovs-appctl", "-t", directory + "/" + control + ".ctl", "exit");
    }
}
