package io.podoffload.binder.binding;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PlainTextTest {

    @Test
    void aSentenceIsCutAndSaysSo() {
        assertThat(PlainText.sentence("x".repeat(512))).isEqualTo("x".repeat(512));
        assertThat(PlainText.sentence("x".repeat(513))).isEqualTo("x".repeat(512) + "...");
    }

    @Test
    void aQuotedValueIsShort() {
        assertThat(PlainText.quoted("10.16.0.5")).isEqualTo("'10.16.0.5'");
        assertThat(PlainText.quoted("é".repeat(80_000))).isEqualTo("'" + "é".repeat(64) + "...'");
    }

    @Test
    void nothingInItControlsATerminal() {
        assertThat(PlainText.sentence("a\u001b[2Jb\nc\u202ed\u2028e\ud800f")).isEqualTo("a?[2Jb?c?d?e?f");
        assertThat(PlainText.sentence("VF 0000:03:00.2, Größe 😀")).isEqualTo("VF 0000:03:00.2, Größe 😀");
    }
}
