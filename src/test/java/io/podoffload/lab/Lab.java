package io.podoffload.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.binding.PodName;
import io.podoffload.binder.diagnosis.Checks;
import io.podoffload.binder.diagnosis.Finding;
import io.podoffload.binder.examine.NodeExamination;
import io.podoffload.binder.kernel.Devlink;
import io.podoffload.binder.kernel.Links;
import io.podoffload.binder.kernel.ManagedDevices;
import io.podoffload.binder.kernel.SysfsNics;
import io.podoffload.binder.prepare.NodePreparation;
import io.podoffload.binder.prepare.Outcome;
import io.podoffload.binder.prepare.PrepareProperties;
import io.podoffload.sim.JavaProgram;
import io.podoffload.sim.OpenVSwitch;
import io.podoffload.sim.Programs;
import io.podoffload.sim.StagedNode;
import io.podoffload.sim.StagedNode.Staged;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * The story of a node with two PFs, on a real kernel: from nothing to pods whose flows are in the NIC, and through every
 * death that can befall them. Each chapter begins where the one before it ended.
 */
public final class Lab {

    private static final PciAddress PF0 = new PciAddress("0000:01:00.0");
    static final PciAddress PF1 = new PciAddress("0000:02:00.0");

    private static final Path OVSDB = Path.of("/run/bench/ovs/db.sock");

    private final long begin = System.nanoTime();
    private final Path binderJar;
    private final Path classes;
    private final Links host = Links.ofHost();
    private final SysfsNics nics = new SysfsNics(Path.of("/sys"), new Devlink(), host);
    private final NodeExamination examination = new NodeExamination(
            nics, host, Path.of("/proc"), OVSDB, new ManagedDevices(Path.of("/run/NetworkManager/devices")));
    private final Map<PodName, List<PciAddress>> allotted = new HashMap<>();

    private Lab(Path binderJar, Path classes) {
        this.binderJar = binderJar;
        this.classes = classes;
    }

    /** @param arguments the binder's extracted jar, and the archive of its classes */
    public static void main(String[] arguments) throws Exception {
        Lab lab = new Lab(Path.of(arguments[0]), Path.of(arguments[1]));
        try {
            lab.run();
        } catch (Throwable e) {
            System.out.println(
                    Programs.run(
                            "sh",
                            "-c",
                            "cp /run/bench/ovs/*.log /run/out; tail -n 60 /run/out/*.log; dmesg >/run/out/dmesg; tail -n 30 /run/out/dmesg"));
            e.printStackTrace(System.out); // last, where it is looked for
            System.exit(1);
        }
        System.exit(0);
    }

    private void run() throws Exception {
        say("the JVM runs");
        prepareInEveryWay();
        measurePreparation();
        undo(PF0);
        undo(PF1);
        LabNic nic = new LabNic(PF0);
        try (StagedNode node = new StagedNode(OpenVSwitch.Datapath.KERNEL, sysfs -> nic, Map.of());
                Explanations explanations = new Explanations(node, nics, examination)) {
            say("Open vSwitch, OVN, kubelet, runtime and API server are there");
            try {
                tell(node, nic, explanations);
            } catch (Throwable e) {
                say("when it failed:\n" + datapath(node));
                throw e;
            }
        }
    }

    private void tell(StagedNode node, LabNic nic, Explanations explanations) throws Exception {
        Map<PciAddress, String> names;
        Staged unfinished;
        try (JavaProgram binder = startBinder(node, "binder-1.log")) {
            say("the binder looks after the VFs");
            names = NodeStory.names(nic);
            NodeStory story = new NodeStory(this, node, nic, names, explanations);
            story.theBinderHasPreparedBothPfs();
            story.flowsRunInTheNic();
            unfinished = story.theBinderIsKilledMidWay(binder);
        }
        try (JavaProgram binder = startBinder(node, "binder-2.log")) {
            say("the next binder looks after the VFs");
            new NodeStory(this, node, nic, names, explanations).theNextBinderGoesOn(unfinished);
        }
    }

    private static String datapath(StagedNode node) {
        return String.join(
                "\n",
                node.ovs().vsctl("show"),
                node.ovs().appctl("dpif/show"),
                node.ovs().appctl("upcall/show"),
                node.ovs().appctl("dpctl/dump-flows", "-m"),
                Programs.run("ip", "-d", "link", "show"),
                Programs.run("sh", "-c", "for l in /sys/class/net/*; do tc -s filter show dev ${l##*/} ingress; done"));
    }

