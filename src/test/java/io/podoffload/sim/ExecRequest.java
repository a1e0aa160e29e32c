package io.podoffload.sim;

import io.fabric8.mockwebserver.http.RecordedRequest;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which program is to run in which container.
 *
 * @param container empty for the pod's first
 * @param stdin whether the caller sends the standard input
 */
record ExecRequest(String namespace, String pod, String container, List<String> command, boolean stdin) {

    private static final Pattern PATH = Pattern.compile("/api/v1/namespaces/([^/?]+)/pods/([^/?]+)/exec(?:\\?(.*))?");

    /** Null if the request is for something else. */
    static @Nullable ExecRequest of(RecordedRequest request) {
        Matcher path = PATH.matcher(request.getPath());
        if (!path.matches()) {
            return null;
        }
        List<String> command = new ArrayList<>();
        String container = "";
        boolean stdin = false;
        for (String parameter : String.valueOf(path.group(3)).split("&")) {
            String[] parts = parameter.split("=", 2);
            String value = parts.length == 1 ? "" : URLDecoder.decode(parts[1], StandardCharsets.UTF_8);
            switch (parts[0]) {
                case "command" -> command.add(value);
                case "container" -> container = value;
                case "stdin" -> stdin = value.equals("true");
                default -> {}
            }
        }
        return new ExecRequest(path.group(1), path.group(2), container, command, stdin);
    }
}
