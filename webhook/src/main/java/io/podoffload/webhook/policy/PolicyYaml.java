package io.podoffload.webhook.policy;

import io.podoffload.webhook.injection.Conflict;
import io.podoffload.webhook.injection.InjectionPolicy;
import io.podoffload.webhook.injection.Profile;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * The policy in YAML: {@code conflict} (warn or deny), and {@code profiles} by name, each with {@code network},
 * {@code resource} and {@code readinessGate}.
 */
final class PolicyYaml {

    private static final ObjectMapper YAML = YAMLMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private PolicyYaml() {}

    private record Document(
            @Nullable String conflict, @Nullable Map<String, @Nullable Entry> profiles) {}

    private record Entry(
            @Nullable String network,
            @Nullable String resource,
            @Nullable Boolean readinessGate) {}

    /** @throws IllegalArgumentException if it is no policy; the message says where and why */
    static InjectionPolicy parse(byte[] yaml) {
        Document document;
        try {
            document = YAML.readValue(yaml, Document.class);
        } catch (JacksonException e) {
            throw new IllegalArgumentException(
                    where(e) + e.getOriginalMessage().lines().findFirst().orElse(""), e);
        }
        if (document == null || document.profiles() == null) {
            throw new IllegalArgumentException(
                    "it has no profiles: write at least profiles: {default: {network: ...," + " resource: ...}}");
        }
        Map<String, Profile> profiles = new LinkedHashMap<>();
        document.profiles().forEach((name, entry) -> profiles.put(name, profile(name, entry)));
        return new InjectionPolicy(conflict(document.conflict()), profiles);
    }

    private static String where(JacksonException e) {
        String path = e instanceof DatabindException databind ? databind.getPathReference() : "";
        return "line " + e.getLocation().getLineNr() + (path.isEmpty() ? "" : " (" + path + ")") + ": ";
    }

    private static Profile profile(String name, @Nullable Entry entry) {
        if (entry == null || entry.network() == null || entry.resource() == null) {
            throw new IllegalArgumentException("profile " + name + " needs a network and a resource");
        }
        try {
            return Profile.of(
                    name, entry.network(), entry.resource(), entry.readinessGate() == null || entry.readinessGate());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("profile " + name + ": " + e.getMessage(), e);
        }
    }

    private static Conflict conflict(@Nullable String text) {
        if (text == null || text.equals("warn")) {
            return Conflict.WARN;
        }
        if (text.equals("deny")) {
            return Conflict.DENY;
        }
        throw new IllegalArgumentException("conflict is \"" + text + "\": write warn or deny");
    }
}
