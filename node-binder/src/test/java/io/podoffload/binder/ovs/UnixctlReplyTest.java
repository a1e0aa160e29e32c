package io.podoffload.binder.ovs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

class UnixctlReplyTest {

    private final List<String> lines = new ArrayList<>();

    private String read(String reply) throws IOException {
        return new UnixctlReply(new ByteArrayInputStream(reply.getBytes(StandardCharsets.UTF_8))).read(lines::add);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"id\":0,\"result\":\"a\\nb\\n\",\"error\":null}",
                "{\"error\":null,\"result\":\"a\\nb\",\"id\":0}",
                " { \"result\" : \"a\\nb\" , \"id\" : 0 } trailing"
            })
    void theResultComesInLinesWhateverTheOrder(String reply) throws IOException {
        assertThat(read(reply)).isEmpty();
        assertThat(lines).containsExactly("a", "b");
    }

    @Test
    void anErrorIsReturned() throws IOException {
        assertThat(read("{\"id\":0,\"error\":\"unknown command\\n\",\"result\":null}")
                        .strip())
                .isEqualTo("unknown command");
        assertThat(lines).isEmpty();
    }

    @Test
    void anyTextComesOutAsItWentIn() throws IOException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 2_000; round++) {
            String text = random.ints(random.nextInt(40), 1, 0x2fff)
                    .filter(letter -> letter != '\n')
                    .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                    .toString();
            lines.clear();
            read("{\"result\":" + JsonMapper.shared().writeValueAsString("x" + text) + ",\"id\":0}");
            assertThat(lines).as("seed %d", seed).containsExactly("x" + text);
        }
    }

    @Test
    void aReplyThatIsCutOffFails() {
        String whole = "{\"id\":0,\"result\":\"a\\nb\",\"error\":null}";
        IntStream.range(0, whole.length() - 1)
                .forEach(end ->
                        assertThatThrownBy(() -> read(whole.substring(0, end))).isInstanceOf(EOFException.class));
    }
}
