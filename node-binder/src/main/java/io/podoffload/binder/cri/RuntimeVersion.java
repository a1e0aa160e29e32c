package io.podoffload.binder.cri;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which container runtime it is.
 *
 * @param name {@code containerd}, {@code cri-o}
 * @param version {@code v2.1.9}, {@code 1.31.0}, {@code 1.6.20~ds1}
 */
record RuntimeVersion(String name, String version) {

    private static final Pattern MAJOR = Pattern.compile("v?(\\d{1,4})\\..*");
    private static final int FIRST_WITH_A_STREAM_FOR_EACH = 2;

    /**
     * Whether each caller of GetContainerEvents gets every event. CRI-O and containerd before 2.0 have one channel for all of them, so that
     * the kubelet would miss what the binder gets.
     *
     * @see <a href="https://github.com/containerd/containerd/pull/9661">containerd 9661</a>
     * @see <a href="https://github.com/cri-o/cri-o/issues/6466">CRI-O 6466</a>
     */
    boolean givesEventsToEachCaller() {
        Matcher major = MAJOR.matcher(version);
        return name.equals("containerd")
                && major.matches()
                && Integer.parseInt(major.group(1)) >= FIRST_WITH_A_STREAM_FOR_EACH;
    }

    @Override
    public String toString() {
        return name + " " + version;
    }
}
