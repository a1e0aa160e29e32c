package io.podoffload.sim;

import io.fabric8.mockwebserver.http.Response;
import io.fabric8.mockwebserver.http.WebSocket;
import io.fabric8.mockwebserver.http.WebSocketListener;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A program that kubectl executes. The first byte of each message is the number of its stream.
 *
 * @see <a href="https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/4006-transition-spdy-to-websockets">
 *     v5.channel.k8s.io</a>
 */
final class ExecSocket extends WebSocketListener {

    static final String PROTOCOL = "v5.channel.k8s.io";

    private static final Logger LOG = LoggerFactory.getLogger(ExecSocket.class);
    private static final int STDIN = 0;
    private static final int STDOUT = 1;
    private static final int STDERR = 2;
    private static final int ERROR = 3;
    private static final int CLOSE = 255; // the next byte is the number of the stream that ends
    private static final int CHUNK = 8192;

    private final Supplier<List<String>> command;
    private final boolean stdin;

    /** Starts the program, and writes its input in the order in which it comes. */
    private final ExecutorService input = Executors.newSingleThreadExecutor(ExecSocket::daemon);

    private final ExecutorService output = Executors.newFixedThreadPool(2, ExecSocket::daemon);
    private volatile @Nullable Process process;

    /** @param command asked when the socket is open, and not on the API server's own thread */
    ExecSocket(Supplier<List<String>> command, boolean stdin) {
        this.command = command;
        this.stdin = stdin;
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "exec");
        thread.setDaemon(true);
        return thread;
    }

    @Override
    public void onOpen(WebSocket socket, Response response) {
        input.execute(() -> start(socket));
    }

    private void start(WebSocket socket) {
        try {
            Process started = new ProcessBuilder(command.get()).start();
            process = started;
            if (!stdin) {
                started.getOutputStream().close();
            }
            CompletableFuture.allOf(
                            CompletableFuture.runAsync(() -> copy(started.getInputStream(), socket, STDOUT), output),
                            CompletableFuture.runAsync(() -> copy(started.getErrorStream(), socket, STDERR), output))
                    .thenCompose(done -> started.onExit())
                    .whenComplete((ended, failure) ->
                            end(socket, failure == null ? ofExit(ended.exitValue()) : ofFailure(failure.toString())));
        } catch (IOException | RuntimeException e) {
            end(socket, ofFailure(e.toString()));
        }
    }

    private static void copy(InputStream from, WebSocket socket, int stream) {
        byte[] message = new byte[CHUNK];
        message[0] = (byte) stream;
        try {
            for (int read = from.read(message, 1, CHUNK - 1); read > 0; read = from.read(message, 1, CHUNK - 1)) {
                socket.send(Arrays.copyOf(message, read + 1));
            }
        } catch (IOException e) {
            LOG.info("stream {} of {} ended: {}", stream, socket.request().getPath(), e.toString());
        }
    }

    private void end(WebSocket socket, ObjectNode status) {
        byte[] text = JsonMapper.shared().writeValueAsBytes(status);
        byte[] message = new byte[text.length + 1];
        message[0] = ERROR;
        System.arraycopy(text, 0, message, 1, text.length);
        socket.send(message);
        socket.close(1000, "");
        input.shutdown();
        output.shutdown();
    }

    /** As the kubelet says it. */
    private static ObjectNode ofExit(int code) {
        if (code == 0) {
            return status("Success");
        }
        ObjectNode status = status("Failure")
                .put("reason", "NonZeroExitCode")
                .put("message", "command terminated with non-zero exit code: exit status " + code);
        status.putObject("details")
                .putArray("causes")
                .addObject()
                .put("reason", "ExitCode")
                .put("message", String.valueOf(code));
        return status;
    }

    private static ObjectNode ofFailure(String why) {
        return status("Failure")
                .put("reason", "InternalError")
                .put("code", 500)
                .put("message", "Internal error occurred: error executing command in container: " + why);
    }

    private static ObjectNode status(String status) {
        ObjectNode object = JsonMapper.shared().createObjectNode();
        object.putObject("metadata");
        return object.put("status", status);
    }

    @Override
    public void onMessage(WebSocket socket, byte[] message) {
        if (message.length > 0 && message[0] == STDIN) {
            input.execute(() -> write(message));
        } else if (message.length > 1 && (message[0] & 0xff) == CLOSE && message[1] == STDIN) {
            input.execute(this::endInput);
        }
    }

    private void write(byte[] message) {
        Process started = process;
        if (started != null) {
            try {
                started.getOutputStream().write(message, 1, message.length - 1);
                started.getOutputStream().flush();
            } catch (IOException e) {
                LOG.info("{} reads no more: {}", started.info(), e.toString());
            }
        }
    }

    private void endInput() {
        Process started = process;
        if (started != null) {
            try {
                started.getOutputStream().close();
            } catch (IOException e) {
                LOG.info("{} had ended: {}", started.info(), e.toString());
            }
        }
    }

    @Override
    public void onClosing(WebSocket socket, int code, String reason) {
        socket.close(code, reason);
    }

    /** As the container runtime does when nobody reads any more. */
    @Override
    public void onClosed(WebSocket socket, int code, String reason) {
        Process started = process;
        if (started != null) {
            started.destroy();
        }
    }
}
