package io.podoffload.webhook.admission;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Reads the value at which a parser stands, and leaves the parser at its end. */
final class Values {

    private Values() {}

    /** The value as text; null where it is null, an object or an array. */
    static @Nullable String text(JsonParser json) {
        JsonToken token = json.currentToken();
        if (token == JsonToken.VALUE_NULL || !token.isScalarValue()) {
            json.skipChildren();
            return null;
        }
        return json.getString();
    }

    static String text(JsonParser json, String otherwise) {
        String text = text(json);
        return text == null ? otherwise : text;
    }

    /** False also for what is no boolean. */
    static boolean isTrue(JsonParser json) {
        json.skipChildren();
        return json.currentToken() == JsonToken.VALUE_TRUE;
    }

    /** Whether the parser stands before the fields of an object; anything else is skipped. */
    static boolean isObject(JsonParser json) {
        return isStart(json, JsonToken.START_OBJECT);
    }

    /** Whether the parser stands before the elements of an array; anything else is skipped. */
    static boolean isArray(JsonParser json) {
        return isStart(json, JsonToken.START_ARRAY);
    }

    private static boolean isStart(JsonParser json, JsonToken start) {
        if (json.currentToken() == start) {
            return true;
        }
        json.skipChildren();
        return false;
    }
}
