package io.podoffload.binder.binding;

import static io.podoffload.binder.binding.World.ADDRESS;
import static io.podoffload.binder.binding.World.IFACE_ID;
import static io.podoffload.binder.binding.World.MARK;
import static io.podoffload.binder.binding.World.NETNS;
import static io.podoffload.binder.binding.World.ORIGINAL;
import static io.podoffload.binder.binding.World.PCI;
import static io.podoffload.binder.binding.World.POD;
import static io.podoffload.binder.binding.World.POD_MAC;
import static io.podoffload.binder.binding.World.REPRESENTOR;
import static io.podoffload.binder.binding.World.SANDBOX;
import static org.assertj.core.api.Assertions.assertThat;

import io.podoffload.binder.binding.PodNetwork.DefaultRoute;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BindingPlannerTest {

    private static final Route DEFAULT_ROUTE = Route.byDefault("10.16.0.1");
    private static final PodInterface NET1 = pod("net1");
    private static final PodInterface NET1_WITH_ROUTE = pod("net1", DEFAULT_ROUTE);
    private static final PodInterface ETH0_WITH_ROUTE = pod("eth0", DEFAULT_ROUTE);
    private static final Step CONFIGURE = new Step.ConfigureInPod(NETNS, NET1);

    private static final Map<String, String> BOUND_IDS = ids(MARK.externalIds(), "iface-id", IFACE_ID);

    private static PodInterface pod(String name, Route... routes) {
        return new PodInterface(name, 1400, POD_MAC, List.of(ADDRESS), List.of(routes), MARK.alias());
    }

    private static Map<String, String> ids(Map<String, String> ids, String key, String value) {
        Map<String, String> more = new HashMap<>(ids);
        more.put(key, value);
        return more;
    }

    @Nested
    class Bind {

        @Test
        void aFreeVfIsRecordedMarkedMovedConfiguredAttachedAndOnlyThenBroughtUp() {
            assertThat(new World().plan().steps())
                    .containsExactly(
                            new Step.NoteVf(REPRESENTOR, World.HELD),
                            new Step.RecordBinding(REPRESENTOR, MARK),
                            new Step.MarkVf("eth2", MARK),
                            new Step.MoveIntoPod("eth2", NETNS, NET1),
                            CONFIGURE,
                            new Step.Attach(REPRESENTOR, IFACE_ID),
                            new Step.RepresentorUp(REPRESENTOR, 1400));
        }

        @Test
        void aRepresentorThatIsUpGoesDownBeforeItsRowIsMade() {
            assertThat(new World().representorUp(1500).plan().steps())
                    .startsWith(
                            new Step.NoteVf(REPRESENTOR, World.HELD),
                            new Step.RepresentorDown(REPRESENTOR),
                            new Step.RecordBinding(REPRESENTOR, MARK));
        }

        @Test
        void theAdminMacIsSetWhereTheDeviceHasOne() {
            Plan plan = new World().adminMac("00:00:00:00:00:00").plan();

            assertThat(plan.steps()).contains(new Step.SetAdminMac(PCI, POD_MAC));
            assertThat(((Step.RecordBinding) plan.steps().get(1))
                            .mark()
                            .original()
                            .adminMac())
                    .hasValue(new MacAddress("00:00:00:00:00:00"));
        }

        @Test
        void aVfThatWasChangedJustBeforeIsNotedAnew() {
            World renamed = new World().vfAtHome(World.vf("eth9", 1500, ORIGINAL.mac(), false, ""));

            assertThat(renamed.plan().steps().get(0))
                    .isEqualTo(new Step.NoteVf(
                            REPRESENTOR,
                            VfNote.held(new OwnerMark(
                                    POD.uid(),
                                    SANDBOX,
                                    PCI,
                                    NETNS,
                                    new VfIdentity("eth9", 1500, ORIGINAL.mac(), Optional.empty()),
                                    World.BOOT))));
        }

        @Test
        void withoutAnEth0TheVfBecomesEth0AndTakesTheDefaultRoute() {
            assertThat(new World().podHas(Set.of("lo"), false).plan().steps())
                    .contains(
                            new Step.MoveIntoPod("eth2", NETNS, ETH0_WITH_ROUTE),
                            new Step.ConfigureInPod(NETNS, ETH0_WITH_ROUTE));
        }

        @Test
        void aDefaultRouteOfOneFamilyLeavesTheOtherToTheVf() {
            Desired.Binding dual = World.dualStack();

            assertThat(new World()
                            .wanting(dual)
                            .podHasDefaultRoutes(Route.DEFAULT_IPV4)
                            .plan()
                            .steps())
                    .filteredOn(step -> step instanceof Step.ConfigureInPod)
                    .singleElement()
                    .isInstanceOfSatisfying(
                            Step.ConfigureInPod.class,
                            step -> assertThat(step.target().routes())
                                    .containsExactly(new Route(Route.DEFAULT_IPV6, "fd00::1")));
        }

        @Test
        void anotherInterfacesDefaultRouteStaysUnlessTheAnnotationSaysSo() {
            assertThat(new World().plan().steps()).contains(CONFIGURE);
            assertThat(new World()
                            .wanting(World.binding(DefaultRoute.YES))
                            .plan()
                            .steps())
                    .contains(new Step.ConfigureInPod(NETNS, NET1_WITH_ROUTE));
            assertThat(new World()
                            .wanting(World.binding(DefaultRoute.NO))
                            .podHas(Set.of("lo", "eth0"), false)
                            .plan()
                            .steps())
                    .contains(CONFIGURE);
        }

        @Test
        void anInterfaceNameThatIsTakenIsPassedOver() {
            assertThat(new World()
                            .podHas(Set.of("lo", "eth0", "net1"), true)
                            .plan()
                            .steps())
                    .contains(new Step.MoveIntoPod("eth2", NETNS, pod("net2")));
        }

        @Test
        void killedAfterTheRowWasMadeItGoesOnFromThere() {
            assertThat(new World().ourRow(0).plan().steps())
                    .startsWith(new Step.MarkVf("eth2", MARK), new Step.MoveIntoPod("eth2", NETNS, NET1));
        }

        @Test
        void killedAfterTheMoveItOnlyConfiguresAttachesAndBringsUp() {
            assertThat(new World()
                            .ourRow(2)
                            .vfInPod("net1", false, Set.of(), Set.of())
                            .plan()
                            .steps())
                    .containsExactly(
                            CONFIGURE,
                            new Step.Attach(REPRESENTOR, IFACE_ID),
                            new Step.RepresentorUp(REPRESENTOR, 1400));
        }

        @Test
        void aVfWhoseMtuOrMacWasChangedInThePodIsSetRight() {
            Link changed = World.vf("net1", 1500, POD_MAC, true, MARK.alias());

            assertThat(bound().vfInPod(changed, Set.of(ADDRESS), Set.of())
                            .plan()
                            .steps())
                    .containsExactly(CONFIGURE);
        }

        @Test
        void aBoundVfNeedsNothing() {
            Plan plan = bound().plan();

            assertThat(plan.steps()).isEmpty();
            assertThat(plan.reason()).isEqualTo(Reason.Bound);
        }

        @Test
        void aRouteThatIsLeftOutIsToldForAsLongAsTheAnnotationHasIt() {
            Plan plan = bound().wanting(World.withUnusableRoute("{\"gw\":\"example\"}"))
                    .plan();

            assertThat(plan.reason()).isEqualTo(Reason.Bound);
            assertThat(plan.detail())
                    .contains("without unusable routes {\"gw\":\"example\"}")
                    .doesNotContain("changed since");
        }

        /** A pod without NET_ADMIN would get any address and MAC by editing its own annotations. */
        @Test
        void whatASandboxWasBoundWithStaysWhateverBecomesOfItsAnnotations() {
            Plan plan = bound().wanting(World.elsewhere(SANDBOX)).plan();

            assertThat(plan.steps()).isEmpty();
            assertThat(plan.reason()).isEqualTo(Reason.Bound);
            assertThat(plan.detail()).contains("have changed since").contains(IFACE_ID);
        }

        @Test
        void theNextSandboxIsBoundWithWhatTheAnnotationsSayThen() {
            assertThat(new World().wanting(World.elsewhere("ffff")).plan().steps())
                    .contains(new Step.Attach(REPRESENTOR, "other.default.default.default.ovn"));
        }

        @Test
        void aPodWhoseAnnotationBreaksIsToldSoAndStaysBound() {
            Plan plan = bound().wanting(
                            new Desired.Pending(POD, Reason.BadAnnotation, "annotation x: 'y' is no IP address"))
                    .owner(true, false, false, Duration.ZERO)
                    .plan();

            assertThat(plan).isEqualTo(Plan.nothing(Reason.BadAnnotation, "annotation x: 'y' is no IP address"));
        }

        @Test
        void untilOvnHasInstalledThePortItIsNotBound() {
            assertThat(inPod().ourRow(2, "iface-id", IFACE_ID).plan())
                    .isEqualTo(Plan.nothing(
                            Reason.WaitingForOvn,
                            "VF 0000:03:00.2 is net1 in the pod, representor pf0vf0, OVN port " + IFACE_ID));
        }

        @Test
        void aPortThatVswitchdCouldNotOpenIsAFailure() {
            assertThat(inPod().ourRow(-1, "iface-id", IFACE_ID).plan().reason()).isEqualTo(Reason.PortFailed);
        }

        @Test
        void anIfaceIdThatWasStrippedIsPutBack() {
            assertThat(inPod().ourRow(2).plan().steps()).containsExactly(new Step.Attach(REPRESENTOR, IFACE_ID));
        }

        @Test
        void aRowThatWasDeletedIsMadeAgainFromTheMarkOnTheVf() {
            assertThat(inPod().plan().steps())
                    .containsExactly(
                            new Step.RepresentorDown(REPRESENTOR),
                            new Step.RecordBinding(REPRESENTOR, MARK),
                            new Step.Attach(REPRESENTOR, IFACE_ID));
        }

        @Test
        void aVfThatCannotBeSeenIsWaitedFor() {
            assertThat(new World().vfAway().plan()).isEqualTo(Plan.nothing(Reason.WaitingForVf, PCI.value()));
        }

        private World inPod() {
            return new World().vfInPod("net1", true, Set.of(ADDRESS), Set.of()).representorUp(1400);
        }

        private World bound() {
            return inPod().ourRow(
                            2, "iface-id", IFACE_ID, "ovn-installed", "true", "pod-offload-announced", "installed");
        }

        @Test
        void itsAddressesAreAnnouncedEachTimeThatOvnHasInstalledThePortAnew() {
            World installed =
                    inPod().ourRow(2, "iface-id", IFACE_ID, "ovn-installed", "true", "ovn-installed-ts", "17");

            assertThat(installed.plan().steps()).containsExactly(new Step.Announce(NETNS, NET1, REPRESENTOR, "17"));
            assertThat(installed
                            .ourRow(
                                    2,
                                    "iface-id",
                                    IFACE_ID,
                                    "ovn-installed",
                                    "true",
                                    "ovn-installed-ts",
                                    "17",
                                    "pod-offload-announced",
                                    "17")
                            .plan()
                            .steps())
                    .isEmpty();
        }

        @Test
        void anAliasThatSomebodyOverwroteIsWrittenAgainFromTheRow() {
            assertThat(bound().vfInPod(World.vf("net1", 1400, POD_MAC, true, "mine now"), Set.of(ADDRESS), Set.of())
                            .plan()
                            .steps())
                    .containsExactly(CONFIGURE);
        }

        @Test
        void aRowThatSomebodyEditedIsWrittenAgainFromTheNoteOnTheRepresentor() {
            assertThat(inPod().row("", 2, "", "iface-id", IFACE_ID).plan().steps())
                    .containsExactly(new Step.MarkRow(REPRESENTOR, Map.of("iface-id", IFACE_ID), MARK.externalIds()));
        }

        @Test
        void aVfOfAUserspaceDriverGetsRepresentorAndAdminMacOnly() {
            Plan plan = new World().userspace().adminMac("00:00:00:00:00:00").plan();

            assertThat(plan.steps())
                    .extracting(step -> step.getClass().getSimpleName())
                    .containsExactly("RecordBinding", "SetAdminMac", "Attach", "RepresentorUp");
        }

        @Test
        void aPortOfADeadSandboxLosesTheIfaceIdFirst() {
            assertThat(new World()
                            .rivalOf(new Observed.Owner(false, true, true, Duration.ZERO))
                            .plan()
                            .steps())
                    .containsExactly(new Step.Detach("dead_h", Map.of("iface-id", IFACE_ID)));
        }

        @Test
        void aPortOfALivingSandboxKeepsTheIfaceId() {
            assertThat(new World()
                            .rivalOf(new Observed.Owner(true, false, true, Duration.ZERO))
                            .plan()
                            .steps())
                    .isEmpty();
            assertThat(new World()
                            .rivalOf(new Observed.Owner(false, true, false, Duration.ZERO))
                            .plan()
                            .reason())
                    .isEqualTo(Reason.BoundByAnother);
        }
    }

    @Nested
    class Adopt {

        @Test
        void whatKubeOvnBoundGetsOnlyTheBindersKeys() {
            World world = new World().vfAway().representorUp(1400).kubeOvnRow(NETNS, "ovn-installed", "true");

            assertThat(world.plan().steps()).singleElement().isInstanceOfSatisfying(Step.MarkRow.class, step -> {
                assertThat(step.keys())
                        .isEqualTo(Map.of(
                                "pod-offload-owner",
                                "adopted",
                                "pod-offload-pod-uid",
                                POD.uid(),
                                "pod-offload-sandbox",
                                SANDBOX,
                                "pod-offload-pci",
                                PCI.value(),
                                "pod-offload-network",
                                MARK.externalIds().get("pod-offload-network")));
                assertThat(step.expected())
                        .as("all but what ovn-controller writes at any time")
                        .isEqualTo(Map.of(
                                "vendor",
                                "kube-ovn",
                                "pod_name",
                                "nginx",
                                "pod_namespace",
                                "default",
                                "pod_netns",
                                NETNS,
                                "iface-id",
                                IFACE_ID));
            });
        }

        /** A pause keeps the binder from writing them, and no pod becomes unready for that. */
        @Test
        void whatOnlyLacksTheBindersKeysIsAdoptedAlready() {
            World world = new World().vfAway().representorUp(1400).kubeOvnRow(NETNS, "ovn-installed", "true");

            assertThat(world.plan().paused("Node n is paused").reason()).isEqualTo(Reason.Adopted);
            assertThat(world.plan().paused("Node n is paused").steps()).isEmpty();
            World repaired = new World().vfAway().kubeOvnRow(NETNS, "ovn-installed", "true");
            assertThat(repaired.plan().paused("Node n is paused")).satisfies(plan -> {
                assertThat(plan.reason()).isEqualTo(Reason.Paused);
                assertThat(plan.detail())
                        .startsWith("Node n is paused; to do is ")
                        .contains(" up");
                assertThat(plan.steps()).isEmpty();
            });
        }

        @Test
        void anAdoptedVfNeedsNothing() {
            assertThat(adopted("ovn-installed", "true").plan().steps()).isEmpty();
            assertThat(adopted("ovn-installed", "true").plan().reason()).isEqualTo(Reason.Adopted);
            assertThat(adopted("x", "y").plan().reason()).isEqualTo(Reason.WaitingForOvn);
        }

        @Test
        void whileTheSandboxIsBeingMadeNothingIsTouched() {
            Desired pending = new Desired.Pending(POD, Reason.WaitingForSandbox, "");

            assertThat(new World().wanting(pending).kubeOvnRow(NETNS).plan().steps())
                    .isEmpty();
            assertThat(new World().wanting(pending).plan().steps()).isEmpty();
        }

        @Test
        void theAdminMacOfAnAdoptedPodDoesNotFollowItsAnnotations() {
            World adopted = adopted("ovn-installed", "true").adminMac(POD_MAC.value());
            Map<String, String> ids =
                    new HashMap<>(adopted.observed().port().orElseThrow().externalIds());
            ids.put("pod-offload-network", String.valueOf(MARK.externalIds().get("pod-offload-network")));

            Plan plan = adopted.row("", 3, "", ids)
                    .wanting(World.elsewhere(SANDBOX))
                    .plan();

            assertThat(plan.steps()).isEmpty();
            assertThat(plan.reason()).isEqualTo(Reason.Adopted);
            assertThat(plan.detail()).contains("have changed since");
        }

        @Test
        void aVirtualMachineThatTheCniBoundIsAdoptedAndNothingOfItIsTouched() {
            Desired machine = new Desired.Machine(World.POD, NETNS, "vm1.default.default.default.ovn", "vm1");
            World world = new World()
                    .wanting(machine)
                    .vfAway()
                    .kubeOvnRow(
                            NETNS,
                            "iface-id",
                            "vm1.default.default.default.ovn",
                            "pod_name",
                            "vm1",
                            "ovn-installed",
                            "true");

            assertThat(world.plan().reason()).isEqualTo(Reason.Adopted);
            assertThat(world.plan().steps()).isEmpty();
            assertThat(new World().wanting(machine).kubeOvnRow(NETNS).plan().reason())
                    .as("a port with another iface-id")
                    .isEqualTo(Reason.BoundByAnother);
            assertThat(new World().wanting(machine).plan())
                    .as("a machine without a port of the CNI")
                    .satisfies(plan -> assertThat(plan.reason()).isEqualTo(Reason.BoundByAnother))
                    .satisfies(plan -> assertThat(plan.steps()).isEmpty());
        }

        @Test
        void aVethOfKubeOvnIsReportedAndLeftAlone() {
            assertThat(new World().rival("5b45c61b307e_h", "veth").plan())
                    .isEqualTo(Plan.nothing(Reason.VethInsteadOfVf, "the OVN port is on 5b45c61b307e_h"));
        }

        @Test
        void aRowOfKubeOvnIsLeftToItsOwnDelForAMinute() {
            World young = adopted("x", "y").unallotted().owner(false, true, true, Duration.ofSeconds(59));
            World old = adopted("x", "y").unallotted().owner(false, true, true, Duration.ofSeconds(60));

            assertThat(young.plan().steps()).isEmpty();
            assertThat(old.plan().steps()).hasSize(2).startsWith(new Step.RepresentorDown(REPRESENTOR));
            assertThat(old.plan().steps().get(1))
                    .isInstanceOfSatisfying(
                            Step.DeletePort.class,
                            step -> assertThat(step.expected()).containsEntry("pod_netns", NETNS));
        }

        @Test
        void aRepresentorThatIsDownIsBroughtUp() {
            assertThat(adopted("ovn-installed", "true")
                            .representor(REPRESENTOR, false, 1450)
                            .plan()
                            .steps())
                    .containsExactly(new Step.RepresentorUp(REPRESENTOR, 1450));
        }

        @Test
        void anAdminMacThatALateDelOfThePodBeforeZeroedIsSetAgain() {
            assertThat(adopted("ovn-installed", "true")
                            .adminMac("00:00:00:00:00:00")
                            .plan()
                            .steps())
                    .containsExactly(new Step.SetAdminMac(PCI, POD_MAC));
        }

        @Test
        void aMacThatOvnDoesNotExpectIsReported() {
            Link other = World.vf("eth0", 1400, new MacAddress("02:00:00:00:00:bb"), true, "eth2");

            assertThat(adopted("ovn-installed", "true")
                            .vfInPod(other, Set.of(), Set.of())
                            .plan()
                            .reason())
                    .isEqualTo(Reason.WrongMac);
        }

        /** Another host answered for it, so that the kernel has it and does not use it. */
        @Test
        void anAddressThatTheKernelOfThePodDoesNotUseIsReported() {
            Link eth0 = World.vf("eth0", 1400, POD_MAC, true, "eth2");

            Plan plan = adopted("ovn-installed", "true")
                    .vfInPod(eth0, Set.of(World.ADDRESS), Set.of())
                    .withDuplicate(World.ADDRESS)
                    .plan();

            assertThat(plan.reason()).isEqualTo(Reason.DuplicateAddress);
            assertThat(plan.detail()).endsWith(World.ADDRESS.toString());
        }

        @Test
        void anIfaceIdThatALateAddOfADeadSandboxTookIsTakenBack() {
            World stripped = new World()
                    .vfAway()
                    .representorUp(1400)
                    .row(
                            "",
                            3,
                            "",
                            "vendor",
                            "kube-ovn",
                            "pod_netns",
                            NETNS,
                            "pod-offload-owner",
                            "adopted",
                            "pod-offload-pod-uid",
                            POD.uid(),
                            "pod-offload-sandbox",
                            SANDBOX)
                    .lent()
                    .rivalOf(new Observed.Owner(false, false, true, Duration.ZERO));

            assertThat(stripped.plan().steps())
                    .containsExactly(
                            new Step.Detach("dead_h", Map.of("iface-id", IFACE_ID)),
                            new Step.Attach(REPRESENTOR, IFACE_ID));
        }

        @Test
        void aRowThatWasLostIsRestoredWithKubeOvnsKeysAndTheBinders() {
            Plan plan = new World()
                    .representor("5b45c61b307e_h", true, 1400)
                    .vfInPod(World.vf("eth0", 1400, POD_MAC, true, "eth2"), Set.of(ADDRESS), Set.of())
                    .plan();

            assertThat(plan.steps())
                    .singleElement()
                    .isInstanceOfSatisfying(
                            Step.RestorePort.class,
                            step -> assertThat(step.keys())
                                    .containsEntry("iface-id", IFACE_ID)
                                    .containsEntry("vendor", "kube-ovn")
                                    .containsEntry("pod_name", "nginx")
                                    .containsEntry("pod_namespace", "default")
                                    .containsEntry("pod_netns", NETNS)
                                    .containsEntry("ip", "10.16.0.2")
                                    .containsEntry("pod-offload-owner", "adopted"));
        }

        /** As encap-ip, which kube-ovn-cni writes for a Subnet with a network of the nodes. */
        @Test
        void whatElseKubeOvnWroteOnARowThatWasLostIsRestoredToo() {
            Plan plan = new World()
                    .kubeOvnRow(NETNS, "ovn-installed", "true", "encap-ip", "192.0.2.7", "ip", "10.16.0.2,fd00::2")
                    .rowLost()
                    .representor("5b45c61b307e_h", true, 1400)
                    .vfInPod(World.vf("eth0", 1400, POD_MAC, true, "eth2"), Set.of(ADDRESS), Set.of())
                    .plan();

            assertThat(plan.steps())
                    .singleElement()
                    .isInstanceOfSatisfying(
                            Step.RestorePort.class,
                            step -> assertThat(step.keys())
                                    .containsEntry("encap-ip", "192.0.2.7")
                                    .containsEntry("ip", "10.16.0.2,fd00::2")
                                    .containsEntry("iface-id", IFACE_ID)
                                    .doesNotContainKey("ovn-installed"));
        }

        @Test
        void aRepresentorNamedAfterAnotherSandboxIsNoReasonToRestoreARow() {
            assertThat(new World()
                            .representor("0123456789ab_h", true, 1400)
                            .vfInPod(World.vf("eth0", 1400, POD_MAC, true, "eth2"), Set.of(ADDRESS), Set.of())
                            .plan()
                            .steps())
                    .isEmpty();
        }

        @Test
        void aVfWhoseOwnNameAndMacNobodyKnowsIsReportedAndNotGuessed() {
            assertThat(new World()
                            .unallotted()
                            .neverSeenFree()
                            .vfAtHome(World.vf("eth0", 1400, POD_MAC, false, "eth2"))
                            .plan()
                            .reason())
                    .isEqualTo(Reason.IdentityUnknown);
        }

        @Test
        void theVfThatKubeOvnLeftBehindGetsItsOwnNameMtuAndMacBack() {
            World world = new World().unallotted().vfAtHome(World.vf("dev7", 1400, POD_MAC, false, ORIGINAL.name()));

            assertThat(world.plan().steps())
                    .containsExactly(new Step.ResetVf(PCI, "dev7", ORIGINAL), new Step.NoteVf(REPRESENTOR, World.NOTE));
        }

        @Test
        void aVfWhoseNameIsGoneForGoodGetsTheOneThatTheKernelFallsBackTo() {
            World world = new World()
                    .unallotted()
                    .ownNameTaken()
                    .vfAtHome(World.vf("dev7", 1400, POD_MAC, false, ORIGINAL.name()));
            VfIdentity renamed = ORIGINAL.called("dev7");

            assertThat(world.plan().steps())
                    .containsExactly(
                            new Step.ResetVf(PCI, "dev7", renamed),
                            new Step.NoteVf(REPRESENTOR, new VfNote(PCI, renamed)));
        }

        @Test
        void aVfThatKubeOvnTookBeforeItWasCleanGetsItsOwnIdentityBackAndNotTheOneThatKubeOvnNoted() {
            World world = new World().unallotted().vfAtHome(World.vf("net1", 1400, POD_MAC, false, "net1"));

            assertThat(world.plan().steps()).contains(new Step.ResetVf(PCI, "net1", ORIGINAL));
        }

        @Test
        void aVfThatComesHomeFromAKubeOvnThatWritesNoAliasIsKnownByTheNoteThatItWasLent() {
            World world = new World().unallotted().lent().vfAtHome(World.vf("eth0", 1400, POD_MAC, false, ""));

            assertThat(world.plan().steps())
                    .containsExactly(new Step.ResetVf(PCI, "eth0", ORIGINAL), new Step.NoteVf(REPRESENTOR, World.NOTE));
            assertThat(world.vfAtHome(World.vf("eth2", 1500, ORIGINAL.mac(), false, ""))
                            .plan()
                            .steps())
                    .as("killed between the two")
                    .containsExactly(new Step.NoteVf(REPRESENTOR, World.NOTE));
        }

        @Test
        void adoptionNotesThatTheVfIsLent() {
            World world = adopted("pod-offload-owner", "adopted").noting(World.NOTE.alias());

            assertThat(world.plan().steps()).contains(new Step.NoteVf(REPRESENTOR, World.NOTE.asLent()));
        }

        @Test
        void anAliasThatSomebodyElseWroteIsLeftAlone() {
            World world = new World().unallotted().vfAtHome(World.vf("eth2", 1500, ORIGINAL.mac(), false, "storage"));

            assertThat(world.plan()).isEqualTo(Plan.nothing(Reason.Free, PCI.value()));
            assertThat(world.neverSeenFree().plan().steps()).isEmpty();
        }

        private World adopted(String key, String value) {
            return new World()
                    .vfAway()
                    .representorUp(1400)
                    .kubeOvnRow(
                            NETNS,
                            "pod-offload-owner",
                            "adopted",
                            "pod-offload-pod-uid",
                            POD.uid(),
                            "pod-offload-sandbox",
                            SANDBOX,
                            "pod-offload-pci",
                            PCI.value(),
                            key,
                            value);
        }
    }

    @Nested
    class Release {

        @Test
        void theRowGoesLastAndTakesItsIfaceIdAlong() {
            assertThat(home().ownerGone().plan().steps())
                    .containsExactly(
                            new Step.RepresentorDown(REPRESENTOR),
                            new Step.ResetVf(PCI, "net1", ORIGINAL),
                            new Step.NoteVf(REPRESENTOR, World.NOTE));
            assertThat(clean("iface-id", IFACE_ID, "ovn-installed", "true")
                            .ownerGone()
                            .plan()
                            .steps())
                    .containsExactly(new Step.DeletePort(REPRESENTOR, MARK.externalIds()));
        }

        @Test
        void ofAVfThatIsAwayTheIfaceIdComesOffAndTheRowStays() {
            assertThat(clean("iface-id", IFACE_ID).vfAway().ownerGone().plan().steps())
                    .containsExactly(new Step.Detach(REPRESENTOR, MARK.externalIds()));
        }

        @Test
        void theRepresentorOfAFreeVfThatCameUpAgainIsTakenDown() {
            World free = new World().unallotted();

            assertThat(free.plan().steps()).isEmpty();
            assertThat(free.representorUp(1500).plan().steps()).containsExactly(new Step.RepresentorDown(REPRESENTOR));
        }

        @Test
        void theRowStaysUntilVswitchdHasSeenTheRepresentorGoDown() {
            World unseen = clean("ovn-installed-ts", "1").ownerGone().vswitchdSeesItUp();

            assertThat(unseen.plan().steps()).isEmpty();
            assertThat(unseen.plan().reason()).isEqualTo(Reason.WaitingForRelease);
            assertThat(unseen.owner(false, true, true, Duration.ofSeconds(5))
                            .plan()
                            .steps())
                    .as("ovs-vswitchd may be down")
                    .containsExactly(new Step.DeletePort(REPRESENTOR, MARK.externalIds()));
        }

        @Test
        void aVfWhoseNameIsGoneForGoodIsFreeAllTheSame() {
            World world =
                    clean().ownerGone().ownNameTaken().vfAtHome(World.vf("net1", 1400, POD_MAC, false, MARK.alias()));

            assertThat(world.plan().reason()).isEqualTo(Reason.Free);
            assertThat(world.plan().steps())
                    .contains(
                            new Step.ResetVf(PCI, "net1", ORIGINAL.called("dev7")),
                            new Step.DeletePort(REPRESENTOR, MARK.externalIds()));
        }

        @Test
        void theRowStaysUntilOvnControllerHasLetThePortGo() {
            World held = clean("ovn-installed", "true", "ovn-installed-ts", "1").ownerGone();

            assertThat(held.plan().steps()).isEmpty();
            assertThat(held.plan().reason()).isEqualTo(Reason.WaitingForRelease);
            assertThat(held.owner(false, true, true, Duration.ofSeconds(5))
                            .plan()
                            .steps())
                    .as("ovn-controller may be down")
                    .containsExactly(new Step.DeletePort(REPRESENTOR, MARK.externalIds()));
        }

        @Test
        void aPortThatOvnHadNotInstalledYetIsNotTakenAwayUnderItsHands() {
            assertThat(clean().owner(false, true, true, Duration.ofMillis(5))
                            .plan()
                            .steps())
                    .isEmpty();
            assertThat(clean().owner(false, true, true, Duration.ofMillis(200))
                            .plan()
                            .steps())
                    .containsExactly(new Step.DeletePort(REPRESENTOR, MARK.externalIds()));
        }

        /** Of a pod that is gone, with its VF clean; without an iface-id if none is given. */
        private World clean(String... ids) {
            return new World()
                    .unallotted()
                    .ourRow(2, ids)
                    .vfAtHome(World.vf(ORIGINAL.name(), ORIGINAL.mtu(), ORIGINAL.mac(), false, ""))
                    .noting(World.NOTE.alias());
        }

        @Test
        void nothingOfALivePodIsTouched() {
            assertThat(home().owner(true, true, true, Duration.ZERO).plan().steps())
                    .as("its sandbox runs")
                    .isEmpty();
            assertThat(home().owner(false, true, false, Duration.ZERO).plan().steps())
                    .as("the pod is there")
                    .isEmpty();
            assertThat(home().plan().steps()).as("nothing is known of it").isEmpty();
            assertThat(new World()
                            .unallotted()
                            .ourRow(2, "iface-id", IFACE_ID)
                            .vfInPod("net1", true, Set.of(ADDRESS), Set.of())
                            .owner(false, false, true, Duration.ZERO)
                            .plan()
                            .steps())
                    .as("its namespace is there, with the VF in it")
                    .isEmpty();
        }

        @Test
        void aVfStillOnItsWayHomeKeepsItsRowAsTheReminder() {
            Plan plan = new World()
                    .unallotted()
                    .ourRow(2, "iface-id", IFACE_ID)
                    .representorUp(1400)
                    .vfAway()
                    .ownerGone()
                    .plan();

            assertThat(plan.steps())
                    .containsExactly(
                            new Step.Detach(REPRESENTOR, MARK.externalIds()), new Step.RepresentorDown(REPRESENTOR));
            assertThat(plan.reason()).isEqualTo(Reason.WaitingForVf);
        }

        @Test
        void afterAnotherBootTheVfIsWhatItIsAndOnlyTheRowGoes() {
            assertThat(new World()
                            .unallotted()
                            .afterAnotherBoot()
                            .ourRow(2, "iface-id", IFACE_ID)
                            .neverSeenFree()
                            .vfAtHome(World.vf("eth2", 1500, new MacAddress("02:00:00:00:00:cc"), false, ""))
                            .ownerGone()
                            .plan()
                            .steps())
                    .containsExactly(new Step.DeletePort(REPRESENTOR, MARK.externalIds()));
        }

        @Test
        void theAdminMacIsPutBackWithTheRest() {
            OwnerMark withAdminMac = new OwnerMark(
                    POD.uid(),
                    SANDBOX,
                    PCI,
                    NETNS,
                    new VfIdentity(ORIGINAL.name(), ORIGINAL.mtu(), ORIGINAL.mac(), Optional.of(ORIGINAL.mac())),
                    World.BOOT);
            World world = new World()
                    .unallotted()
                    .ownerGone()
                    .row("", 3, "", withAdminMac.externalIds())
                    .vfAtHome(World.vf("eth2", 1500, ORIGINAL.mac(), false, withAdminMac.alias()));

            assertThat(world.adminMac(POD_MAC.value()).plan().steps())
                    .contains(new Step.ResetVf(PCI, "eth2", withAdminMac.original()));
        }

        @Test
        void theAdminMacOfAUserspaceVfIsPutBack() {
            OwnerMark mark = new OwnerMark(
                    POD.uid(), SANDBOX, PCI, NETNS, VfIdentity.withoutNetdev(Optional.of(MacAddress.NONE)), World.BOOT);
            String[] ids = mark.externalIds().entrySet().stream()
                    .flatMap(entry -> java.util.stream.Stream.of(entry.getKey(), entry.getValue()))
                    .toArray(String[]::new);

            assertThat(new World()
                            .unallotted()
                            .userspace()
                            .adminMac("02:00:00:00:00:aa")
                            .row("", 2, "", ids)
                            .ownerGone()
                            .plan()
                            .steps())
                    .containsExactly(
                            new Step.SetAdminMac(PCI, MacAddress.NONE),
                            new Step.DeletePort(REPRESENTOR, mark.externalIds()));
        }

        @Test
        void killedAfterTheResetItNotesItAndDeletesTheRow() {
            assertThat(new World().unallotted().ourRow(2).ownerGone().plan().steps())
                    .containsExactly(
                            new Step.NoteVf(REPRESENTOR, World.NOTE),
                            new Step.DeletePort(REPRESENTOR, MARK.externalIds()));
        }

        @Test
        void withTheRowLostTheNoteOnTheRepresentorIsEnough() {
            assertThat(new World()
                            .unallotted()
                            .noting(World.HELD.alias())
                            .vfAtHome(World.vf("dev9", 1400, POD_MAC, false, MARK.alias()))
                            .ownerGone()
                            .plan()
                            .steps())
                    .containsExactly(new Step.ResetVf(PCI, "dev9", ORIGINAL), new Step.NoteVf(REPRESENTOR, World.NOTE));
        }

        /** A pod with NET_ADMIN can write the ifalias of its VF, in the words of the binder or of kube-ovn-cni. */
        @ParameterizedTest
        @ValueSource(
                strings = {
                    "pod-offload pci=0000:03:00.2 uid=uid-2 sandbox=5b45 netns=é name=mgmt0 mtu=1280 mac=02:66:66:66:66:66 admin=-",
                    "pod-offload pci=0000:03:00.2",
                    "mgmt0"
                })
        void anAliasThatThePodWroteIsNoIdentityAndNoOwner(String alias) {
            Link vf = World.vf("dev9", 1280, new MacAddress("02:66:66:66:66:66"), false, alias);

            Plan noted = new World().unallotted().lent().vfAtHome(vf).plan();
            assertThat(noted.steps())
                    .containsExactly(new Step.ResetVf(PCI, "dev9", ORIGINAL), new Step.NoteVf(REPRESENTOR, World.NOTE));
            Plan unknown = new World()
                    .unallotted()
                    .neverSeenFree()
                    .vfAtHome(World.withPermanentMac(vf))
                    .plan();
            assertThat(unknown.reason()).isEqualTo(Reason.IdentityUnknown);
            assertThat(unknown.steps()).isEmpty();
        }

        @Test
        void aRowThatLostItsRepresentorToTheNextPodsCniGoesWithItsPod() {
            Desired next = new Desired.Pending(new PodRef("default", "next", "uid-2"), Reason.WaitingForSandbox, "");

            assertThat(new World().wanting(next).stray(false, true).plan().steps())
                    .containsExactly(new Step.DeletePort("old_h", MARK.externalIds()));
            assertThat(new World().wanting(next).stray(true, true).plan().steps())
                    .isEmpty();
            assertThat(new World().wanting(next).stray(false, false).plan().steps())
                    .isEmpty();
        }

        @Test
        void aRepresentorRenamedUnderARunningPodGetsANewRow() {
            World world = new World().vfInPod("net1", true, Set.of(ADDRESS), Set.of());

            assertThat(world.stray(true, false).plan().steps())
                    .containsExactly(new Step.DeletePort("old_h", MARK.externalIds()));
        }

        @Test
        void aNewPodOnTheVfWaitsUntilTheOldOneIsReleased() {
            Desired.Binding other = new Desired.Binding(
                    new PodRef("default", "nginx", "uid-2"),
                    "ffff00000000",
                    "/var/run/netns/cni-2",
                    World.binding(DefaultRoute.IF_NONE).network(),
                    Optional.empty(),
                    false);

            assertThat(home().wanting(other)
                            .owner(false, true, false, Duration.ZERO)
                            .plan()
                            .reason())
                    .isEqualTo(Reason.WaitingForRelease);
            assertThat(home().wanting(other).ownerGone().plan().steps())
                    .contains(new Step.ResetVf(PCI, "net1", ORIGINAL));
        }

        @Test
        void aNewSandboxOfTheSamePodReleasesTheOldBindingFirst() {
            Desired.Binding restarted = new Desired.Binding(
                    POD,
                    "ffff00000000",
                    "/var/run/netns/cni-2",
                    World.binding(DefaultRoute.IF_NONE).network(),
                    Optional.empty(),
                    false);

            assertThat(home().wanting(restarted).ownerGone().plan().steps())
                    .contains(new Step.ResetVf(PCI, "net1", ORIGINAL));
        }

        private World home() {
            return new World()
                    .unallotted()
                    .ourRow(2, "iface-id", IFACE_ID)
                    .representorUp(1400)
                    .vfAtHome(World.vf("net1", 1400, POD_MAC, false, MARK.alias()));
        }
    }

    /** Neither VF nor representor is there any more, but rows are. */
    @Nested
    class WithoutVf {

        private static final Map<String, String> ADOPTED_IDS = Map.of(
                "vendor",
                "kube-ovn",
                "pod_netns",
                NETNS,
                "iface-id",
                IFACE_ID,
                OwnerMark.OWNER,
                OwnerMark.ADOPTED,
                OwnerMark.POD_UID,
                "uid-1",
                OwnerMark.SANDBOX,
                SANDBOX,
                OwnerMark.PCI,
                PCI.value());

        private Plan plan(Map<String, String> ids, boolean podGone, boolean netnsGone, Duration goneFor) {
            Port row = new Port(REPRESENTOR, "", ids, -1, "No such device", "", false);
            Observed.Owner owner = new Observed.Owner(false, netnsGone, podGone, goneFor);
            return BindingPlanner.planWithoutVf(
                    PCI, List.of(new Observed.Held(row, Optional.of(owner))), "there is no PCI device");
        }

        @Test
        void theRowOfAPodThatIsGoneGoesWithItsIfaceId() {
            Plan plan = plan(BOUND_IDS, true, true, Duration.ZERO);

            assertThat(plan.reason()).isEqualTo(Reason.NotAVf);
            assertThat(plan.steps()).containsExactly(new Step.DeletePort(REPRESENTOR, BOUND_IDS));
        }

        @Test
        void theRowOfAPodThatMayComeBackToItStays() {
            assertThat(plan(BOUND_IDS, false, true, Duration.ZERO).steps()).isEmpty();
            assertThat(plan(BOUND_IDS, true, false, Duration.ZERO).steps()).isEmpty();
        }

        @Test
        void aRowWithoutIfaceIdWaitsUntilOvnHasLetItsPortGo() {
            Map<String, String> detached = ids(MARK.externalIds(), "ovn-installed", "true");

            assertThat(plan(detached, true, true, Duration.ofSeconds(4)).steps())
                    .isEmpty();
            assertThat(plan(detached, true, true, Duration.ofSeconds(5)).steps())
                    .hasSize(1);
        }

        @Test
        void kubeOvnsDelAndGarbageCollectorGoFirst() {
            assertThat(plan(ADOPTED_IDS, true, true, Duration.ofSeconds(59)).steps())
                    .isEmpty();
            assertThat(plan(ADOPTED_IDS, true, true, Duration.ofSeconds(60)).steps())
                    .containsExactly(new Step.DeletePort(REPRESENTOR, ADOPTED_IDS));
        }
    }

    /** What the log says of a plan. */
    @Nested
    class Text {

        @Test
        void itNamesTheStepsAndTellsUpkeepFromChangesForPods() {
            Plan bind = new World().plan();
            assertThat(bind.text()).contains("add the row of " + REPRESENTOR, " into the pod as net1");
            assertThat(bind.isMoreThanUpkeep()).isTrue();

            Plan free = new World().unallotted().representorUp(1500).plan();
            assertThat(free.text()).isEqualTo("set " + REPRESENTOR + " down");
            assertThat(free.isMoreThanUpkeep()).isFalse();
        }
    }

    @Nested
    class LeaveAlone {

        @Test
        void aVfThatNoNetworkOfItsPodNeeds() {
            assertThat(new World().wanting(new Desired.Spare(POD)).plan())
                    .isEqualTo(Plan.nothing(Reason.Spare, "VF " + PCI));
        }

        @Test
        void aFreeVf() {
            assertThat(new World().unallotted().plan()).isEqualTo(Plan.nothing(Reason.Free, PCI.value()));
        }

        @Test
        void aVfThatWasNotSeenAtHomeIsNotCalledFree() {
            assertThat(new World().unallotted().vfAway().plan().reason()).isEqualTo(Reason.WaitingForVf);
        }

        /** A row names its netdev, and one that is renamed is lost to OVS, OVN and kube-ovn-cni's DEL. */
        @Test
        void noStepRenamesARepresentor() {
            assertThat(NodeNetwork.class.getMethods())
                    .extracting(java.lang.reflect.Method::getName)
                    .contains("setRepresentorUp", "resetVf")
                    .noneMatch(verb -> verb.toLowerCase(java.util.Locale.ROOT).contains("rename"));
        }

        @Test
        void portsOfOtherTools() {
            assertThat(new World().row("dpdk", 3, "", "iface-id", "x").plan().reason())
                    .isEqualTo(Reason.BoundByAnother);
            assertThat(new World()
                            .unallotted()
                            .row("", 3, "", "owner", "ovs-cni.network.kubevirt.io")
                            .plan()
                            .steps())
                    .isEmpty();
        }

        @Test
        void anInterfaceThatAnotherCniReported() {
            Desired.Binding binding = World.binding(DefaultRoute.IF_NONE);
            Desired.Binding reported = new Desired.Binding(
                    binding.pod(), binding.sandboxId(), binding.netns(), binding.network(), Optional.empty(), true);

            assertThat(new World().wanting(reported).plan().reason()).isEqualTo(Reason.BoundByAnother);
        }
    }
}
