package io.podoffload.binder.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.kernel.NicTopology.Unmapped;
import io.podoffload.binder.nic.Eswitch;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On trees alone: devlink of this machine knows none of these devices. */
class NicTopologyTest {

    private static final String PF = "0000:03:00.0";
    private static final PciAddress VF0 = new PciAddress("0000:03:00.2");
    private static final PciAddress VF1 = new PciAddress("0000:03:00.3");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private SysfsTree switchdev() {
        return new SysfsTree(folder)
                .vf(PF, VF0.value(), 0)
                .vf(PF, VF1.value(), 1)
                .netdev(PF, "enp3s0f0", "b8599f", "p0")
                .netdev(PF, "eth7", "b8599f", "pf0vf0")
                .netdev(PF, "5b45c61b307e_h", "b8599f", "pf0vf1")
                .netdev(VF0.value(), "eth2", "", "");
    }

    private NicTopology topology(SysfsTree tree) {
        return new NicTopology(tree.root(), new Devlink());
    }

    @Test
    void aRepresentorIsFoundByItsPortNameWhateverItIsCalled() {
        assertThat(topology(switchdev()).vf(VF1))
                .hasValue(new NicTopology.Vf(VF1, new PciAddress(PF), 1, "enp3s0f0", "5b45c61b307e_h"));
    }

    @Test
    void theNetdevOfAVfInAnotherNamespaceIsNotThere() {
        NicTopology topology = topology(switchdev());

        assertThat(topology.netdev(VF0)).hasValue("eth2");
        assertThat(topology.netdev(VF1)).isEmpty();
    }

    @Test
    void allVfsWithARepresentorAreListed() {
        assertThat(topology(switchdev()).vfs()).extracting(NicTopology.Vf::pci).containsExactly(VF0, VF1);
    }

    @Test
    void aPfInLegacyModeHasNone() {
        SysfsTree legacy = new SysfsTree(folder).vf(PF, VF0.value(), 0).netdev(PF, "enp3s0f0", "", "");

        assertThat(topology(legacy).vf(VF0)).isEmpty();
        assertThat(topology(legacy).vfs()).isEmpty();
    }

    @Test
    void aPfOrAnUnknownAddressIsNoVf() {
        assertThat(topology(switchdev()).vf(new PciAddress(PF))).isEmpty();
        assertThat(topology(switchdevElsewhere()).vf(new PciAddress("0000:99:00.1")))
                .isEmpty();
    }

    private SysfsTree switchdevElsewhere() {
        return new SysfsTree(folder.resolve("other")).vf(PF, VF0.value(), 0);
    }

    @Test
    void theTwoPfsOfACardShareTheSwitchIdAndAreToldApartByTheirOwnFolders() {
        SysfsTree tree = switchdev()
                .vf("0000:03:00.1", "0000:03:01.2", 0)
                .netdev("0000:03:00.1", "enp3s0f1", "b8599f", "p1")
                .netdev("0000:03:00.1", "eth9", "b8599f", "pf1vf0");

        assertThat(topology(tree)
                        .vf(new PciAddress("0000:03:01.2"))
                        .orElseThrow()
                        .representor())
                .isEqualTo("eth9");
        assertThat(topology(tree).vf(VF0).orElseThrow().representor()).isEqualTo("eth7");
    }

    @Test
    void beforeKernel58RepresentorsAreFoundBySwitchIdAndPfNumber() {
        SysfsTree tree = new SysfsTree(folder)
                .vf(PF, VF0.value(), 0)
                .netdev(PF, "enp3s0f0", "b8599f", "p0")
                .virtualNetdev("eth8", "b8599f", "pf1vf0")
                .virtualNetdev("eth9", "ffffff", "pf0vf0")
                .virtualNetdev("eth7", "b8599f", "pf0vf0");

        assertThat(topology(tree).vf(VF0).orElseThrow().representor()).isEqualTo("eth7");
    }

