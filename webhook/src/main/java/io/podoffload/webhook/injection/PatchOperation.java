package io.podoffload.webhook.injection;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One {@code add} of a JSON Patch (RFC 6902).
 *
 * @param path JSON Pointer (RFC 6901); its parent exists in the pod
 * @param value a String, or a Map or List of such values
 */
public record PatchOperation(String path, Object value) {

    /**
     * Puts {@code key} into the map at {@code parent}, making the map where the pod has none: {@code add} below a
     * missing parent does not apply, and the API server answers it with an error 500.
     */
    static PatchOperation put(String parent, @Nullable Map<String, String> existing, String key, String value) {
        return put(parent, existing != null, key, value);
    }

    static PatchOperation put(String parent, boolean exists, String key, String value) {
        return exists
                ? new PatchOperation(parent + "/" + escape(key), value)
                : new PatchOperation(parent, Map.of(key, value));
    }

    /** {@code ~} first, or the {@code ~1} of a slash would be escaped again (RFC 6901, section 3). */
    private static String escape(String key) {
        return key.replace("~", "~0").replace("/", "~1");
    }
}
