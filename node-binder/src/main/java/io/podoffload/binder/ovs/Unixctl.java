package io.podoffload.binder.ovs;

import io.podoffload.binder.socket.Deadline;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

/**
 * The control socket of ovs-vswitchd, as ovs-appctl(8) uses it: one JSON-RPC 1.0 request, one reply, whose text runs to tens of
 * megabytes where there are many flows and is handed on line by line.
 *
 * @see <a href="https://docs.openvswitch.org/en/latest/ref/ovs-appctl.8/">ovs-appctl(8)</a>
 */
public final class Unixctl {

    /** Far longer than a dump of 50,000 flows takes. */
    private static final Duration ANSWERS_WITHIN = Duration.ofSeconds(10);

    private final Path runDirectory;
    private final Duration answersWithin;

    /** @param runDirectory of Open vSwitch, {@code /run/openvswitch} on a node */
    public Unixctl(Path runDirectory) {
        this(runDirectory, ANSWERS_WITHIN);
    }

    Unixctl(Path runDirectory, Duration answersWithin) {
        this.runDirectory = runDirectory;
        this.answersWithin = answersWithin;
    }

    /** The reply as a whole. */
    public String call(String method, String... parameters) {
        List<String> lines = new ArrayList<>();
        lines(lines::add, method, parameters);
        return String.join("\n", lines);
    }

    /**
     * Calls {@code method} and hands on its reply.
     *
     * @throws OvsdbException if ovs-vswitchd is not there, hangs, or refuses
     */
    public void lines(Consumer<String> onLine, String method, String... parameters) {
        Path socket = socket();
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
                Deadline deadline = Deadline.of(channel, answersWithin)) {
            String request = "{\"id\":0,\"method\":" + quoted(method) + ",\"params\":"
                    + Arrays.stream(parameters).map(Unixctl::quoted).collect(Collectors.joining(",", "[", "]")) + "}";
            ByteBuffer bytes = ByteBuffer.wrap(request.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            String error = new UnixctlReply(Channels.newInputStream(channel)).read(onLine);
            if (!error.isEmpty()) {
                throw new OvsdbException("ovs-vswitchd answered to " + method + ": " + error.strip());
            }
        } catch (ClosedChannelException e) {
            throw new OvsdbException.Disconnected(
                    "ovs-vswitchd did not answer " + method + " within " + answersWithin.toSeconds()
                            + " s; see its log",
                    e);
        } catch (IOException e) {
            throw new OvsdbException.Disconnected("cannot ask ovs-vswitchd at " + socket + ": " + e.getMessage(), e);
        }
    }

    /** All flows of all datapaths, with what tells who forwards their packets. */
    public void dumpFlows(Consumer<String> onLine) {
        call("dpctl/dump-dps")
                .lines()
                .filter(name -> !name.isBlank())
                .forEach(datapath -> lines(onLine, "dpctl/dump-flows", "-m", datapath));
    }

    /** Named after the process, whose id is that of its own namespace of processes; the pid file tells which is the current one. */
    private Path socket() {
        try {
            Path pidFile = runDirectory.resolve("ovs-vswitchd.pid");
            if (Files.exists(pidFile)) {
                Path ofPid = runDirectory.resolve(
                        "ovs-vswitchd." + Files.readString(pidFile).strip() + ".ctl");
                if (Files.exists(ofPid)) {
                    return ofPid;
                }
            }
            try (Stream<Path> files = Files.list(runDirectory)) {
                return files.filter(file -> String.valueOf(file.getFileName()).matches("ovs-vswitchd(\\.\\d+)?\\.ctl"))
                        .max((one, other) -> Long.compare(
                                one.toFile().lastModified(), other.toFile().lastModified()))
                        .orElseThrow(() -> new OvsdbException.Disconnected(
                                "ovs-vswitchd does not run: there is no control socket in " + runDirectory, null));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot look for ovs-vswitchd's control socket in " + runDirectory, e);
        }
    }

    private static String quoted(String text) {
        return JsonMapper.shared().writeValueAsString(text);
    }
}