    /** What the settings of a test ask of one PF. */
    static PrepareProperties.Pf asked(PciAddress pf, int vfs, String eswitch) {
        return asked(pf, vfs, eswitch, null, null, true, false);
    }

    /** The same, although the node's own traffic goes by the PF. */
    static PrepareProperties.Pf askedOfCarrier(PciAddress pf, int vfs, String eswitch) {
        return asked(pf, vfs, eswitch, null, null, true, true);
    }

    private static PrepareProperties.Pf asked(
            PciAddress pf,
            int vfs,
            String eswitch,
            @Nullable String steering,
            @Nullable String encap,
            boolean tcOffload,
            boolean evenIfItCarriesTheNode) {
        return new PrepareProperties.Pf(
                pf.value(),
                null,
                null,
                null,
                Map.of(),
                vfs,
                eswitch,
                steering,
                encap,
                tcOffload,
                null,
                null,
                "vfs-first",
                evenIfItCarriesTheNode);
    }

    private NodePreparation preparation(PrepareProperties.Pf... pfs) {
        return NodePreparation.of(
                new PrepareProperties(
                        List.of(pfs), false, Duration.ofSeconds(1), Duration.ZERO, Path.of("/run/udev-rules")),
                nics,
                host,
                () -> allotted,
                OVSDB,
                Set.of(),
                Map::of,
                Optional::empty);
    }

    Outcome prepare(PrepareProperties.Pf pf) {
        NodePreparation.Report report = preparation(pf).prepare();
        assertThat(report.unmatched()).isEmpty();
        return report.outcomes().get(0);
    }

    private void prepareInEveryWay() {
        // from nothing, in the order of the Kube-OVN page
        Outcome first = prepare(asked(PF0, 4, "switchdev"));
        assertThat(first.kind()).as(first.toString()).isEqualTo(Outcome.Kind.PREPARED);
        assertThat(first.messages()).isEmpty();
        say("PF0 prepared from nothing: " + first.done());

        Outcome again = prepare(asked(PF0, 4, "switchdev"));
        assertThat(again.kind()).as(again.toString()).isEqualTo(Outcome.Kind.NOTHING_TO_DO);
        say("a second preparation changes nothing");

        // firmware that wants no VFs while the mode changes
        LabNic.behave("vfs_last", 1);
        Outcome other = prepare(asked(PF1, 4, "switchdev"));
        LabNic.behave("vfs_last", 0);
        assertThat(other.kind()).as(other.toString()).isEqualTo(Outcome.Kind.PREPARED);
        assertThat(other.messages())
                .singleElement()
                .asString()
                .startsWith("cannot switch its eswitch from legacy to switchdev")
                .contains("EINVAL")
                .contains("newer firmware wants no VFs while the mode changes");
        say("PF1 prepared in the other order: " + other.messages());

        // back, and then firmware in trouble
        Outcome back = prepare(asked(PF1, 2, "legacy"));
        assertThat(back.kind()).as(back.toString()).isEqualTo(Outcome.Kind.PREPARED);
        LabNic.behave("refuse_mode", 1);
        Outcome failed = prepare(asked(PF1, 4, "switchdev"));
        LabNic.behave("refuse_mode", 0);
        assertThat(failed.kind()).as(failed.toString()).isEqualTo(Outcome.Kind.FAILED);
        assertThat(failed.messages())
                .anySatisfy(message -> assertThat(message)
                        .contains("Failed setting eswitch to offloads")
                        .contains("dmesg"))
                .contains("the PF is as it was before");
        assertThat(prepare(asked(PF1, 2, "legacy")).kind()).isEqualTo(Outcome.Kind.NOTHING_TO_DO);
        say("what the firmware refuses is taken back: " + failed.messages());

        // a failure after the mode was changed
        LabNic.behave("refuse_vfs", 1);
        Outcome half = prepare(asked(PF1, 3, "switchdev"));
        LabNic.behave("refuse_vfs", 0);
        assertThat(half.kind()).as(half.toString()).isEqualTo(Outcome.Kind.FAILED);
        say("VFs that cannot be bound: " + half.messages());
        Outcome mended = prepare(asked(PF1, 4, "switchdev"));
        assertThat(mended.kind()).as(mended.toString()).isEqualTo(Outcome.Kind.PREPARED);

        // others who use it
        Outcome tooMany = prepare(asked(PF1, 400, "switchdev"));
        assertThat(tooMany.kind()).isEqualTo(Outcome.Kind.REFUSED);
        assertThat(tooMany.messages())
                .singleElement()
                .asString()
                .contains("400 VFs are asked for")
                .contains("NUM_OF_VFS");

        steeringAndEncapAreSet();

        say(KernelsOwnWords.linksAreAsIpSays(host) + " links are read as ip reads them");
        say(KernelsOwnWords.portsAreAsDevlinkSays(new Devlink()) + " ports are read as devlink reads them");
        KernelsOwnWords.switchAndFeaturesAreAsTheySay(nics);
        say("eswitches and features are read as devlink and ethtool read them");
    }

