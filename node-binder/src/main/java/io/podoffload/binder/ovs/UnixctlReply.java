package io.podoffload.binder.ovs;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * Reads {@code {"id":0,"result":"text","error":null}}, whose members come in any order, without ever holding more of the text
 * than one line: a JSON library would hold all of it, several times.
 */
final class UnixctlReply {

    private static final int LONGEST_LINE = 1 << 20;

    private static final int BUFFER = 64 * 1024;

    private final InputStream in;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream(1024);
    private final byte[] buffer = new byte[BUFFER];
    private int position;
    private int filled;

    UnixctlReply(InputStream in) {
        this.in = in;
    }

    /**
     * @param onLine gets each line of the result
     * @return the error, empty if there is none
     */
    String read(Consumer<String> onLine) throws IOException {
        StringBuilder error = new StringBuilder();
        expect('{');
        int next = token();
        while (next != '}') {
            if (next == ',') {
                next = token();
            }
            if (next != '"') {
                throw malformed(next);
            }
            StringBuilder name = new StringBuilder();
            string(name::append);
            expect(':');
            next = value(name.toString(), onLine, error);
        }
        return error.toString();
    }

    /** @return the token after the value */
    private int value(String name, Consumer<String> onLine, StringBuilder error) throws IOException {
        int first = token();
        if (first != '"') {
            int next = first;
            while (next != ',' && next != '}') {
                next = token(); // a number or null
            }
            return next;
        }
        switch (name) {
            case "result" -> string(onLine);
            case "error" -> string(text -> error.append(text).append('\n'));
            default -> string(text -> {});
        }
        return token();
    }

    /** The rest of a string, in lines. */
    private void string(Consumer<String> onLine) throws IOException {
        line.reset();
        for (int next = read(); next != '"'; next = read()) {
            if (next == '\\') {
                next = escaped();
                if (next == '\n') {
                    flush(onLine);
                    continue;
                }
                line.writeBytes(Character.toString(next).getBytes(StandardCharsets.UTF_8));
            } else {
                line.write(next);
                plain();
            }
            if (line.size() > LONGEST_LINE) {
                throw new IOException("a line of the reply is longer than " + LONGEST_LINE + " bytes");
            }
        }
        if (line.size() > 0) {
            flush(onLine);
        }
    }

    /** Most of a text needs no second look: what is in the buffer up to the next quote or escape goes over in one piece. */
    private void plain() {
        int end = position;
        while (end < filled && buffer[end] != '"' && buffer[end] != '\\') {
            end++;
        }
        line.write(buffer, position, end - position);
        position = end;
    }

    private void flush(Consumer<String> onLine) {
        onLine.accept(line.toString(StandardCharsets.UTF_8));
        line.reset();
    }

    private int escaped() throws IOException {
        int escape = read();
        return switch (escape) {
            case 'n' -> '\n';
            case 't' -> '\t';
            case 'r' -> '\r';
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'u' -> {
                int code = 0;
                for (int digit = 0; digit < 4; digit++) {
                    code = code * 16 + Character.digit(read(), 16);
                }
                yield code;
            }
            default -> escape;
        };
    }

    /** The next byte that is no white space. */
    private int token() throws IOException {
        int next = read();
        while (next == ' ' || next == '\n' || next == '\t' || next == '\r') {
            next = read();
        }
        return next;
    }

    private void expect(char wanted) throws IOException {
        int found = token();
        if (found != wanted) {
            throw malformed(found);
        }
    }

    private static IOException malformed(int found) {
        return new IOException("the reply is no JSON-RPC: '" + (char) found + "'");
    }

    private int read() throws IOException {
        if (position == filled) {
            filled = in.read(buffer);
            position = 0;
            if (filled <= 0) {
                filled = 0;
                throw new EOFException("the reply ends in the middle");
            }
        }
        return Byte.toUnsignedInt(buffer[position++]);
    }
}
