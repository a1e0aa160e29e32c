package io.podoffload.webhook.admission;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Walks over JSON text, forwards, and makes objects only of what it is asked for. A review is nine tenths of what nobody
 * asks for; that is checked to be JSON and passed over without a copy.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8259">RFC 8259</a>
 */
final class JsonWalk {

    /** Deeper values are refused. A pod has some twenty levels. */
    private static final int DEEPEST = 200;

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGH_BITS = 0x8080808080808080L;
    private static final long QUOTES = ONES * '"';
    private static final long BACKSLASHES = ONES * '\\';
    private static final long SPACES = ONES * ' ';

    private final byte[] json;
    private final int end;
    private int at;
    private int depth;

    /** Whether a container has just been entered, so that no comma is due. */
    private boolean fresh;

    /** @param length how many bytes of {@code json} are the text */
    JsonWalk(byte[] json, int length) {
        this.json = json;
        this.end = length;
    }

    static JsonWalk of(String json) {
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        return new JsonWalk(bytes, bytes.length);
    }

    /** Steps before the first field if an object is next; passes over anything else. */
    boolean enterObject() throws InvalidReviewException {
        return enter('{');
    }

    /** Steps before the first element if an array is next; passes over anything else. */
    boolean enterArray() throws InvalidReviewException {
        return enter('[');
    }

    private boolean enter(char bracket) throws InvalidReviewException {
        if (next() != bracket) {
            skip();
            return false;
        }
        descend();
        fresh = true;
        return true;
    }

    private void descend() throws InvalidReviewException {
        at++;
        if (++depth > DEEPEST) {
            throw malformed("nested deeper than " + DEEPEST);
        }
    }

    /** Whether the array that was entered has another element; if not, it is left. */
    boolean hasElement() throws InvalidReviewException {
        return hasMore(']');
    }

    private boolean hasMore(char closing) throws InvalidReviewException {
        int character = next();
        if (character == closing) {
            at++;
            depth--;
            fresh = false;
            return false;
        }
        if (!fresh) {
            expect(',');
        }
        fresh = false;
        return true;
    }

    /** The name of the next field of the object that was entered; null at its end, which leaves it. */
    @Nullable
    String nextName() throws InvalidReviewException {
        if (!hasMore('}')) {
            return null;
        }
        next();
        String name = string();
        expect(':');
        return name;
    }

    /** As {@link #nextName}, but of other names than those in {@code known} only the empty string is told. */
    @Nullable
    String nextName(Names known) throws InvalidReviewException {
        if (!hasMore('}')) {
            return null;
        }
        next();
        int start = at + 1;
        boolean plain = passString();
        String name = plain ? known.find(json, start, at - 1) : decoded(start, at - 1);
        expect(':');
        return name;
    }

    /** The value as text; null where it is null, an object or an array. */
    @Nullable
    String text() throws InvalidReviewException {
        int character = next();
        if (character == '"') {
            return string();
        }
        int start = at;
        skip();
        return character == '{' || character == '[' || character == 'n'
                ? null
                : new String(json, start, at - start, StandardCharsets.US_ASCII);
    }

    String text(String otherwise) throws InvalidReviewException {
        String text = text();
        return text == null ? otherwise : text;
    }

    /** False also for what is no boolean. */
    boolean isTrue() throws InvalidReviewException {
        boolean isTrue = next() == 't';
        skip();
        return isTrue;
    }

    /** Passes over the next value, whatever it is. */
    void skip() throws InvalidReviewException {
        switch (next()) {
            case '{' -> skipContainer('}');
            case '[' -> skipContainer(']');
            case '"' -> passString();
            case 't' -> literal("true");
            case 'f' -> literal("false");
            case 'n' -> literal("null");
            default -> number();
        }
    }

    private void skipContainer(char closing) throws InvalidReviewException {
        descend();
        fresh = true;
        while (hasMore(closing)) {
            if (closing == '}') {
                next();
                passString();
                expect(':');
            }
            skip();
        }
    }

    /** Makes sure that nothing follows. */
    void finish() throws InvalidReviewException {
        if (next() >= 0) {
            throw malformed("there is something behind the end");
        }
    }

    /** The next character that is no white space, not consumed; -1 at the end. */
    private int next() {
        while (at < end) {
            byte character = json[at];
            if (character != ' ' && character != '\n' && character != '\r' && character != '\t') {
                return character & 0xff;
            }
            at++;
        }
        return -1;
    }

    private void expect(char character) throws InvalidReviewException {
        if (next() != character) {
            throw malformed("'" + character + "' is missing");
        }
        at++;
    }