    @Test
    void aBarePortNumberIsTheOldFormOfAVf() {
        SysfsTree tree = new SysfsTree(folder)
                .vf(PF, VF0.value(), 0)
                .netdev(PF, "enp3s0f0", "b8599f", "p0")
                .virtualNetdev("eth7", "b8599f", "0");

        assertThat(topology(tree).vf(VF0).orElseThrow().representor()).isEqualTo("eth7");
    }

    @Test
    void aPortNameWithoutTheNumberOfThePfIsAVfOfThePfItIsBelow() {
        SysfsTree tree = new SysfsTree(folder)
                .vf(PF, VF0.value(), 0)
                .netdev(PF, "enp3s0f0", "b8599f", "p0")
                .netdev(PF, "eth7", "b8599f", "vf0");

        assertThat(topology(tree).vf(VF0).orElseThrow().representor()).isEqualTo("eth7");
    }

    /** As mlx4 has them; it has no eswitch that the host could manage. */
    @Test
    void aPfWithTwoPortsAndNoEswitchIsSaidToHaveNone() {
        SysfsTree tree = new SysfsTree(folder)
                .vf(PF, VF0.value(), 0)
                .driver(PF, "mlx4_core")
                .netdev(PF, "ens4", "", "")
                .netdev(PF, "ens4d1", "", "");

        assertThat(without(tree, Optional.empty()).whyUnmapped(VF0)).hasValue(Unmapped.NO_ESWITCH);
    }

    @Test
    void aVfWithAPartitionOfInfiniBandIsItsParent() {
        SysfsTree tree = switchdev().netdev(VF1.value(), "ib0.8001", "", "").netdev(VF1.value(), "ib0", "", "");

        assertThat(topology(tree).netdev(VF1)).hasValue("ib0");
    }

    @Test
    void representorsOfSubfunctionsAndOfOtherHostsAreNotOurs() {
        SysfsTree tree = new SysfsTree(folder)
                .vf(PF, VF0.value(), 0)
                .netdev(PF, "enp3s0f0", "b8599f", "p0")
                .netdev(PF, "sf", "b8599f", "pf0sf0")
                .netdev(PF, "host", "b8599f", "c1pf0vf0");

        assertThat(topology(tree).vf(VF0)).isEmpty();
    }

    @Test
    void aPfWithoutAPortNameIsTheUplinkAllTheSame() {
        SysfsTree nameless = new SysfsTree(folder)
                .vf(PF, VF0.value(), 0)
                .netdev(PF, "ens4np0", "b8599f", "")
                .netdev(PF, "eth7", "b8599f", "pf0vf0");

        assertThat(topology(nameless).vf(VF0))
                .hasValue(new NicTopology.Vf(VF0, new PciAddress(PF), 0, "ens4np0", "eth7"));
    }

    private static NicTopology without(SysfsTree tree, Optional<Eswitch.Mode> mode) {
        return new NicTopology(tree.root(), Map::of, pf -> mode.map(known -> new Eswitch(known, Optional.empty())));
    }

    @Test
    void whyAVfHasNoRepresentorIsSaid() {
        SysfsTree legacy = new SysfsTree(folder)
                .vf(PF, VF0.value(), 0)
                .netdev(PF, "enp3s0f0", "", "")
                .driver(PF, "mlx5_core");

        assertThat(without(legacy, Optional.of(Eswitch.Mode.LEGACY)).whyUnmapped(VF0))
                .hasValue(Unmapped.NOT_SWITCHDEV);
        assertThat(without(legacy, Optional.empty()).whyUnmapped(VF0)).hasValue(Unmapped.NO_ESWITCH);
        assertThat(without(legacy.ids(PF, "0x15b3", "0xa2d6"), Optional.empty()).whyUnmapped(VF0))
                .hasValue(Unmapped.DPU_HOST);
        assertThat(without(legacy, Optional.of(Eswitch.Mode.SWITCHDEV)).whyUnmapped(VF0))
                .hasValue(Unmapped.UPLINK_ELSEWHERE);
        assertThat(without(legacy, Optional.empty()).whyUnmapped(new PciAddress(PF)))
                .hasValue(Unmapped.NOT_A_VF);
        assertThat(without(legacy, Optional.empty()).whyUnmapped(new PciAddress("0000:99:00.1")))
                .hasValue(Unmapped.NO_SUCH_DEVICE);
    }

