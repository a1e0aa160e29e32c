package io.podoffload.binder.prepare;

import io.podoffload.binder.kernel.Errno;
import io.podoffload.binder.kernel.LinuxException;
import io.podoffload.binder.nic.PreparationStep;
import java.util.function.BiPredicate;

/**
 * What a kernel or driver means by refusing a step, and what helps. The texts are those of drivers/net/ethernet/mellanox/mlx5
 * and of drivers/pci/iov.c; the first that fits is told.
 */
enum KernelRefusal {
    ESWITCH_BUSY(
            says("E-Switch is busy"),
            "flows are offloaded or being offloaded: stop Open vSwitch or take the PF out of its bridges, and try again"),
    NAMESPACE_DIVERGED(
            says("netdev net namespace has diverged"),
            "the PF's netdev was moved to another network namespace: move it back first"),
    FIRMWARE_RESET(says("firmware reset"), "the firmware is being reset: try again when it is done"),
    IPSEC(says("IPsec"), "IPsec is configured on the PF: remove its states and policies first"),
    TRAPS(says("devlink traps"), "devlink traps are active: set them to drop first"),
    STEERING_IN_SWITCHDEV(
            says("fs mode is not supported when eswitch offloads enabled"),
            "the steering mode changes in legacy mode only: nothing may use the PF while it is switched back"),
    FLOWS_CONFIGURED(
            says("flows are configured"),
            "the PF has offloaded flows: stop Open vSwitch or take the PF and its representors out of its bridges"),
    WANTS_VFS_FIRST(
            says("SRIOV legacy not enabled"),
            "this kernel changes the mode only while the PF has VFs: make a VF first, or let prepare do both"),
    FAILED_TO_OFFLOADS(
            says("setting eswitch to offloads"),
            "the firmware could not: see the kernel's log (dmesg); VFs bound to a driver and old firmware are the usual"
                    + " causes"),
    VFS_BOUND(says("unbind"), "VFs are still bound to a driver"),
    MODE_BUSY(
            (step, e) -> step instanceof PreparationStep.EswitchMode && e.is(Errno.EBUSY),
            "something uses the eswitch: VFs that are bound to a driver, or offloaded flows"),
    NO_ESWITCH_MANAGER(
            (step, e) -> step instanceof PreparationStep.EswitchMode && e.is(Errno.EOPNOTSUPP),
            "this host does not manage the eswitch: SR-IOV is off, the kernel lacks CONFIG_MLX5_ESWITCH, or a BlueField is"
                    + " in DPU mode"),
    BAD_RESOURCE_STATE(
            (step, e) -> step instanceof PreparationStep.EswitchMode && (e.is(Errno.EINVAL) || e.is(Errno.EIO)),
            "the firmware refuses in this state; newer firmware wants no VFs while the mode changes"),
    TOO_MANY_VFS(
            (step, e) -> step instanceof PreparationStep.VfCount && e.is(Errno.ERANGE),
            "more VFs than the firmware allows: raise NUM_OF_VFS with mlxconfig and restart the node"),
    VFS_BUSY(
            (step, e) -> step instanceof PreparationStep.VfCount && e.is(Errno.EBUSY),
            "the PF has VFs already, which somebody else made meanwhile"),
    NO_ROOM(
            (step, e) -> step instanceof PreparationStep.VfCount && e.is(Errno.ENOMEM),
            "the platform has no address space for them: switch on SR-IOV and \"above 4G decoding\" in the BIOS, or start"
                    + " the kernel with pci=realloc"),
    NO_DRIVER(
            (step, e) -> e.is(Errno.ENODEV),
            "the device has no driver: load it (mlx5_core), and check that sriov_drivers_autoprobe is 1"),
    TC_FIXED(
            (step, e) -> step instanceof PreparationStep.UplinkTcOffload
                    || step instanceof PreparationStep.RepresentorTcOffload,
            "the driver offers it in switchdev mode only, and not every card has it"),
    ENCAP_UNKNOWN(
            (step, e) -> step instanceof PreparationStep.Encap,
            "the firmware cannot handle tunnel headers: leave encap out, and expect tunnelled traffic in software"),
    STEERING_UNKNOWN(
            (step, e) -> step instanceof PreparationStep.Steering,
            "the card does not know this steering mode, or is not in legacy mode"),
    NOT_ALLOWED(
            (step, e) -> e.is(Errno.EPERM) || e.is(Errno.EACCES),
            "the program may not: it needs to be root with the capability NET_ADMIN and a writable /sys"),
    READ_ONLY(
            (step, e) -> e.is(Errno.EROFS),
            "/sys is mounted read-only: in a container, mount the host's /sys writable"),
    SLOW((step, e) -> e.is(Errno.ETIMEDOUT), "the driver did not do it in time: see the kernel's log (dmesg)"),
    UNKNOWN((step, e) -> true, "see the kernel's log (dmesg)");

    private final BiPredicate<PreparationStep, LinuxException> is;
    private final String meaning;

    KernelRefusal(BiPredicate<PreparationStep, LinuxException> is, String meaning) {
        this.is = is;
        this.meaning = meaning;
    }

    private static BiPredicate<PreparationStep, LinuxException> says(String words) {
        return (step, e) -> e.explanation().contains(words);
    }

    static KernelRefusal of(PreparationStep step, LinuxException refusal) {
        for (KernelRefusal known : values()) {
            if (known.is.test(step, refusal)) {
                return known;
            }
        }
        return UNKNOWN;
    }

    /** One sentence with the kernel's own words, the cause and the cure. */
    static String explain(PreparationStep step, LinuxException refusal) {
        return refusal.getMessage() + "; " + of(step, refusal).meaning;
    }
}
