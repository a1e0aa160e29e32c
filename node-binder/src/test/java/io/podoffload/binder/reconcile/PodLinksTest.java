package io.podoffload.binder.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.kernel.LinuxException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What there is to see in a pod's namespace. */
class PodLinksTest {

    private static final PciAddress VF = new PciAddress("0000:03:00.2");

    @TempDir
    private Path folder;

    @Test
    void aPathThatIsNoNamespaceHoldsNothing() throws IOException {
        Path corrupt = Files.createFile(folder.resolve("cni-corrupt"));

        assertThat(PodLinks.read(corrupt.toString(), VF, Optional.empty())).isEqualTo(PodLinks.NONE);
    }

    @Test
    void aPathThatIsGoneHoldsNothing() {
        assertThat(PodLinks.read(folder.resolve("cni-gone").toString(), VF, Optional.empty()))
                .isEqualTo(PodLinks.NONE);
    }

    /** Else the plan would give the VF the name and the default route of the pod's other interfaces. */
    @Test
    void aNamespaceThatCannotBeOpenedForAnotherCauseIsNoEmptyOne() {
        String tooLong = folder.resolve("n".repeat(300)).toString(); // ENAMETOOLONG

        assertThatThrownBy(() -> PodLinks.read(tooLong, VF, Optional.empty())).isInstanceOf(LinuxException.class);
    }
}
