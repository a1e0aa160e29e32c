package io.podoffload.sim;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
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

    /** The fields of a message that are bytes, texts or messages, by their numbers. */
    private record Message(Map<Integer, List<ByteString>> fields) {

        static Message parse(ByteString bytes) {
            Map<Integer, List<ByteString>> fields = new HashMap<>();
            CodedInputStream in = bytes.newCodedInput();
            try {
                for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
                    if (WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED) {
                        fields.computeIfAbsent(WireFormat.getTagFieldNumber(tag), number -> new ArrayList<>())
                                .add(in.readBytes());
                    } else {
                        in.skipField(tag);
                    }
                }
            } catch (IOException e) {
                throw new IllegalArgumentException("this is no Secret", e);
            }
            return new Message(fields);
        }

        Stream<Message> messages(int field) {
            return bytes(field).map(Message::parse);
        }

        Stream<ByteString> bytes(int field) {
            return fields.getOrDefault(field, List.of()).stream();
        }

        Message message(int field) {
            return messages(field).findFirst().orElseThrow();
        }

        String text(int field) {
            return bytes(field).findFirst().orElse(ByteString.EMPTY).toStringUtf8();
        }
    }

    static ObjectNode toJson(byte[] body) {
        Message envelope = Message.parse(ByteString.copyFrom(body, MAGIC.length, body.length - MAGIC.length));
        Message secret = envelope.message(ENVELOPE_RAW);
        Message metadata = secret.message(SECRET_METADATA);
        ObjectNode json =
                JsonMapper.shared().createObjectNode().put("apiVersion", "v1").put("kind", "Secret");
        ObjectNode about = json.putObject("metadata");
        put(about, "name", metadata, METADATA_NAME);
        put(about, "namespace", metadata, METADATA_NAMESPACE);
        put(about, "resourceVersion", metadata, METADATA_RESOURCE_VERSION);
        ObjectNode labels = about.putObject("labels");
        metadata.messages(METADATA_LABELS).forEach(pair -> labels.put(pair.text(1), pair.text(2)));
        ObjectNode data = json.putObject("data");
        secret.messages(SECRET_DATA)
                .forEach(pair -> data.put(
                        pair.text(1),
                        Base64.getEncoder()
                                .encodeToString(
                                        pair.bytes(2).findFirst().orElseThrow().toByteArray())));
        put(json, "type", secret, SECRET_TYPE);
        return json;
    }

    private static void put(ObjectNode json, String name, Message message, int field) {
        if (!message.text(field).isEmpty()) {
            json.put(name, message.text(field));
        }
    }
}
