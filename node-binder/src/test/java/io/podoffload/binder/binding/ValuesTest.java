package io.podoffload.binder.binding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ValuesTest {

    @ParameterizedTest
    @ValueSource(strings = {"0000:03:00.2", "10000:e1:00.0", "0000:AF:1f.7"})
    void pciAddressesAsTheKernelWritesThem(String text) {
        assertThat(new PciAddress(text)).hasToString(text.toLowerCase(java.util.Locale.ROOT));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "03:00.2", "0000:03:00.8", "0000:03:00", "../0000:03:00.2", "GPU-1234"})
    void otherDeviceIdsAreNoPciAddresses(String text) {
        assertThat(PciAddress.isPciAddress(text)).isFalse();
        assertThatThrownBy(() -> new PciAddress(text)).hasMessageContaining("is no PCI address");
    }

    @Test
    void macAddressesAreEqualWhateverTheirCase() {
        assertThat(new MacAddress("00:00:00:C5:6D:4E")).isEqualTo(new MacAddress("00:00:00:c5:6d:4e"));
        assertThat(MacAddress.of(new MacAddress("02:5e:00:00:03:ff").bytes())).hasToString("02:5e:00:00:03:ff");
        assertThatThrownBy(() -> new MacAddress("02:5e")).hasMessageContaining("is no MAC address");
    }

    @Test
    void aPrefixLongerThanItsAddressIsRefused() {
        assertThatThrownBy(() -> new InterfaceAddress("10.0.0.1", 33)).hasMessageContaining("0 to 32 bits");
        assertThat(new InterfaceAddress("fd00::1", 64).isIpv6()).isTrue();
    }

    @ParameterizedTest
    @EnumSource(Reason.class)
    void everyReasonHasACauseAndEveryTroubleACure(Reason reason) {
        assertThat(reason.cause()).endsWith(".");
        if (!reason.settled()) {
            assertThat(reason.cure()).endsWith(".");
        }
        assertThat(reason.name()).as("CamelCase, as conditions want it").matches("[A-Z][A-Za-z]+");
    }

    /** generateNicName of kube-ovn-cni. */
    @Test
    void aRepresentorOfKubeOvnTellsItsSandbox() {
        assertThat(Port.kubeOvnSandbox("5b45c61b307e_h")).hasValue("5b45c61b307e");
        assertThat(Port.kubeOvnSandbox("5b45c61b_net1_h")).hasValue("5b45c61b");
        assertThat(Port.kubeOvnSandbox("2fe53_37a8eec_h")).hasValue("2fe53");
        for (String other :
                new String[] {"5b45c61b_h", "5b45c61b307e_net1_h", "enp3s0f0_3", "5b45c61b307e_c", "_net1_h"}) {
            assertThat(Port.kubeOvnSandbox(other)).as(other).isEmpty();
        }
    }

    @Test
    void aDriverThatHandsTheDeviceToAProgramIsKnown() {
        for (String driver : new String[] {
            "vfio-pci", "mlx5_vfio_pci", "virtio_vfio_pci", "pds_vfio_pci", "uio_pci_generic", "igb_uio"
        }) {
            assertThat(Place.Userspace.isDriver(driver)).as(driver).isTrue();
        }
        assertThat(Place.Userspace.isDriver("mlx5_core")).isFalse();
    }

    /** dev_valid_name and dev_alloc_name of the kernel. */
    @Test
    void aNameThatTheKernelWouldRefuseOrChangeIsNone() {
        for (String name : new String[] {"eth0", "a.b", "...", "sixteencharacte", "net-1@x"}) {
            assertThat(Link.isName(name)).as(name).isTrue();
        }
        for (String name :
                new String[] {"", ".", "..", "a/b", "a:b", "a b", "eth%d", "sixteencharacter", "größe", "a\u00a0b"}) {
            assertThat(Link.isName(name)).as(name).isFalse();
        }
    }
}