    /** Of a PF with VFs in switchdev: steering wants legacy mode for its change. */
    private void steeringAndEncapAreSet() {
        Outcome set = prepare(asked(PF1, 4, "switchdev", "smfs", "none", true, false));
        assertThat(set.kind()).as(set.toString()).isEqualTo(Outcome.Kind.PREPARED);
        assertThat(KernelsOwnWords.steering(PF1)).isEqualTo("smfs");
        KernelsOwnWords.switchAndFeaturesAreAsTheySay(nics);
        assertThat(prepare(asked(PF1, 4, "switchdev", "smfs", "none", true, false))
                        .kind())
                .isEqualTo(Outcome.Kind.NOTHING_TO_DO);
        say("steering and encap are set: " + set.done());
        Outcome unknown = prepare(asked(PF1, 4, "switchdev", "hmfs", "none", true, false));
        assertThat(unknown.kind()).as(unknown.toString()).isEqualTo(Outcome.Kind.FAILED);
        assertThat(unknown.messages())
                .anySatisfy(message -> assertThat(message)
                        .contains("steering mode from smfs to hmfs")
                        .contains("steering is dmfs or smfs"))
                .contains("the PF is as it was before");
        assertThat(prepare(asked(PF1, 4, "switchdev", "smfs", "none", true, false))
                        .kind())
                .isEqualTo(Outcome.Kind.NOTHING_TO_DO);
        say("a steering mode that the device has not is taken back: " + unknown.messages());
        assertThat(prepare(asked(PF1, 4, "switchdev", "dmfs", "basic", true, false))
                        .kind())
                .isEqualTo(Outcome.Kind.PREPARED);
    }

    private void undo(PciAddress pf) {
        Outcome back = prepare(asked(pf, 0, "legacy", null, null, false, false));
        assertThat(back.isGood()).as(back.toString()).isTrue();
    }

    /** Ours, and beside it the same steps by the system's programs. */
    private void measurePreparation() {
        undo(PF1);
        long ours = millis(
                () -> assertThat(prepare(asked(PF1, 8, "switchdev")).kind()).isEqualTo(Outcome.Kind.PREPARED));
        undo(PF1);
        long programs = millis(() -> Programs.run("bash", "-euc", String.join("\n", byPrograms(PF1, 8))));
        assertThat(prepare(asked(PF1, 8, "switchdev")).kind()).isEqualTo(Outcome.Kind.NOTHING_TO_DO);
        figure("prepare a PF with 8 VFs", ours, programs, "devlink, ethtool and the shell");
    }

    private static List<String> byPrograms(PciAddress pf, int vfs) {
        return List.of(
                "cd /sys/bus/pci/devices/" + pf,
                "echo " + vfs + " >sriov_numvfs",
                "for vf in virtfn*; do basename $(readlink $vf) >/sys/bus/pci/drivers/labnic/unbind; done",
                "devlink dev eswitch set pci/" + pf + " mode switchdev",
                "for net in net/*; do if [ \"$(cat $net/phys_port_name)\" = p0 ]; then"
                        + " ethtool -K $(basename $net) hw-tc-offload on; fi; done",
                "for vf in virtfn*; do basename $(readlink $vf) >/sys/bus/pci/drivers/labnic/bind; done",
                "for net in net/*; do if [ \"$(cat $net/phys_port_name)\" != p0 ]; then"
                        + " ethtool -K $(basename $net) hw-tc-offload on; fi; done");
    }

