package io.podoffload.webhook.admission;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.server.reactive.ServerHttpRequest;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SignalType;

/** The bytes of a request. Of one that is too large the rest is read and thrown away, so that the client gets its answer. */
final class ReviewBody {

    /** The API server takes objects of 3 MiB, and a review may hold two. */
    static final int LARGEST = 7 << 20;

    /** Bodies of up to this size are not counted; a thousand of them at once is less than what is allowed together. */
    private static final int SMALL = 16 << 10;

    /** All large ones together; an API server that is told to wait comes again. */
    private static final long LARGEST_TOGETHER = 3L * LARGEST;

    private static final AtomicLong TOGETHER = new AtomicLong();

    private byte[] bytes;
    private long length;
    private long reserved;
    private boolean crowdedOut;

    private ReviewBody(long announced) {
        bytes = new byte[announced > 0 && announced <= SMALL ? (int) announced : SMALL];
        if (announced > SMALL && announced <= LARGEST) {
            hasRoomFor((int) announced);
        }
    }

    /** Reads the whole body; {@link #release} it afterwards. */
    static Mono<ReviewBody> read(ServerHttpRequest request) {
        long announced = request.getHeaders().getContentLength();
        ReviewBody body = new ReviewBody(announced);
        Mono<ReviewBody> whole = request.getBody().collect(() -> body, ReviewBody::add);
        return announced > 0 && announced <= SMALL
                ? whole
                : whole.doFinally(signal -> {
                    if (signal != SignalType.ON_COMPLETE) {
                        body.release();
                    }
                });
    }

    private void add(DataBuffer buffer) {
        int count = buffer.readableByteCount();
        if (length + count <= LARGEST && !crowdedOut && hasRoomFor((int) length + count)) {
            buffer.read(bytes, (int) length, count);
        }
        length += count;
        DataBufferUtils.release(buffer);
    }

    private boolean hasRoomFor(int size) {
        if (size <= bytes.length) {
            return true;
        }
        int larger = Math.min(LARGEST, Math.max(size, 2 * bytes.length));
        if (!reserve(larger - bytes.length)) {
            return false;
        }
        bytes = Arrays.copyOf(bytes, larger);
        return true;
    }

    private boolean reserve(int more) {
        if (TOGETHER.addAndGet(more) > LARGEST_TOGETHER) {
            TOGETHER.addAndGet(-more);
            crowdedOut = true;
            return false;
        }
        reserved += more;
        return true;
    }

    void release() {
        TOGETHER.addAndGet(-reserved);
        reserved = 0;
        bytes = new byte[0];
    }

    boolean isTooLarge() {
        return length > LARGEST;
    }

    /** Whether others' bodies left no room for this one. */
    boolean isCrowdedOut() {
        return crowdedOut;
    }

    Review review() throws InvalidReviewException {
        return ReviewReader.read(bytes, (int) length);
    }
}
