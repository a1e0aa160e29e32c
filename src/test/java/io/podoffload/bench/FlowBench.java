package io.podoffload.bench;

import io.podoffload.binder.offload.FlowSample;
import io.podoffload.binder.offload.OffloadVerdict;
import io.podoffload.binder.ovs.Unixctl;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What it takes to read and judge the flows of a busy node, beside a floor that reads the same bytes and throws them away. Run by
 * dev/bench with a heap of 64 MiB, so that it would fail if it held more.
 */
public final class FlowBench {

    private static final int FLOWS = 50_000;
    private static final int PODS = 127;
    private static final int ROUNDS = 15;

    private FlowBench() {}

    /** @param arguments not used; those of the other benchmarks */
    public static void main(String[] arguments) throws IOException {
        Path directory = Files.createTempDirectory("flows");
        byte[] reply = reply();
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            Path socket = directory.resolve("ovs-vswitchd.ctl");
            server.bind(UnixDomainSocketAddress.of(socket));
            Thread serving = new Thread(() -> serve(server, reply), "flows");
            serving.setDaemon(true);
            serving.start();
            Unixctl vswitchd = new Unixctl(directory);
            Set<String> representors =
                    IntStream.range(0, PODS).mapToObj(pod -> "enp3s0f0_" + pod).collect(Collectors.toSet());
            long[] floor = new long[ROUNDS];
            long[] ours = new long[ROUNDS];
            for (int round = 0; round < ROUNDS; round++) {
                long begun = System.nanoTime();
                read(socket);
                floor[round] = System.nanoTime() - begun;
                begun = System.nanoTime();
                judge(vswitchd, representors);
                ours[round] = System.nanoTime() - begun;
            }
            Arrays.sort(floor);
            Arrays.sort(ours);
            System.out.printf(
                    "{\"flows\":%d,\"reply_mib\":%d,\"heap_mib\":%d,\"floor_ms\":%d,\"ours_ms\":%d,\"ratio\":%.1f}%n",
                    FLOWS,
                    reply.length >> 20,
                    Runtime.getRuntime().maxMemory() >> 20,
                    floor[ROUNDS / 2] / 1_000_000,
                    ours[ROUNDS / 2] / 1_000_000,
                    ours[ROUNDS / 2] / (double) floor[ROUNDS / 2]);
            Files.delete(socket);
        }
        Files.delete(directory);
    }

    private static void judge(Unixctl vswitchd, Set<String> representors) {
        FlowSample sample = new FlowSample(representors);
        vswitchd.lines(sample::add, "dpctl/dump-flows", "-m");
        FlowSample nothing = new FlowSample(representors);
        long offloaded = representors.stream()
                .filter(one -> OffloadVerdict.of(sample.since(nothing, one)) == OffloadVerdict.Offloaded)
                .count();
        if (offloaded != PODS || sample.malformed() > 0) {
            throw new IllegalStateException(offloaded + " of " + PODS + " pods, " + sample.malformed() + " malformed");
        }
    }

    private static void read(Path socket) throws IOException {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            channel.write(ByteBuffer.wrap("{}".getBytes(StandardCharsets.UTF_8)));
            ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);
            while (channel.read(buffer) >= 0) {
                buffer.clear();
            }
        }
    }

    private static void serve(ServerSocketChannel server, byte[] reply) {
        while (server.isOpen()) {
            try (SocketChannel client = server.accept()) {
                client.read(ByteBuffer.allocate(1024));
                ByteBuffer bytes = ByteBuffer.wrap(reply);
                while (bytes.hasRemaining()) {
                    client.write(bytes);
                }
            } catch (IOException e) {
                return; // the bench is over
            }
        }
    }

    /** As a kernel datapath prints them, each between two pods. */
    private static byte[] reply() {
        StringBuilder text = new StringBuilder(FLOWS * 420).append("{\"id\":0,\"error\":null,\"result\":\"");
        for (int flow = 0; flow < FLOWS; flow++) {
            text.append(
                            "ufid:%08x-e7e9-4935-8f82-1890430b0f66, skb_priority(0/0),skb_mark(0/0),ct_state(0/0x23),ct_zone(0/0)"
                                    .formatted(flow))
                    .append(",ct_mark(0/0),ct_label(0/0x1),recirc_id(0),dp_hash(0/0),in_port(enp3s0f0_")
                    .append(flow % PODS)
                    .append(
                            "),packet_type(ns=0/0,id=0/0),eth(src=00:00:00:c5:6d:4e,dst=00:00:00:e7:16:ce),eth_type(0x0800),")
                    .append("ipv4(src=10.0.0.1,dst=10.0.0.2,proto=0/0,tos=0/0,ttl=0/0,frag=no), packets:")
                    .append(flow)
                    .append(", bytes:62142230, used:0.260s, offloaded:yes, dp:tc, actions:enp3s0f0_")
                    .append((flow + 1) % PODS)
                    .append("\\n");
        }
        return text.append("\"}").toString().getBytes(StandardCharsets.UTF_8);
    }
}