    /** A pod until it is bound; and the same steps by the system's programs, until OVN has installed the port. */
    void measureBinding(IntFunction<Staged> bind, Consumer<Staged> end, StagedNode node, LabNic nic) {
        Staged first = bind.apply(3); // loads classes
        end.accept(first);
        awaitHome(nic, first);
        Staged staged = node.stage(3);
        long begun = System.nanoTime();
        node.run(staged);
        awaitInstalled(node, staged);
        long ours = (System.nanoTime() - begun) / 1_000_000;
        end.accept(staged);
        awaitHome(nic, staged);
        Staged byHand = node.stage(3);
        begun = System.nanoTime();
        Programs.run(
                "bash",
                "-euc",
                String.join(
                        "\n",
                        "ip link set " + byHand.vf() + " netns p3 name eth0 address " + byHand.mac(),
                        "ip -n p3 addr add " + byHand.ip() + "/16 dev eth0",
                        "ip -n p3 link set eth0 up",
                        "ovs-vsctl --db=unix:" + node.ovs().socket() + " add-port br-int " + byHand.representor()
                                + " -- set Interface " + byHand.representor() + " external_ids:iface-id="
                                + byHand.ifaceId(),
                        "ip link set " + byHand.representor() + " up"));
        awaitInstalled(node, byHand);
        long programs = (System.nanoTime() - begun) / 1_000_000;
        figure("bind a VF", ours, programs, "ip and ovs-vsctl");
        node.ovs().vsctl("del-port", "br-int", byHand.representor());
        Programs.run("ip", "-n", "p3", "link", "set", "eth0", "down", "netns", "1", "name", byHand.vf());
        end.accept(byHand);
        awaitHome(nic, byHand);
    }

    private static void awaitHome(LabNic nic, Staged staged) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> nic.netdev(staged.pci()).equals(Optional.of(staged.vf())));
    }

    private static void awaitInstalled(StagedNode node, Staged staged) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(50))
                .until(() -> node.ovs()
                        .externalId(staged.representor(), "ovn-installed")
                        .equals("true"));
    }

    private static long millis(Runnable work) {
        long begun = System.nanoTime();
        work.run();
        return (System.nanoTime() - begun) / 1_000_000;
    }

    private void figure(String what, long ours, long programs, String names) {
        say("measured: %s: %d ms, by %s %d ms, ratio %.2f"
                .formatted(what, ours, names, programs, ours / (double) programs));
    }

    /** What the checks of doctor find on this machine. */
    List<Finding> findings() {
        return Checks.ofNode(examination.facts());
    }

    /** From now on the pod holds these VFs, as far as preparation is told. */
    void allot(PodName pod, PciAddress... vfs) {
        allotted.put(pod, List.of(vfs));
    }

    JavaProgram startBinder(StagedNode node, String log) {
        List<String> arguments = new ArrayList<>(node.binderArguments());
        arguments.addAll(List.of(
                "--logging.level.io.podoffload=debug",
                "--pod-offload.resync=15s",
                "--pod-offload.proof=2s",
                "--pod-offload.prepare.on-start=true",
                "--pod-offload.prepare.udev-rules=/run/udev-rules",
                "--pod-offload.prepare.pfs[0].vendor=15b3",
                "--pod-offload.prepare.pfs[0].device=101d",
                "--pod-offload.prepare.pfs[0].vfs=4",
                "--pod-offload.prepare.pfs[0].eswitch=switchdev",
                "--pod-offload.prepare.pfs[0].hw-tc-offload=true",
                "--pod-offload.prepare.pfs[0].network-manager=unmanaged"));
        Map<String, String> environment = new HashMap<>(node.toApiServer());
        environment.put("JAVA_TOOL_OPTIONS", "-XX:SharedArchiveFile=" + classes);
        return new JavaProgram(binderJar, Path.of("/run/out", log), "looking after the VFs", environment, arguments)
                .awaitStarted();
    }

    void say(String text) {
        System.out.printf("[%5.1f s] %s%n", (System.nanoTime() - begin) / 1e9, text);
        System.out.flush();
    }
}
