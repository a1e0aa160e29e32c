package io.podoffload.binder.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.podoffload.binder.binding.PciAddress;
import java.nio.file.Path;
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
}
