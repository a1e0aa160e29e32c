package io.podoffload.cluster;

import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.assertj.core.api.Assertions;
import org.awaitility.Awaitility;

/**
 * A ping that runs in a pod, ten times a second, whatever becomes of the cluster around it. What is lost is seen by the numbers of
 * the replies.
 */
final class Ping {

    private static final String REPLIES = "/tmp/ping";
    private static final Pattern REPLY = Pattern.compile("seq=(\\d+) ");
    private static final int GOES_ON_FOR = 5;

    private final String pod;
    private int before;

    private Ping(String pod) {
        this.pod = pod;
    }

    /** Starts one, and returns when it gets replies. */
    static Ping from(String pod, String address) {
        Cluster.kubectl("exec", pod, "--", "sh", "-c", "ping -i 0.1 " + address + " >" + REPLIES + " 2>&1 &");
        Ping ping = new Ping(pod);
        ping.losses();
        return ping;
    }

    /**
     * What became of the packets since it was asked for last.
     *
     * @param gaps how many of those that were lost followed one another, for each interruption
     */
    record Losses(int sent, List<Integer> gaps) {

        int lost() {
            return gaps.stream().mapToInt(Integer::intValue).sum();
        }

        /** Without single packets: on a busy machine the userspace datapath drops one now and then, with nothing restarted. */
        List<Integer> interruptions() {
            return gaps.stream().filter(gap -> gap > 1).toList();
        }

        boolean interrupted() {
            return !interruptions().isEmpty() || lost() > 1 + sent / 100;
        }
    }

    /** Waits until replies come again, and counts up to the last of them. */
    Losses losses() {
        TreeSet<Integer> replies = new TreeSet<>();
        int asked = last();
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .untilAsserted(
                        () -> Assertions.assertThat(last()).isGreaterThan(Math.max(asked, before) + GOES_ON_FOR));
        Matcher reply = REPLY.matcher(Cluster.kubectl("exec", pod, "--", "cat", REPLIES));
        while (reply.find()) {
            replies.add(Integer.parseInt(reply.group(1)));
        }
        List<Integer> gaps = new java.util.ArrayList<>();
        int previous = before;
        for (int number : replies.tailSet(before, false)) {
            if (number > previous + 1) {
                gaps.add(number - previous - 1);
            }
            previous = number;
        }
        Losses losses = new Losses(previous - before, gaps);
        before = previous;
        return losses;
    }

    private int last() {
        Matcher reply = REPLY.matcher(Cluster.kubectl("exec", pod, "--", "tail", "-n", "1", REPLIES));
        return reply.find() ? Integer.parseInt(reply.group(1)) : 0;
    }
}
