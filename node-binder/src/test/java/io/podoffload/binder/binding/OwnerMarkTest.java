package io.podoffload.binder.binding;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OwnerMarkTest {

    private static final OwnerMark MARK = new OwnerMark(
            "0b6cdc4b-0e5a-4f1f-9c43-6f8b3e1a7d11",
            "5b45c61b307e8a9b0c1d",
            new PciAddress("0000:03:00.2"),
            "/var/run/netns/cni-0b6cdc4b-0e5a-4f1f-9c43-6f8b3e1a7d11",
            new VfIdentity(
                    "enp3s0f0v12",
                    9000,
                    new MacAddress("02:5e:00:00:03:00"),
                    Optional.of(new MacAddress("00:00:00:00:00:00"))),
            "0b6cdc4b");

    @Test
    void theRowTellsAllThatWasWritten() {
        assertThat(OwnerMark.read(MARK.externalIds())).hasValue(MARK);
    }

    @Test
    void theNoteOnTheRepresentorTellsWhoAndWhatButShortensIdAndPath() {
        OwnerMark read =
                VfNote.read(VfNote.held(MARK).alias()).flatMap(VfNote::mark).orElseThrow();

        assertThat(read.podUid()).isEqualTo(MARK.podUid());
        assertThat(read.pci()).isEqualTo(MARK.pci());
        assertThat(read.original()).isEqualTo(MARK.original());
        assertThat(MARK.sandboxId()).startsWith(read.sandboxId());
        assertThat(MARK.netns()).endsWith("/" + read.netns());
    }

    @Test
    void theNoteFitsIntoTheKernelsIfalias() {
        assertThat(VfNote.held(MARK).alias().length()).isLessThan(256);
    }

    /** A pod with NET_ADMIN writes there what it likes. */
    @Test
    void theAliasInThePodTellsOnlyWhichVfItIs() {
        assertThat(MARK.alias()).isEqualTo("pod-offload pci=" + MARK.pci());
        assertThat(OwnerMark.markedVf(MARK.alias())).hasValue(MARK.pci());
        assertThat(OwnerMark.markedVf(MARK.alias() + " uid=u sandbox=s netns=é name=mgmt0"))
                .hasValue(MARK.pci());
    }

    @Test
    void valuesAreSafeForReadersThatSplitOnSpaceCommaAndQuote() {
        assertThat(MARK.externalIds().values()).noneMatch(value -> value.matches(".*[ ,\"].*"));
        assertThat(MARK.externalIds().keySet())
                .noneMatch(key -> key.endsWith("pod_name") || key.endsWith("pod_namespace") || key.equals("pod_netns"));
    }

    @Test
    void aRowThatSomebodyEditedIsNoMark() {
        for (String key : MARK.externalIds().keySet()) {
            Map<String, String> ids = new HashMap<>(MARK.externalIds());
            ids.put(key, "");
            assertThat(OwnerMark.read(ids)).as("%s is empty", key).isNotEqualTo(Optional.of(MARK));
        }
        assertThat(OwnerMark.read(Map.of("pod-offload-owner", "adopted"))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "eth2",
                "pod-offload pci=x",
                "pod-offload pci=../../etc",
                "pod-offload pci=zz uid=u sandbox=s netns=n name=e mtu=1 mac=m admin=-"
            })
    void anAliasOfSomebodyElseIsNoMark(String alias) {
        assertThat(OwnerMark.markedVf(alias)).isEmpty();
    }
}
