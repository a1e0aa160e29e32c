package io.podoffload.binder.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class MarksTest {

    @Test
    void aFileGetsUtf8UnderAnyLocale() {
        assertThat(Marks.of(Map.of(), false)).isEqualTo(Marks.UNICODE);
        assertThat(Marks.of(Map.of("LC_ALL", "POSIX"), false)).isEqualTo(Marks.UNICODE);
    }

    @Test
    void aTerminalGetsWhatItsLocaleCanShow() {
        assertThat(Marks.of(Map.of("LANG", "C.UTF-8"), true)).isEqualTo(Marks.UNICODE);
        assertThat(Marks.of(Map.of("LANG", "de_DE.utf8"), true)).isEqualTo(Marks.UNICODE);
        assertThat(Marks.of(Map.of(), true)).isEqualTo(Marks.ASCII);
        assertThat(Marks.of(Map.of("LANG", "C"), true)).isEqualTo(Marks.ASCII);
        assertThat(Marks.of(Map.of("LANG", "C.UTF-8", "LC_ALL", "POSIX"), true)).isEqualTo(Marks.ASCII);
        assertThat(Marks.of(Map.of("LANG", "C.UTF-8", "LC_ALL", ""), true)).isEqualTo(Marks.UNICODE);
        assertThat(Marks.of(Map.of("LANG", "C.UTF-8", "TERM", "dumb"), true)).isEqualTo(Marks.ASCII);
    }

    @Test
    void whatATerminalCannotShowBecomesACodePointAndNeverAQuestionMark() {
        assertThat(Marks.ASCII.shown("MTU 1500 … größer\n")).isEqualTo("MTU 1500 \\u{2026} gr\\u{f6}\\u{df}er\n");
        assertThat(Marks.UNICODE.shown("größer")).isEqualTo("größer");
    }

    @Test
    void noTextWritesToTheTerminal() {
        assertThat(Marks.UNICODE.shown("a\u001b[31mb\u202ec\n")).isEqualTo("a\\u{1b}[31mb\\u{202e}c\n");
    }
}
