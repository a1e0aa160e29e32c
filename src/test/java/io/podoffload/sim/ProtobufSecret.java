package io.podoffload.sim;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A Secret as Helm sends its releases, in Kubernetes' protobuf encoding: four magic bytes, and an envelope around the object.
 *
 * @see <a href="https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding">Protobuf encoding</a>
 */
final class ProtobufSecret {

    private static final byte[] MAGIC = {'k', '8', 's', 0};

    /** Numbers of fields in k8s.io/apimachinery runtime.Unknown, meta/v1 ObjectMeta and k8s.io/api core/v1 Secret. */
    private static final int ENVELOPE_RAW = 2;

    private static final int SECRET_METADATA = 1;
    private static final int SECRET_DATA = 2;
    private static final int SECRET_TYPE = 3;
    private static final int METADATA_NAME = 1;
    private static final int METADATA_NAMESPACE = 3;
    private static final int METADATA_RESOURCE_VERSION = 6;
    private static final int METADATA_LABELS = 11;

    private ProtobufSecret() {}

    static boolean is(byte[] body) {
        return body.length > MAGIC.length && Arrays.equals(Arrays.copyOf(body, MAGIC.length), MAGIC);
    }

    static ObjectNode toJson(byte[] body) {
        try {
            UnknownFieldSet envelope = UnknownFieldSet.parseFrom(Arrays.copyOfRange(body, MAGIC.length, body.length));
            UnknownFieldSet secret =
                    UnknownFieldSet.parseFrom(bytes(envelope, ENVELOPE_RAW).get(0));
            UnknownFieldSet metadata =
                    UnknownFieldSet.parseFrom(bytes(secret, SECRET_METADATA).get(0));
            ObjectNode json = JsonMapper.shared()
                    .createObjectNode()
                    .put("apiVersion", "v1")
                    .put("kind", "Secret");
            ObjectNode about = json.putObject("metadata");
            put(about, "name", metadata, METADATA_NAME);
            put(about, "namespace", metadata, METADATA_NAMESPACE);
            put(about, "resourceVersion", metadata, METADATA_RESOURCE_VERSION);
            ObjectNode labels = about.putObject("labels");
            for (ByteString entry : bytes(metadata, METADATA_LABELS)) {
                UnknownFieldSet pair = UnknownFieldSet.parseFrom(entry);
                labels.put(text(bytes(pair, 1).get(0)), text(bytes(pair, 2).get(0)));
            }
            ObjectNode data = json.putObject("data");
            for (ByteString entry : bytes(secret, SECRET_DATA)) {
                UnknownFieldSet pair = UnknownFieldSet.parseFrom(entry);
                data.put(
                        text(bytes(pair, 1).get(0)),
                        Base64.getEncoder().encodeToString(bytes(pair, 2).get(0).toByteArray()));
            }
            put(json, "type", secret, SECRET_TYPE);
            return json;
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException("this is no Secret", e);
        }
    }

    private static List<ByteString> bytes(UnknownFieldSet message, int field) {
        return message.getField(field).getLengthDelimitedList();
    }

    private static void put(ObjectNode json, String name, UnknownFieldSet message, int field) {
        bytes(message, field).stream()
                .map(ProtobufSecret::text)
                .filter(text -> !text.isEmpty())
                .forEach(text -> json.put(name, text));
    }

    private static String text(ByteString bytes) {
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
