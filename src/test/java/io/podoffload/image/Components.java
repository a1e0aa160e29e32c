package io.podoffload.image;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What is in the image: the jars, the JDK that Java was cut out of, and Debian's packages.
 *
 * @see <a href="https://cyclonedx.org/docs/1.6/json/">CycloneDX 1.6</a>
 * @see <a href="https://slsa.dev/spec/v1.0/provenance">SLSA provenance</a>
 */
final class Components {

    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private final List<ObjectNode> components;

    private Components(List<ObjectNode> components) {
        this.components = components;
    }

    /** @param folder with what {@code dev/image} prepared */
    static Components of(Path folder, Path jdk) throws IOException {
        List<ObjectNode> components = new ArrayList<>();
        Set<String> jars;
        try (Stream<Path> files = Files.list(folder.resolve("lib"))) {
            jars = files.map(file -> file.getFileName().toString()).collect(Collectors.toSet());
        }
        for (JsonNode component :
                JSON.readTree(folder.resolve("maven.cdx.json")).path("components")) {
            String name = component.path("name").asString() + "-"
                    + component.path("version").asString();
            if (jars.stream().anyMatch(jar -> jar.equals(name + ".jar") || jar.startsWith(name + "-linux"))) {
                components.add((ObjectNode) component);
            }
        }
        components.add(java(jdk));
        Files.readAllLines(folder.resolve("packages.txt")).forEach(line -> components.add(debian(line)));
        return new Components(components);
    }

    private static ObjectNode java(Path jdk) throws IOException {
        Properties release = new Properties();
        release.load(new StringReader(Files.readString(jdk.resolve("release"))));
        String version = release.getProperty("JAVA_RUNTIME_VERSION", release.getProperty("JAVA_VERSION", "unknown"))
                .replace("\"", "");
        ObjectNode java = component("application", "jdk", version, "pkg:generic/jdk@" + version);
        java.putObject("supplier")
                .put("name", release.getProperty("IMPLEMENTOR", "unknown").replace("\"", ""));
        hash(java, sha256(jdk.resolve("lib/modules")));
        return java;
    }

    /** @param line name, version and SHA-256 of a package */
    private static ObjectNode debian(String line) {
        List<String> parts = List.of(line.split(" ", -1));
        ObjectNode component =
                component("library", parts.get(0), parts.get(1), "pkg:deb/debian/" + parts.get(0) + "@" + parts.get(1));
        hash(component, parts.get(2));
        return component;
    }

    private static ObjectNode component(String type, String name, String version, String purl) {
        return JSON.createObjectNode()
                .put("type", type)
                .put("bom-ref", purl)
                .put("name", name)
                .put("version", version)
                .put("purl", purl);
    }

    private static void hash(ObjectNode component, String sha256) {
        component.putArray("hashes").addObject().put("alg", "SHA-256").put("content", sha256);
    }

    private static String sha256(Path file) throws IOException {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** Without a time or a random number, so that the same image has the same. */
    String sbom(String digest) {
        ObjectNode bom = JSON.createObjectNode()
                .put("bomFormat", "CycloneDX")
                .put("specVersion", "1.6")
                .put("version", 1);
        bom.putObject("metadata")
                .putObject("component")
                .put("type", "container")
                .put("bom-ref", "image")
                .put("name", "pod-offload")
                .put("version", digest);
        ArrayNode all = bom.putArray("components");
        components.forEach(all::add);
        return JSON.writeValueAsString(bom) + "\n";
    }

    /** An in-toto statement; whoever builds signs it. */
    String provenance(String digest, String architecture) {
        ObjectNode statement = JSON.createObjectNode()
                .put("_type", "https://in-toto.io/Statement/v1")
                .put("predicateType", "https://slsa.dev/provenance/v1");
        statement
                .putArray("subject")
                .addObject()
                .put("name", "pod-offload")
                .putObject("digest")
                .put("sha256", digest.replaceFirst("^sha256:", ""));
        ObjectNode definition = statement.putObject("predicate").putObject("buildDefinition");
        definition.put("buildType", "dev/image");
        definition.putObject("externalParameters").put("architecture", architecture);
        ArrayNode inputs = definition.putArray("resolvedDependencies");
        for (ObjectNode component : components) {
            ObjectNode input =
                    inputs.addObject().put("uri", component.path("purl").asString());
            component.path("hashes").forEach(hash -> {
                if (hash.path("alg").asString().equals("SHA-256")) {
                    input.putObject("digest").put("sha256", hash.path("content").asString());
                }
            });
        }
        return JSON.writeValueAsString(statement) + "\n";
    }
}
