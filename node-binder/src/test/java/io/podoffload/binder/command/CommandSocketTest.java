package io.podoffload.binder.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionService;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A binder that answers commands, and commands that ask it, over a real socket. */
class CommandSocketTest {

    private static final Request DOCTOR =
            new Request(new Question.Doctor(), new Style(Style.Format.TEXT, Marks.UNICODE));

    private final List<CommandSocket> opened = new ArrayList<>();

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private Path folder;

    private Path path() {
        return folder.resolve("run/binder.sock");
    }

    private CommandSocket open(Function<Request, Answer> answers) {
        CommandSocket socket = new CommandSocket(path(), answers);
        opened.add(socket);
        socket.open();
        return socket;
    }

    @AfterEach
    void close() {
        opened.forEach(CommandSocket::close);
    }

    /** What comes back for bytes that no command of ours sends. */
    private String answerTo(String bytes) throws IOException {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(path()))) {
            channel.write(ByteBuffer.wrap(bytes.getBytes(StandardCharsets.UTF_8)));
            channel.shutdownOutput();
            ByteBuffer answer = ByteBuffer.allocate(200);
            while (answer.position() < 50 && channel.read(answer) >= 0) {
                continue; // the header and the text come one after the other
            }
            return new String(answer.array(), 0, answer.position(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void aCommandGetsTheAnswerAndTheExitCodeOfTheBinder() throws IOException {
        open(request -> new Answer(request.equals(DOCTOR) ? 3 : 0, "✗ größer\n", "! ß\n"));

        assertThat(BinderClient.ask(path(), DOCTOR)).contains(new Answer(3, "✗ größer\n", "! ß\n"));
    }

    @Test
    void anAnswerOfManyMegabytesArrivesWhole() throws IOException {
        String text = "0123456789abcdef".repeat(500_000);
        open(request -> Answer.result(0, text));

        assertThat(BinderClient.ask(path(), DOCTOR)).contains(Answer.result(0, text));
    }

    @Test
    void onlyItsOwnerMayConnect() throws IOException {
        open(request -> Answer.result(0, ""));

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path())))
                .isEqualTo("rw-------");
        try (var beside = Files.list(path().getParent())) {
            assertThat(beside).as("nothing is left of its making").containsExactly(path());
        }
    }

    @Test
    void whereNoBinderRunsThereIsNoAnswer() throws IOException {
        assertThat(BinderClient.ask(path(), DOCTOR)).isEmpty();
    }

    @Test
    void theSocketOfABinderThatWasKilledIsReplaced() throws IOException {
        Files.createDirectories(path().getParent());
        ServerSocketChannel killed = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        killed.bind(UnixDomainSocketAddress.of(path()));
        killed.close(); // its file stays
        assertThat(BinderClient.ask(path(), DOCTOR)).isEmpty();

        open(request -> Answer.result(0, "new\n"));

        assertThat(BinderClient.ask(path(), DOCTOR)).contains(Answer.result(0, "new\n"));
    }

    @Test
    void aSecondBinderLeavesTheSocketToTheFirst() throws IOException {
        open(request -> Answer.result(0, "first\n"));
        CommandSocket second = open(request -> Answer.result(0, "second\n"));

        assertThat(BinderClient.ask(path(), DOCTOR)).contains(Answer.result(0, "first\n"));
        second.close();
        assertThat(BinderClient.ask(path(), DOCTOR)).contains(Answer.result(0, "first\n"));
    }

    @Test
    void aBinderThatEndsTakesItsSocketAway() throws IOException {
        open(request -> Answer.result(0, "")).close();

        assertThat(path()).doesNotExist();
        assertThat(BinderClient.ask(path(), DOCTOR)).isEmpty();
    }

    @Test
    void aFailureIsAnAnswerThatNamesIt() throws IOException {
        open(request -> {
            throw new IllegalStateException("outer", new IOException("no kubelet at /x.sock"));
        });

        assertThat(BinderClient.ask(path(), DOCTOR)).contains(Answer.failure(4, "no kubelet at /x.sock"));
    }

    @Test
    void aRequestThatIsNoneIsRefusedWithoutHarm() throws IOException {
        open(request -> Answer.result(0, "well\n"));

        for (String bytes :
                List.of("", "\n", "GET / HTTP/1.1\r\n\r\n", "x".repeat(10_000), "explain text unicode ;rm\n")) {
            assertThat(answerTo(bytes)).startsWith("2 ").contains("the node-binder does not know this request");
        }
        assertThat(BinderClient.ask(path(), DOCTOR)).contains(Answer.result(0, "well\n"));
    }

    @Test
    void moreCommandsThanItAnswersAtOnceWaitForTheirTurn() throws Exception {
        CountDownLatch all = new CountDownLatch(4);
        open(request -> {
            all.countDown(); // four are answered at once
            try {
                assertThat(all.await(30, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return Answer.result(0, "well\n");
        });
        ExecutorService commands = Executors.newFixedThreadPool(16);
        try {
            List<Future<Optional<Answer>>> answers = new ArrayList<>();
            for (int command = 0; command < 16; command++) {
                answers.add(commands.submit(() -> BinderClient.ask(path(), DOCTOR)));
            }
            for (Future<Optional<Answer>> answer : answers) {
                assertThat(answer.get()).contains(Answer.result(0, "well\n"));
            }
        } finally {
            commands.shutdownNow();
        }
    }

    @Test
    void moreCommandsThanMayWaitAreToldToAskAgain() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        open(request -> {
            try {
                release.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return Answer.result(0, "well\n");
        });
        ExecutorService commands = Executors.newFixedThreadPool(40);
        try {
            CompletionService<String> ended = new ExecutorCompletionService<>(commands);
            for (int command = 0; command < 40; command++) {
                ended.submit(() -> {
                    try {
                        return BinderClient.ask(path(), DOCTOR).orElseThrow().text();
                    } catch (IOException e) {
                        return String.valueOf(e.getMessage());
                    }
                });
            }
            for (int refused = 0; refused < 20; refused++) { // four are answered and sixteen wait
                assertThat(ended.take().get()).isEqualTo("it ended, or too many commands ask it at once; ask again");
            }
            release.countDown();
            for (int answered = 0; answered < 20; answered++) {
                assertThat(ended.take().get()).isEqualTo("well\n");
            }
        } finally {
            release.countDown();
            commands.shutdownNow();
        }
    }

    @Test
    void aFileThatIsNoSocketIsLeftAlone() throws IOException {
        Files.createDirectories(path().getParent());
        Files.writeString(path(), "precious");

        open(request -> Answer.result(0, ""));

        assertThat(path()).hasContent("precious");
    }

    @Test
    void whatABinderThatWasKilledLeftOfTheMakingIsRemoved() throws IOException {
        Files.createDirectories(path().resolveSibling(".n"));
        Files.writeString(path().resolveSibling(".n/s"), "");

        open(request -> Answer.result(0, "well\n"));

        assertThat(BinderClient.ask(path(), DOCTOR)).contains(Answer.result(0, "well\n"));
        assertThat(path().resolveSibling(".n")).doesNotExist();
    }

    @Test
    void aPathOfAHundredCharactersIsNotTooLong() throws IOException {
        Path socket = Path.of("/tmp", "s".repeat(100 - "/tmp//b.sock".length()) + System.nanoTime() % 10, "b.sock");
        try (CommandSocket opened = new CommandSocket(socket, request -> Answer.result(0, "well\n"))) {
            opened.open();
            assertThat(BinderClient.ask(socket, DOCTOR)).contains(Answer.result(0, "well\n"));
        } finally {
            Files.deleteIfExists(socket.getParent());
        }
    }

    @Test
    void aBinderThatEndsWhileItAnswersIsTold() {
        CountDownLatch asked = new CountDownLatch(1);
        CommandSocket socket = open(request -> {
            asked.countDown();
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            throw new IllegalStateException("the binder ends");
        });
        Thread ending = new Thread(() -> {
            try {
                asked.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            socket.close();
        });
        ending.start();

        assertThatThrownBy(() -> BinderClient.ask(path(), DOCTOR))
                .isInstanceOf(IOException.class)
                .hasMessage("it ended, or too many commands ask it at once; ask again");
    }
}
