package io.podoffload.binder.prepare;

import static org.assertj.core.api.Assertions.assertThat;

import io.podoffload.binder.nic.Eswitch;
import io.podoffload.binder.nic.PfSettings;
import io.podoffload.binder.nic.PhysicalFunction;
import io.podoffload.binder.nic.PreparationStep;
import io.podoffload.binder.nic.Use;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PfPreparationTest {

    private static PfSettings switchdev(int vfs) {
        return settings(vfs, Eswitch.Mode.SWITCHDEV, PfSettings.Order.VFS_FIRST);
    }

    private static PfSettings settings(int vfs, Eswitch.Mode mode, PfSettings.Order order) {
        return new PfSettings(
                OptionalInt.of(vfs),
                Optional.of(mode),
                Optional.empty(),
                Optional.empty(),
                Optional.of(true),
                OptionalInt.empty(),
                order,
                false);
    }

    private static PfPreparation preparation(ModelNic nic, Use... uses) {
        return new PfPreparation(nic, pf -> List.of(uses), Duration.ZERO, Duration.ZERO);
    }

    private static Outcome prepare(ModelNic nic, PfSettings settings) {
        return preparation(nic).prepare(ModelNic.PF, settings);
    }

    @Test
    void fromNothingItGoesTheWayOfTheKubeOvnPage() {
        ModelNic nic = new ModelNic();

        Outcome outcome = prepare(nic, switchdev(4));

        assertThat(outcome.kind()).isEqualTo(Outcome.Kind.PREPARED);
        assertThat(outcome.done())
                .extracting(PreparationStep::text)
                .containsExactly(
                        "make 4 VFs, bound to no driver",
                        "switch its eswitch from legacy to switchdev",
                        "set hw-tc-offload of its uplink on",
                        "set hw-tc-offload of its representors on",
                        "bind its VFs to their driver");
    }

    @Test
    void asSwitchdevFirstVfsComeWhenTheModeIsThere() {
        Outcome outcome = prepare(
                new ModelNic(2, Eswitch.Mode.LEGACY, false),
                settings(4, Eswitch.Mode.SWITCHDEV, PfSettings.Order.SWITCHDEV_FIRST));

        assertThat(outcome.done())
                .extracting(PreparationStep::text)
                .containsExactly(
                        "remove its 2 VFs",
                        "switch its eswitch from legacy to switchdev",
                        "set hw-tc-offload of its uplink on",
                        "make 4 VFs, bound to no driver",
                        "set hw-tc-offload of its representors on",
                        "bind its VFs to their driver");
    }

    @Test
    void theSecondTimeNothingIsDone() {
        ModelNic nic = new ModelNic();
        prepare(nic, switchdev(4));
        int changes = nic.changes;

        assertThat(prepare(nic, switchdev(4)).kind()).isEqualTo(Outcome.Kind.NOTHING_TO_DO);
        assertThat(nic.changes).isEqualTo(changes);
    }

    @Test
    void vfsThatAreThereAlreadyAreKept() {
        ModelNic nic = new ModelNic(4, Eswitch.Mode.LEGACY, false);

        assertThat(prepare(nic, switchdev(4)).done())
                .noneMatch(step -> step instanceof PreparationStep.VfCount)
                .contains(new PreparationStep.UnbindVfs(), new PreparationStep.BindVfs());
    }

    @ParameterizedTest
    @EnumSource(PfSettings.Order.class)
    void whicheverOrderTheFirmwareWantsIsFound(PfSettings.Order first) {
        ModelNic newer = new ModelNic(2, Eswitch.Mode.LEGACY, false);
        newer.vfsLast = true;
        ModelNic older = new ModelNic();
        older.vfsFirst = true;

        for (ModelNic nic : List.of(newer, older)) {
            Outcome outcome = prepare(nic, settings(4, Eswitch.Mode.SWITCHDEV, first));

            assertThat(outcome.kind()).as(outcome.toString()).isEqualTo(Outcome.Kind.PREPARED);
            assertThat(prepare(nic, settings(4, Eswitch.Mode.SWITCHDEV, first)).kind())
                    .isEqualTo(Outcome.Kind.NOTHING_TO_DO);
        }
    }

    @Test
    void aBusyEswitchIsAskedAgain() {
        ModelNic nic = new ModelNic();
        nic.busy = 1;

        Outcome outcome = new PfPreparation(nic, pf -> List.of(), Duration.ofSeconds(30), Duration.ZERO)
                .prepare(ModelNic.PF, switchdev(4));

        assertThat(outcome.kind()).isEqualTo(Outcome.Kind.PREPARED);
        assertThat(outcome.messages()).isEmpty();
    }

    /** When a node boots, the kubelet and ovsdb-server may be there later than the binder. */
    @Test
    void whoDoesNotAnswerYetIsAskedAgain() {
        ModelNic nic = new ModelNic();
        AtomicInteger asked = new AtomicInteger();
        Use unknown = new Use(Use.Kind.UNKNOWN, "the kubelet does not answer");

        Outcome outcome = new PfPreparation(
                        nic,
                        pf -> asked.incrementAndGet() == 1 ? List.of(unknown) : List.of(),
                        Duration.ZERO,
                        Duration.ofSeconds(30))
                .prepare(ModelNic.PF, switchdev(4));

        assertThat(outcome.kind()).isEqualTo(Outcome.Kind.PREPARED);
    }

    @Test
    void whoUsesThePfIsNotAskedAgain() {
        AtomicInteger asked = new AtomicInteger();
        Use pod = new Use(Use.Kind.ALLOTTED, "pod default/web holds VF 0000:03:00.2");
        Use unknown = new Use(Use.Kind.UNKNOWN, "ovsdb-server does not answer");

        Outcome outcome = new PfPreparation(
                        new ModelNic(),
                        pf -> {
                            asked.incrementAndGet();
                            return List.of(pod, unknown);
                        },
                        Duration.ZERO,
                        Duration.ofSeconds(30))
                .prepare(ModelNic.PF, switchdev(4));

        assertThat(outcome.kind()).isEqualTo(Outcome.Kind.REFUSED);
        assertThat(asked).hasValue(1);
    }

    /** By the kubelet, between the look at who uses the PF and the step that takes the VF away. */
    @Test
    void aPodThatIsAdmittedMeanwhileKeepsItsVf() {
        ModelNic nic = new ModelNic(2, Eswitch.Mode.LEGACY, false);
        AtomicInteger asked = new AtomicInteger();
        Use pod = new Use(Use.Kind.ALLOTTED, "pod default/web holds VF 0000:03:00.2");
        PfSettings settings = settings(4, Eswitch.Mode.SWITCHDEV, PfSettings.Order.SWITCHDEV_FIRST);

        Outcome outcome = new PfPreparation(
                        nic,
                        pf -> asked.incrementAndGet() == 1 ? List.of() : List.of(pod),
                        Duration.ZERO,
                        Duration.ZERO)
                .prepare(ModelNic.PF, settings);

        assertThat(outcome.kind()).isEqualTo(Outcome.Kind.FAILED);
        assertThat(outcome.messages())
                .containsExactly(
                        "cannot remove its 2 VFs: pod default/web holds VF 0000:03:00.2", "the PF is as it was before");
        assertThat(nic.changes).isZero();
    }

    /** VFs that the preparation has just made, and bound to no driver, no pod can have: nobody is asked. */
    @Test
    void aKubeletThatDoesNotRunYetKeepsNoPfWithoutVfsFromBeingPrepared() {
        ModelNic nic = new ModelNic();
        nic.vfsFirst = true;
        Use unknown = new Use(Use.Kind.UNKNOWN, "the kubelet does not answer");

        Outcome outcome = new PfPreparation(
                        nic, pf -> pf.vfs().isEmpty() ? List.of() : List.of(unknown), Duration.ZERO, Duration.ZERO)
                .prepare(ModelNic.PF, switchdev(4));

        assertThat(outcome.kind()).as(outcome.toString()).isEqualTo(Outcome.Kind.PREPARED);
    }

    @Test
    void aPodThatIsAdmittedWhileTheDeviceIsBusyKeepsItsVf() {
        ModelNic nic = new ModelNic(2, Eswitch.Mode.LEGACY, false);
        nic.busy = 1_000;
        AtomicInteger asked = new AtomicInteger();
        Use pod = new Use(Use.Kind.ALLOTTED, "pod default/web holds VF 0000:03:00.2");

        Outcome outcome = new PfPreparation(
                        nic,
                        pf -> asked.incrementAndGet() < 5 ? List.of() : List.of(pod),
                        Duration.ofSeconds(30),
                        Duration.ZERO)
                .prepare(ModelNic.PF, switchdev(2));

        assertThat(outcome.kind()).isEqualTo(Outcome.Kind.FAILED);
        assertThat(outcome.messages().get(0)).endsWith("pod default/web holds VF 0000:03:00.2");
    }

    @Test
    void aSwitchThatStaysBusyIsToldOfWithTheCause() {
        ModelNic nic = new ModelNic();
        nic.busy = 1_000;

        Outcome outcome = prepare(nic, switchdev(4));

        assertThat(outcome.kind()).isEqualTo(Outcome.Kind.FAILED);
        assertThat(outcome.messages().get(0))
                .contains("EBUSY (Can't change mode, E-Switch is busy)")
                .contains("stop Open vSwitch or take the PF out of its bridges");
        assertThat(nic.pf(ModelNic.PF).vfs()).isEmpty();
    }

    @Test
    void steeringChangesInLegacyModeOnly() {
        ModelNic nic = new ModelNic(4, Eswitch.Mode.SWITCHDEV, true);
        PfSettings smfs = new PfSettings(
                OptionalInt.empty(),
                Optional.of(Eswitch.Mode.SWITCHDEV),
                Optional.of("smfs"),
                Optional.empty(),
                Optional.of(true),
                OptionalInt.of(9000),
                PfSettings.Order.VFS_FIRST,
                false);

        Outcome outcome = prepare(nic, smfs);

        assertThat(outcome.kind()).as(outcome.toString()).isEqualTo(Outcome.Kind.PREPARED);
        assertThat(outcome.done())
                .extracting(PreparationStep::text)
                .containsExactly(
                        "unbind its VFs from their driver",
                        "switch its eswitch from switchdev to legacy",
                        "set its steering mode from dmfs to smfs",
                        "switch its eswitch from legacy to switchdev",
                        "set hw-tc-offload of its uplink on",
                        "set hw-tc-offload of its representors on",
                        "bind its VFs to their driver",
                        "set the MTU of its uplink to 9000");
    }

    @Test
    void whatIsUsedIsNotTaken() {
        ModelNic nic = new ModelNic(4, Eswitch.Mode.SWITCHDEV, true);
        Use pod = new Use(Use.Kind.ALLOTTED, "pod default/a holds VF 0000:03:00.2");
        Use route = new Use(Use.Kind.DEFAULT_ROUTE, "the node's default route goes by enp3s0f0");

        assertThat(preparation(nic, pod).prepare(ModelNic.PF, switchdev(8)))
                .isEqualTo(new Outcome(ModelNic.PF, Outcome.Kind.REFUSED, List.of(), List.of(pod.text())));
        assertThat(preparation(nic, route).prepare(ModelNic.PF, switchdev(8)).kind())
                .as("more VFs do not cut the uplink")
                .isEqualTo(Outcome.Kind.PREPARED);
        assertThat(preparation(new ModelNic(), route)
                        .prepare(ModelNic.PF, switchdev(8))
                        .messages())
                .containsExactly(route.text());
        assertThat(preparation(nic, pod, route)
                        .prepare(ModelNic.PF, switchdev(8))
                        .kind())
                .as("nothing to do is never refused")
                .isEqualTo(Outcome.Kind.NOTHING_TO_DO);
    }

    @Test
    void whatIsHarmlessIsDoneUnderRunningPods() {
        ModelNic nic = new ModelNic(4, Eswitch.Mode.SWITCHDEV, false);
        Use pod = new Use(Use.Kind.ALLOTTED, "pod default/a holds VF 0000:03:00.2");

        assertThat(preparation(nic, pod).prepare(ModelNic.PF, switchdev(4)).done())
                .extracting(PreparationStep::text)
                .containsExactly("set hw-tc-offload of its uplink on", "set hw-tc-offload of its representors on");
    }

    @Test
    void anMtuThatShrinksIsRefusedUnderPodsAndAnyChangeOfItUnderTheNode() {
        Use pod = new Use(Use.Kind.ALLOTTED, "pod default/a holds VF 0000:03:00.2");
        Use address = new Use(Use.Kind.ADDRESS, "enp3s0f0 has 192.0.2.1");

        assertThat(preparation(new ModelNic(), pod)
                        .prepare(ModelNic.PF, mtu(1400))
                        .messages())
                .containsExactly(pod.text());
        assertThat(preparation(new ModelNic(), pod)
                        .prepare(ModelNic.PF, mtu(9000))
                        .kind())
                .isEqualTo(Outcome.Kind.PREPARED);
        for (int mtu : new int[] {1400, 9000}) {
            assertThat(preparation(new ModelNic(), address)
                            .prepare(ModelNic.PF, mtu(mtu))
                            .messages())
                    .containsExactly(address.text());
        }
    }

    private static PfSettings mtu(int mtu) {
        return new PfSettings(
                OptionalInt.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                OptionalInt.of(mtu),
                PfSettings.Order.VFS_FIRST,
                false);
    }

    @Test
    void itMayCutTheNodeWhereItIsToldTo() {
        PfSettings told = new PfSettings(
                OptionalInt.of(4),
                Optional.of(Eswitch.Mode.SWITCHDEV),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                OptionalInt.empty(),
                PfSettings.Order.VFS_FIRST,
                true);
        Use tunnel = new Use(Use.Kind.TUNNEL_ADDRESS, "enp3s0f0 has 192.0.2.1");

        assertThat(preparation(new ModelNic(), tunnel)
                        .prepare(ModelNic.PF, told)
                        .kind())
                .isEqualTo(Outcome.Kind.PREPARED);
    }

    @Test
    void moreThanTheFirmwareAllowsIsRefusedBeforeAnythingIsTouched() {
        ModelNic nic = new ModelNic();

        Outcome outcome = prepare(nic, switchdev(128));

        assertThat(outcome.kind()).isEqualTo(Outcome.Kind.REFUSED);
        assertThat(outcome.messages())
                .singleElement()
                .asString()
                .contains("allows 127")
                .contains("mlxconfig");
        assertThat(nic.changes).isZero();
    }

    /** From any state to any other, by whichever firmware; and where one change fails, all of it or nothing. */
    @Test
    void fromAnywhereToAnywhereAllOfItOrNothing() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 2_000; round++) {
            ModelNic nic = new ModelNic(random.nextInt(5), mode(random), random.nextBoolean());
            nic.vfsLast = random.nextInt(4) == 0;
            nic.vfsFirst = !nic.vfsLast && random.nextInt(4) == 0;
            nic.failAt = random.nextInt(3) == 0 ? 1 + random.nextInt(8) : 0;
            nic.failsOddly = random.nextInt(4) == 0;
            PfSettings wanted = new PfSettings(
                    random.nextInt(4) == 0 ? OptionalInt.empty() : OptionalInt.of(random.nextInt(5)),
                    random.nextInt(4) == 0 ? Optional.empty() : Optional.of(mode(random)),
                    random.nextBoolean() ? Optional.empty() : Optional.of(random.nextBoolean() ? "smfs" : "dmfs"),
                    random.nextBoolean() ? Optional.empty() : Optional.of(random.nextBoolean()),
                    random.nextInt(4) == 0 ? Optional.empty() : Optional.of(random.nextBoolean()),
                    random.nextBoolean() ? OptionalInt.empty() : OptionalInt.of(9000),
                    random.nextBoolean() ? PfSettings.Order.VFS_FIRST : PfSettings.Order.SWITCHDEV_FIRST,
                    false);
            PhysicalFunction before = nic.pf(ModelNic.PF);

            Outcome outcome = prepare(nic, wanted);

            String story = "seed " + seed + ", round " + round + ": " + before + " to " + wanted + ": " + outcome;
            if (outcome.isGood()) {
                assertThat(preparation(nic).plan(ModelNic.PF, wanted).steps())
                        .as(story)
                        .isEmpty();
            } else {
                assertThat(nic.failAt > 0 || nic.vfsFirst || nic.vfsLast)
                        .as(story)
                        .isTrue();
                assertThat(outcome.messages()).as(story).containsAll(before.differencesTo(nic.pf(ModelNic.PF)));
                if (!nic.vfsFirst && !nic.vfsLast) { // else the one failure may befall the way back
                    assertThat(before.differencesTo(nic.pf(ModelNic.PF)))
                            .as(story)
                            .isEmpty();
                }
            }
        }
    }

    private static Eswitch.Mode mode(Random random) {
        return random.nextBoolean() ? Eswitch.Mode.SWITCHDEV : Eswitch.Mode.LEGACY;
    }
}
