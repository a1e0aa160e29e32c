package io.podoffload.binder.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.podoffload.binder.binding.PodName;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestTest {

    @Test
    void whatWasWrittenIsRead() {
        for (Question question : List.of(
                new Question.Explain(new PodName("a".repeat(63), "b".repeat(253))),
                new Question.Doctor(),
                new Question.Inventory())) {
            for (Style.Format format : Style.Format.values()) {
                for (Marks marks : Marks.values()) {
                    Request request = new Request(question, new Style(format, marks));

                    assertThat(request.line().length()).isLessThanOrEqualTo(Request.LONGEST_LINE);
                    assertThat(Request.parse(request.line())).isEqualTo(request);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\n",
                "explain text unicode\n",
                "explain text unicode default/web more\n",
                "explain xml unicode default/web\n",
                "doctor text unicode default/web\n",
                "prepare text unicode\n",
                "explain text unicode ../../etc\n",
                "explain text unicode default/We\u001b[31mb\n"
            })
    void anythingElseIsRefused(String line) {
        assertThatIllegalArgumentException().isThrownBy(() -> Request.parse(line));
    }

    @Test
    void randomBytesNeverDoMoreThanBeRefused() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 20_000; round++) {
            StringBuilder line = new StringBuilder();
            List<String> words =
                    List.of("explain", "doctor", "inventory", "text", "json", "unicode", "a/b", " ", "\t", "\0");
            for (int word = random.nextInt(8); word > 0; word--) {
                line.append(words.get(random.nextInt(words.size()))).append(random.nextBoolean() ? " " : "");
            }
            try {
                assertThat(Request.parse(line.toString()).line())
                        .isEqualTo(line.toString().strip() + "\n");
            } catch (IllegalArgumentException e) {
                assertThat(e.getMessage()).as("seed %d", seed).isNotBlank();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a_b/c", "/c", "a/", "a/b/c", "A/b", "a/-b", "a b/c"})
    void onlyNamesOfPodsAreAskedFor(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Request.pod(name))
                .withMessageStartingWith("not NAMESPACE/POD: ");
    }
}
