package io.podoffload.binder.diagnosis;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Connection tracking, which OVN's flows use, is offloaded from Linux 5.7 on. */
final class OldKernel implements Check<NodeFacts> {

    private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+)");

    @Override
    public String wellWhen() {
        return "the kernel can offload connection tracking";
    }

    @Override
    public Stream<Finding> look(NodeFacts facts) {
        Matcher version = VERSION.matcher(facts.kernel());
        if (!version.lookingAt()) {
            return Stream.of();
        }
        int major = Integer.parseInt(version.group(1));
        int minor = Integer.parseInt(version.group(2));
        return major > 5 || major == 5 && minor >= 7
                ? Stream.of()
                : Stream.of(
                        error(
                                "the kernel is " + facts.kernel(),
                                "Use Linux 5.7 or later, or a distribution's kernel that has connection tracking offload back-ported."));
    }
}
