package io.podoffload.sim;

import io.fabric8.mockwebserver.http.RecordedRequest;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Who asked the API server for what, and how it answered: as much of an audit log as is counted here. */
public final class RequestLog {

    private static final int REFUSED = 400;

    private final List<Entry> entries = new CopyOnWriteArrayList<>();

    private record Entry(String account, String request) {}

    /** A watch stands here once, when it begins. */
    void add(RecordedRequest request, int code) {
        @Nullable String user = Rbac.user(request);
        if (user != null && user.startsWith(Rbac.ACCOUNT)) {
            RequestAttributes asked = RequestAttributes.of(request);
            String what = asked == null
                    ? request.method().name().toLowerCase(Locale.ROOT) + " " + request.getPath()
                    : asked.verb() + " " + asked.resource();
            entries.add(
                    new Entry(user.substring(user.lastIndexOf(':') + 1), code < REFUSED ? what : what + " " + code));
        }
    }

    /** Forgets all so far. */
    public void clear() {
        entries.clear();
    }

    /** How often each request was made by this ServiceAccount: {@code verb resource}, and the status of one that was refused. */
    public Map<String, Long> of(String account) {
        return entries.stream()
                .filter(entry -> entry.account().equals(account))
                .collect(Collectors.groupingBy(Entry::request, TreeMap::new, Collectors.counting()));
    }
}
