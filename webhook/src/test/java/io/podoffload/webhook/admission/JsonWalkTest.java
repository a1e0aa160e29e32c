package io.podoffload.webhook.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podoffload.webhook.admission.JsonWalk.Names;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;

class JsonWalkTest {

    private final ObjectMapper strict = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    @Test
    void textIsWhatWasWritten() throws Exception {
        JsonWalk json = JsonWalk.of("[\"a\\u00e9\\n\\\"\\\\\\/ü\", 12.5e3, true, null, {\"x\":[1]}, \"\"]");

        assertThat(json.enterArray()).isTrue();
        assertThat(json.hasElement()).isTrue();
        assertThat(json.text()).isEqualTo("aé\n\"\\/ü");
        assertThat(json.hasElement()).isTrue();
        assertThat(json.text()).isEqualTo("12.5e3");
        assertThat(json.hasElement()).isTrue();
        assertThat(json.text()).isEqualTo("true");
        assertThat(json.hasElement()).isTrue();
        assertThat(json.text()).isNull();
        assertThat(json.hasElement()).isTrue();
        assertThat(json.text()).isNull();
        assertThat(json.hasElement()).isTrue();
        assertThat(json.text()).isEmpty();
        assertThat(json.hasElement()).isFalse();
        json.finish();
    }

    @Test
    void onlyNamesThatAreAskedForAreTold() throws Exception {
        JsonWalk json = JsonWalk.of("{\"b\":1,\"longer name\":2,\"\\u0061\":3}");
        Names known = Names.of("a", "b");

        assertThat(json.enterObject()).isTrue();
        assertThat(json.nextName(known)).isEqualTo("b");
        json.skip();
        assertThat(json.nextName(known)).isEmpty();
        json.skip();
        assertThat(json.nextName(known)).isEqualTo("a");
        json.skip();
        assertThat(json.nextName(known)).isNull();
    }

    @Test
    void whatIsNoContainerIsPassedOver() throws Exception {
        JsonWalk json = JsonWalk.of("[7,{}]");

        assertThat(json.enterObject()).isFalse();
        json.finish();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "[1,]",
                "[,1]",
                "{\"a\"}",
                "{\"a\":}",
                "{a:1}",
                "\"",
                "\"\\x\"",
                "\"\\u12g4\"",
                "\"\t\"",
                "01",
                "1.",
                ".5",
                "1e",
                "-",
                "+1",
                "tru",
                "nul",
                "[1 2]",
                "{\"a\":1,}",
                "[1]]",
                "{]",
                "'a'",
                "NaN",
                "\"a\\\""
            })
    void whatIsNoJsonIsRefusedAndTheSpotIsTold(String text) {
        assertThatThrownBy(() -> pass(text))
                .isInstanceOf(InvalidReviewException.class)
                .hasMessageContaining("this is no JSON: ")
                .hasMessageContaining("at byte");
    }

    @Test
    void aStringIsReadRightWhateverItsLengthAndWhereverItEnds() throws Exception {
        for (int length = 0; length < 40; length++) {
            for (String last : new String[] {"", "\\n", "ü", "\u0080"}) {
                String text = "x".repeat(length) + last;
                JsonWalk json = JsonWalk.of("\"" + text + "\"");

                assertThat(json.text()).isEqualTo(text.replace("\\n", "\n"));
                json.finish();
            }
        }
    }

    @Test
    void whatThisTakesForJsonALibraryTakesForJsonToo() throws Exception {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        RandomPods pods = new RandomPods(seed);
        int broken = 0;
        for (int round = 0; round < 50_000; round++) {
            StringBuilder text = new StringBuilder(pods.next().toString().replace("ü", "u"));
            for (int change = random.nextInt(3); change > 0; change--) {
                int at = random.nextInt(text.length());
                switch (random.nextInt(3)) {
                    case 0 -> text.deleteCharAt(at);
                    case 1 -> text.insert(at, "{}[]\",:\\u0e.-1tfn ".charAt(random.nextInt(18)));
                    default -> text.setCharAt(at, "{}[]\",:\\u0e.-1tfn ".charAt(random.nextInt(18)));
                }
            }
            boolean taken = isTaken(text.toString());
            broken += taken ? 0 : 1;
            assertThat(taken).as("seed %s: %s", seed, text).isEqualTo(isTakenByLibrary(text.toString()));
        }
        assertThat(broken).as("seed %s", seed).isBetween(5_000, 45_000);
    }

    private static void pass(String text) throws InvalidReviewException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        JsonWalk json = new JsonWalk(bytes, bytes.length);
        json.skip();
        json.finish();
    }

    private static boolean isTaken(String text) {
        try {
            pass(text);
            return true;
        } catch (InvalidReviewException e) {
            return false;
        }
    }

    private boolean isTakenByLibrary(String text) {
        try {
            return !strict.readTree(text).isMissingNode();
        } catch (JacksonException e) {
            return false;
        }
    }
}