    @Test
    void aPfWithoutADriverIsToldOf() {
        SysfsTree unbound = new SysfsTree(folder).vf(PF, VF0.value(), 0);

        assertThat(without(unbound, Optional.empty()).whyUnmapped(VF0)).hasValue(Unmapped.PF_WITHOUT_DRIVER);
    }

    @Test
    void aPortWithoutANetdevIsWaitedFor() {
        SysfsTree tree = new SysfsTree(folder).vf(PF, VF0.value(), 0).netdev(PF, "enp3s0f0", "b8599f", "p0");
        NicTopology topology = new NicTopology(
                tree.root(),
                () -> Map.of(new Devlink.VfPort(new PciAddress(PF), 0), Optional.empty()),
                pf -> Optional.empty());

        assertThat(topology.vf(VF0)).isEmpty();
        assertThat(topology.whyUnmapped(VF0)).hasValue(Unmapped.REPRESENTOR_ELSEWHERE);
    }

    @Test
    void twoNetdevsThatClaimOneVfAreNotChosenFrom() {
        SysfsTree tree = switchdev().netdev(PF, "eth99", "b8599f", "c0pf0vf0");

        assertThat(topology(tree).vf(VF0)).isEmpty();
        assertThat(topology(tree).whyUnmapped(VF0)).hasValue(Unmapped.AMBIGUOUS);
        assertThat(topology(tree).vf(VF1)).isPresent();
    }

    @Test
    void onlyForeignRepresentorsAreAsGoodAsNone() {
        SysfsTree tree = new SysfsTree(folder)
                .vf(PF, VF0.value(), 0)
                .netdev(PF, "enp3s0f0", "b8599f", "p0")
                .netdev(PF, "sf", "b8599f", "pf0sf0");

        assertThat(topology(tree).whyUnmapped(VF0)).hasValue(Unmapped.NO_REPRESENTOR);
    }

    @Test
    void devlinkBeatsTheNamesInSysfs() {
        NicTopology topology = new NicTopology(
                switchdev().root(),
                () -> Map.of(new Devlink.VfPort(new PciAddress(PF), 0), Optional.of("renamed")),
                pf -> Optional.empty());

        assertThat(topology.vf(VF0).orElseThrow().representor()).isEqualTo("renamed");
        assertThat(topology.vf(VF1).orElseThrow().representor()).isEqualTo("5b45c61b307e_h");
    }

    @Test
    void aVfWithoutANetworkDriverIsMappedAllTheSame() {
        SysfsTree tree = switchdev().driver(VF1.value(), "vfio-pci");

        assertThat(topology(tree).vf(VF1)).isPresent();
        assertThat(topology(tree).driver(VF1)).hasValue("vfio-pci");
        assertThat(topology(tree).driver(VF0)).isEmpty();
        assertThat(topology(tree).netdev(VF1)).isEmpty();
    }

    @Test
    void theBondThatAnUplinkIsInIsNoUplink() {
        SysfsTree tree = switchdev().virtualNetdev("bond0", "", "");

        assertThat(topology(tree).vf(VF0).orElseThrow().uplink()).isEqualTo("enp3s0f0");
    }

    @Test
    void addressesOfLongDomainsAreKnown() {
        SysfsTree tree = new SysfsTree(folder)
                .vf("10000:03:00.0", "10000:03:00.2", 0)
                .netdev("10000:03:00.0", "enp3s0f0", "b8599f", "p0")
                .netdev("10000:03:00.0", "eth7", "b8599f", "pf0vf0");

        assertThat(topology(tree).vf(new PciAddress("10000:03:00.2"))).isPresent();
    }
}