    private void literal(String word) throws InvalidReviewException {
        for (int index = 0; index < word.length(); index++, at++) {
            if (at >= end || json[at] != word.charAt(index)) {
                throw malformed("'" + word + "' is misspelt");
            }
        }
    }

    private void number() throws InvalidReviewException {
        if (peek() == '-') {
            at++;
        }
        if (peek() == '0') {
            at++;
        } else {
            digits();
        }
        if (peek() == '.') {
            at++;
            digits();
        }
        if (peek() == 'e' || peek() == 'E') {
            at++;
            if (peek() == '+' || peek() == '-') {
                at++;
            }
            digits();
        }
    }

    private int peek() {
        return at < end ? json[at] : -1;
    }

    private void digits() throws InvalidReviewException {
        int start = at;
        while (at < end && json[at] >= '0' && json[at] <= '9') {
            at++;
        }
        if (at == start) {
            throw malformed("a value is missing");
        }
    }

    private String string() throws InvalidReviewException {
        int start = at + 1;
        return passString() ? new String(json, start, at - 1 - start, StandardCharsets.UTF_8) : decoded(start, at - 1);
    }

    /** Steps over a string; whether it has no escapes in it. */
    private boolean passString() throws InvalidReviewException {
        if (peek() != '"') {
            throw malformed("a string is missing");
        }
        at++;
        boolean plain = true;
        while (true) {
            skipPlain();
            if (at >= end) {
                throw malformed("a string has no end");
            }
            byte character = json[at++];
            if (character == '"') {
                return plain;
            }
            if (character == '\\') {
                plain = false;
                escape();
            } else if (character >= 0 && character < ' ') {
                throw malformed("a control character stands in a string");
            }
        }
    }

    /** Eight bytes at a time, as long as none of them is a quote, a backslash or a control character. */
    private void skipPlain() {
        while (at + Long.BYTES <= end) {
            long word = (long) LONG.get(json, at);
            long telling =
                    zeroBytes(word ^ QUOTES) | zeroBytes(word ^ BACKSLASHES) | ((word - SPACES) & ~word & HIGH_BITS);
            if (telling != 0) {
                at += Long.numberOfTrailingZeros(telling) / Byte.SIZE;
                return;
            }
            at += Long.BYTES;
        }
    }

    /** The high bit of each zero byte, and of none below the lowest of them. */
    private static long zeroBytes(long word) {
        return (word - ONES) & ~word & HIGH_BITS;
    }

    private void escape() throws InvalidReviewException {
        int character = peek();
        at++;
        if (character == 'u') {
            for (int count = 0; count < 4; count++, at++) {
                if (Character.digit(peek(), 16) < 0) {
                    throw malformed("\\u needs four hexadecimal digits");
                }
            }
        } else if (character < 0 || "\"\\/bfnrt".indexOf(character) < 0) {
            throw malformed("an escape is unknown");
        }
    }

    /** Of a string that was passed: its bytes without the quotes, its escapes replaced. */
    private String decoded(int start, int until) {
        String raw = new String(json, start, until - start, StandardCharsets.UTF_8);
        StringBuilder text = new StringBuilder(raw.length());
        for (int index = 0; index < raw.length(); index++) {
            char character = raw.charAt(index);
            if (character != '\\') {
                text.append(character);
                continue;
            }
            char escaped = raw.charAt(++index);
            if (escaped == 'u') {
                text.append((char) Integer.parseInt(raw, index + 1, index + 5, 16));
                index += 4;
            } else {
                int control = "bfnrt".indexOf(escaped);
                text.append(control < 0 ? escaped : "\b\f\n\r\t".charAt(control));
            }
        }
        return text.toString();
    }

    private InvalidReviewException malformed(String why) {
        return new InvalidReviewException("this is no JSON: " + why + ", at byte " + at);
    }

    /** Names of fields that somebody asks for. */
    static final class Names {

        private final byte[][] bytes;
        private final String[] names;

        private Names(String... names) {
            this.names = names;
            bytes = new byte[names.length][];
            for (int index = 0; index < names.length; index++) {
                bytes[index] = names[index].getBytes(StandardCharsets.UTF_8);
            }
        }

        static Names of(String... names) {
            return new Names(names);
        }

        private String find(byte[] json, int start, int until) {
            for (int index = 0; index < bytes.length; index++) {
                byte[] name = bytes[index];
                if (name.length == until - start && java.util.Arrays.equals(name, 0, name.length, json, start, until)) {
                    return names[index];
                }
            }
            return "";
        }
    }
}
