package io.podoffload.sim;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

/** A real Open vSwitch, in a directory of its own. */
public final class OpenVSwitch implements AutoCloseable {

    private static final String KUBE_OVN_USER = "65534";
    private static final int ENDS_WITHIN_SECONDS = 30;

    private final Path directory;
    private final Datapath datapath;
    private final Map<String, String> environment;

    /** Starts ovsdb-server and ovs-vswitchd; both are ready when this returns. */
    public OpenVSwitch(Path directory) {
        this(directory, Datapath.USERSPACE);
    }

    /** Who forwards packets. */
    public enum Datapath {
        /** ovs-vswitchd itself. */
        USERSPACE("netdev", false, ""),
        /** The kernel's module, and the NIC as far as it takes flows. */
        KERNEL("system", true, ""),
        /**
         * ovs-vswitchd with netdevs that are nothing but memory, and a NIC made of software that takes flows, as Open vSwitch's own
         * tests have it. Of the newer version: those before 4.0 do not tell which flows of it are offloaded.
         */
        DUMMY(
                "dummy",
                true,
                System.getenv("POD_OFFLOAD_TOOLS") + "/ovs-newer/",
                "--enable-dummy",
                "--disable-system",
                "--dummy-numa=0");

        private final String type;
        private final boolean offload;
        private final String version;
        private final List<String> options;

        Datapath(String type, boolean offload, String version, String... options) {
            this.type = type;
            this.offload = offload;
            this.version = version;
            this.options = List.of(options);
        }

        /** The path of a program, or its name where it is the one that everything else uses. */
        private String program(String name) {
            return version.isEmpty() ? name : version + "bin/" + name;
        }

        private String schemas() {
            return version.isEmpty() ? schema("openvswitch") : version + "root/usr/share/openvswitch";
        }
    }

    public OpenVSwitch(Path directory, Datapath datapath) {
        this.datapath = datapath;
        this.directory = directory;
        String path = directory.toString();
        this.environment = Map.of(
                "OVS_RUNDIR", path,
                "OVS_LOGDIR", path,
                "OVS_DBDIR", path,
                "OVS_SYSCONFDIR", path,
                "OVN_RUNDIR", path,
                "OVN_LOGDIR", path,
                "OVN_DBDIR", path);
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        run("ovsdb-tool", "create", path + "/conf.db", datapath.schemas() + "/vswitch.ovsschema");
        startDatabase();
        vsctl("--no-wait", "init");
        if (datapath.offload) {
            vsctl("--no-wait", "set", "Open_vSwitch", ".", "other_config:hw-offload=true");
        }
        startSwitch();
    }

    /** Path of a schema file of the unpacked packages. */
    static String schema(String name) {
        return System.getenv("POD_OFFLOAD_TOOLS") + "/root/usr/share/" + name;
    }

    /** One of Open vSwitch's programs, of the version that runs here. */
    private String run(String program, String... arguments) {
        List<String> command = new ArrayList<>(List.of(datapath.program(program)));
        command.addAll(List.of(arguments));
        return Programs.run(environment, command.toArray(String[]::new));
    }

    public void startDatabase() {
        run(
                "ovsdb-server",
                directory + "/conf.db",
                "--remote=punix:" + socket(),
                "--pidfile=" + directory + "/ovsdb-server.pid",
                "--unixctl=" + directory + "/ovsdb-server.ctl",
                "--log-file=" + directory + "/ovsdb-server.log",
                "--detach",
                "--no-chdir",
                "-vconsole:off");
        Programs.run("chown", KUBE_OVN_USER, socket().toString()); // ovs-ovn runs so
        Programs.run("chmod", "750", socket().toString());
    }

    public void stopDatabase() {
        exit("ovsdb-server");
    }

    /** Ends a daemon; it answers before it has let go of its pid file. */
    private void exit(String daemon, String... how) {
        CompletableFuture<ProcessHandle> end =
                ProcessHandle.of(Long.parseLong(pid(daemon))).orElseThrow().onExit();
        List<String> arguments = new ArrayList<>(List.of("-t", directory + "/" + daemon + ".ctl", "exit"));
        arguments.addAll(List.of(how));
        run("ovs-appctl", arguments.toArray(String[]::new));
        end.orTimeout(ENDS_WITHIN_SECONDS, TimeUnit.SECONDS).join();
    }

    /** ovs-vswitchd ends; the kernel's netdevs stay. */
    public void stopSwitch() {
        exit("ovs-vswitchd");
    }

    public void startSwitch() {
        List<String> arguments = new ArrayList<>(List.of(
                "unix:" + socket(),
                "--pidfile=" + directory + "/ovs-vswitchd.pid",
                "--unixctl=" + directory + "/ovs-vswitchd.ctl",
                "--log-file=" + directory + "/ovs-vswitchd.log",
                "--detach",
                "--no-chdir",
                "-vconsole:off"));
        arguments.addAll(datapath.options);
        run("ovs-vswitchd", arguments.toArray(String[]::new));
    }

