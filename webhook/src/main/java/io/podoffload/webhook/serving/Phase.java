package io.podoffload.webhook.serving;

import java.security.SecureRandom;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Whether requests are answered at all. */
@Component
public final class Phase {

    /** Carried by the webhook's own requests to itself. */
    public static final String WARM_UP_HEADER = "X-Warm-Up";

    private enum Is {
        STARTING,
        READY,
        DRAINING
    }

    private final String warmUpToken;
    private volatile Is now = Is.STARTING;

    Phase() {
        byte[] random = new byte[16];
        new SecureRandom().nextBytes(random);
        warmUpToken = HexFormat.of().formatHex(random);
    }

    void becomeReady() {
        now = now == Is.STARTING ? Is.READY : now;
    }

    void drain() {
        now = Is.DRAINING;
    }

    boolean isReady() {
        return now == Is.READY;
    }

    String warmUpToken() {
        return warmUpToken;
    }

    /** Whether a request with this value of {@link #WARM_UP_HEADER} is the webhook's own; only before it is ready. */
    public boolean isWarmUp(@Nullable String token) {
        return token != null && now == Is.STARTING && token.equals(warmUpToken);
    }

    /** Why no request is answered at the moment; null where all are. */
    public @Nullable String refusal() {
        return switch (now) {
            case READY -> null;
            case STARTING -> "pod-offload is starting";
            case DRAINING -> "pod-offload is shutting down";
        };
    }
}
