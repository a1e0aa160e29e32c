package io.podoffload.binder.prepare;

import static org.assertj.core.api.Assertions.assertThat;

import io.podoffload.binder.kernel.Errno;
import io.podoffload.binder.kernel.LinuxException;
import io.podoffload.binder.nic.Eswitch;
import io.podoffload.binder.nic.PreparationStep;
import org.junit.jupiter.api.Test;

class KernelRefusalTest {

    private static final PreparationStep MODE =
            new PreparationStep.EswitchMode(Eswitch.Mode.LEGACY, Eswitch.Mode.SWITCHDEV);

    /** drivers/net/ethernet/mellanox/mlx5/core/eswitch_offloads.c, before mode and VFs were independent. */
    @Test
    void aKernelThatWantsVfsBeforeItChangesTheModeIsNotSaidToWantNone() {
        assertThat(explain("Can't set offloads mode, SRIOV legacy not enabled")).contains("make a VF first");
        assertThat(explain("")).contains("newer firmware wants no VFs while the mode changes");
    }

    private static String explain(String words) {
        return KernelRefusal.explain(MODE, new LinuxException("set the mode", Errno.EINVAL, words));
    }
}