    /** Both daemons end and start again, as when the DaemonSet that runs them is updated; the kernel's netdevs stay. */
    public void restart() {
        exit("ovs-vswitchd");
        stopDatabase();
        startDatabase();
        startSwitch();
    }

    public Path socket() {
        return directory.resolve("db.sock");
    }

    /** As OVSDB names it. */
    String datapathType() {
        return datapath.type;
    }

    Path directory() {
        return directory;
    }

    Map<String, String> environment() {
        return environment;
    }

    /** Runs {@code ovs-vsctl}. */
    public String vsctl(String... arguments) {
        List<String> all = new ArrayList<>(List.of("--db=unix:" + socket(), "--timeout=30"));
        all.addAll(List.of(arguments));
        return run("ovs-vsctl", all.toArray(String[]::new)).strip();
    }

    /** Runs {@code ovs-appctl} on ovs-vswitchd. */
    public String appctl(String... arguments) {
        List<String> all = new ArrayList<>(List.of("-t", directory + "/ovs-vswitchd.ctl"));
        all.addAll(List.of(arguments));
        return run("ovs-appctl", all.toArray(String[]::new));
    }

    /** Runs {@code ovs-ofctl}. */
    public String ofctl(String... arguments) {
        return run("ovs-ofctl", arguments);
    }

    /** The ports of {@code br-int}, without those that OVN makes itself. */
    public List<String> ports() {
        return vsctl("list-ports", "br-int")
                .lines()
                .filter(name -> !name.startsWith("ovn") && !name.isBlank())
                .sorted()
                .toList();
    }

    /** Names of the interfaces whose external_ids hold {@code key=value}. */
    public List<String> interfacesWith(String key, String value) {
        return vsctl("--bare", "--columns=name", "find", "Interface", "external_ids:" + key + "=" + value)
                .lines()
                .filter(name -> !name.isBlank())
                .toList();
    }

    /** A column of an Interface row, as ovs-vsctl prints it. */
    public String column(String interfaceName, String column) {
        return vsctl("--if-exists", "get", "Interface", interfaceName, column).replace("\"", "");
    }

    /** The interface's external_ids; none if there is no such interface. */
    public Map<String, String> externalIds(String interfaceName) {
        Map<String, String> ids = new TreeMap<>();
        String row = vsctl("--format=json", "--columns=external_ids", "find", "Interface", "name=" + interfaceName);
        JsonMapper.shared()
                .readTree(row)
                .path("data")
                .path(0)
                .path(0)
                .path(1)
                .forEach(pair -> ids.put(pair.path(0).asString(), pair.path(1).asString()));
        return ids;
    }

    /** The external_ids of the interfaces of {@code br-int}, by name, without what OVN makes and writes itself. */
    public Map<String, Map<String, String>> rows() {
        Map<String, Map<String, String>> rows = new TreeMap<>();
        ports().forEach(name -> {
            Map<String, String> ids = externalIds(name);
            ids.keySet().removeIf(key -> key.startsWith("ovn-"));
            rows.put(name, ids);
        });
        return rows;
    }

    /** A key of the interface's external_ids, empty if it is not there. */
    public String externalId(String interfaceName, String key) {
        return vsctl("--if-exists", "get", "Interface", interfaceName, "external_ids:" + key)
                .replace("\"", "");
    }

    /** Packets that the switch counted on a port. */
    public record Packets(long fromPod, long toPod) {}

    /** What {@code ovs-ofctl dump-ports} counts now: received from the pod, and sent to it. */
    public Packets packets(String interfaceName) {
        String text = ofctl("dump-ports", "br-int", interfaceName);
        return new Packets(counter(text, "rx"), counter(text, "tx"));
    }

    private static long counter(String statistics, String direction) {
        Matcher matcher = Pattern.compile(direction + " pkts=(\\d+)").matcher(statistics);
        if (!matcher.find()) {
            throw new IllegalStateException("no counter in " + statistics);
        }
        return Long.parseLong(matcher.group(1));
    }

    /** Stops ovsdb-server in its tracks: connections stay, answers do not come. */
    public void pauseDatabase() {
        Programs.signal("STOP", pid("ovsdb-server"));
    }

    public void resumeDatabase() {
        Programs.signal("CONT", pid("ovsdb-server"));
    }

    /** Stops ovs-vswitchd in its tracks: nothing that is configured happens. */
    public void pauseSwitch() {
        Programs.signal("STOP", pid("ovs-vswitchd"));
    }

    public void resumeSwitch() {
        Programs.signal("CONT", pid("ovs-vswitchd"));
    }

    /** Process id of ovs-vswitchd. */
    public long switchPid() {
        return Long.parseLong(pid("ovs-vswitchd"));
    }

    /** How often ovs-vswitchd opened netdevs as ports of bridges. */
    public long portsOpened() {
        try (Stream<String> log = Files.lines(directory.resolve("ovs-vswitchd.log"))) {
            return log.filter(line -> line.contains(": added interface ")).count();
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

    @Override
    public void close() {
        // a plain kill would leave the bridges' tap devices behind
        exit("ovs-vswitchd", "--cleanup");
        stopDatabase();
    }
}
