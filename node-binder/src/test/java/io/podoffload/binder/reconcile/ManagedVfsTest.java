package io.podoffload.binder.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.podoffload.binder.binding.AllocationSource;
import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.binding.PodName;
import io.podoffload.binder.kernel.NicTopology;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ManagedVfsTest {

    private static final PciAddress ONE = new PciAddress("0000:03:00.2");
    private static final PciAddress OTHER = new PciAddress("0000:03:00.3");

    private Set<PciAddress> offered = Set.of();
    private final AllocationSource kubelet = new AllocationSource() {
        @Override
        public List<PciAddress> of(PodName pod) {
            return List.of();
        }

        @Override
        public Map<PodName, List<PciAddress>> all() {
            return Map.of();
        }

        @Override
        public Offer offer() {
            return new Offer(Map.of("example.com/vf", offered.size()), offered);
        }
    };
    private final ManagedVfs managed = new ManagedVfs(kubelet, Set.of(), pci -> Optional.empty());

    private Set<PciAddress> offer(PciAddress... vfs) {
        offered = Set.of(vfs);
        return managed.refresh();
    }

    @Test
    void whatTheKubeletDoesNotOfferIsNotManaged() {
        assertThat(managed.contains(ONE)).as("before the kubelet was asked").isFalse();

        assertThat(offer(ONE)).containsExactly(ONE);

        assertThat(managed.contains(ONE)).isTrue();
        assertThat(managed.contains(OTHER)).isFalse();
        assertThat(managed.capacity()).containsEntry("example.com/vf", 1);
    }

    @Test
    void aVfThatIsNoLongerOfferedIsLeftAlone() {
        offer(ONE, OTHER);

        assertThat(offer(OTHER)).containsExactly(ONE);

        assertThat(managed.contains(ONE)).isFalse();
        assertThat(managed.contains(OTHER)).isTrue();
        assertThat(offer(OTHER)).as("no news").isEmpty();
    }

    /** The kubelet has no devices until the plugin has registered again. */
    @Test
    void whileADevicePluginBeginsAnewItsLastOfferCounts() {
        offer(ONE);

        assertThat(offer()).isEmpty();

        assertThat(managed.contains(ONE)).isTrue();
        assertThat(managed.capacity()).containsEntry("example.com/vf", 0);
    }

    @Test
    void settingsExcludeAVfByItsAddressOrByItsPf() {
        assertThat(excluding()).isEmpty();
        assertThat(excluding("0000:03:00.2")).containsExactly(ONE);
        assertThat(excluding("0000:03:00.0")).containsExactly(ONE, OTHER);
        assertThat(excluding("enp3s0f0np0")).containsExactly(ONE, OTHER);
        assertThat(excluding("enp3s0f1np1", "0000:04:00.0")).isEmpty();
    }

    private List<PciAddress> excluding(String... names) {
        ManagedVfs some = new ManagedVfs(
                kubelet,
                Set.of(names),
                pci -> Optional.of(
                        new NicTopology.Vf(pci, new PciAddress("0000:03:00.0"), 0, "enp3s0f0np0", "enp3s0f0np0_0")));
        return Stream.of(ONE, OTHER).filter(some::excludes).toList();
    }
}
