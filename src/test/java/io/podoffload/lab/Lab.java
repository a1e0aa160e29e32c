package io.podoffload.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.binding.PodName;
import io.podoffload.binder.kernel.Devlink;
import io.podoffload.binder.kernel.Links;
import io.podoffload.binder.kernel.SysfsNics;
import io.podoffload.binder.prepare.NodePreparation;
import io.podoffload.binder.prepare.Outcome;
import io.podoffload.binder.prepare.PrepareProperties;
import io.podoffload.sim.JavaProgram;
import io.podoffload.sim.Nic;
import io.podoffload.sim.OpenVSwitch;
import io.podoffload.sim.Programs;
import io.podoffload.sim.StagedNode;
import io.podoffload.sim.StagedNode.Staged;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The story of a node with two PFs, on a real kernel: from nothing to pods whose flows are in the NIC, and through every
 * death that can befall them. Each chapter begins where the one before it ended.
 */
public final class Lab {

    private static final PciAddress PF0 = new PciAddress("0000:01:00.0");
    private static final PciAddress PF1 = new PciAddress("0000:02:00.0");
    private static final long PATIENCE_SECONDS = 180;
    private static final long LOOK_EVERY_MILLIS = 50;

    private final long begin = System.nanoTime();
    private final Path binderJar;
    private final Links host = Links.ofHost();
    private final SysfsNics nics = new SysfsNics(Path.of("/sys"), new Devlink(), host);
    private final Map<PodName, List<PciAddress>> allotted = new HashMap<>();
    private final List<String> figures = new ArrayList<>();

    private Lab(Path binderJar) {
        this.binderJar = binderJar;
    }

    /** @param arguments the binder's extracted jar */
    public static void main(String[] arguments) throws Exception {
        Lab lab = new Lab(Path.of(arguments[0]));
        try {
            lab.run();
        } catch (Throwable e) {
            e.printStackTrace();
            System.out.println(Programs.run("sh", "-c", "tail -n 60 /run/out/*.log; dmesg | tail -n 30"));
            System.exit(1);
        }
        System.exit(0);
    }

    private void run() throws Exception {
        say("the JVM runs");
        prepareInEveryWay();
        try (StagedNode node = new StagedNode(
                        OpenVSwitch.Datapath.KERNEL, sysfs -> new LabNic(PF0), Map.of());
                JavaProgram binder = startBinder(node, "binder.log")) {
            new NodeStory(this, node, binder).tell();
        }
    }

    /** What the settings of a test ask of one PF. */
    private static PrepareProperties.Pf asked(PciAddress pf, int vfs, String eswitch) {
        return new PrepareProperties.Pf(
                pf.value(), null, null, null, Map.of(), vfs, eswitch, null, null, true, null, null, "vfs-first", false);
    }

    private NodePreparation preparation(PrepareProperties.Pf... pfs) {
        return NodePreparation.of(
                new PrepareProperties(List.of(pfs), false, Duration.ofSeconds(1), Path.of("/run/udev-rules")),
                nics,
                host,
                () -> allotted,
                Path.of("/run/bench/ovs/db.sock"),
                Map::of);
    }

    private Outcome prepare(PrepareProperties.Pf pf) {
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

        say(KernelsOwnWords.linksAreAsIpSays(host) + " links are read as ip reads them");
        say(KernelsOwnWords.portsAreAsDevlinkSays(new Devlink()) + " ports are read as devlink reads them");
        KernelsOwnWords.switchAndFeaturesAreAsTheySay(nics);
        say("eswitches and features are read as devlink and ethtool read them");
    }

    JavaProgram startBinder(StagedNode node, String log) {
        List<String> arguments = new ArrayList<>(node.binderArguments());
        arguments.add("--logging.level.io.podoffload=debug");
        return new JavaProgram(
                        binderJar, Path.of("/run/out", log), "looking after the VFs", node.toApiServer(), arguments)
                .awaitStarted();
    }

    void say(String text) {
        System.out.printf("[%5.1f s] %s%n", (System.nanoTime() - begin) / 1e9, text);
        System.out.flush();
    }
}
