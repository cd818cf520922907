package common.oci;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES Digest.java

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.Json;

/**
 * Points to one blob: media type, digest, size in bytes, platform {@code os/architecture[/variant]} where the entry of
 * an index has one, and {@code name}, the annotation {@code org.opencontainers.image.ref.name} of an image in an OCI
 * layout. Absent ones are null. (OCI image specification, descriptor.md and image-index.md.)
 */
public record Descriptor(String mediaType, Digest digest, long size, String platform, String name) {
    static final String REF_NAME = "org.opencontainers.image.ref.name";

    /** Throws {@link Cli.Failure} when digest or size are missing or wrong; {@code where} names the document. */
    static Descriptor of(JsonNode json, String where) {
        JsonNode size = json.path("size");
        if (!json.path("digest").isTextual() || !size.canConvertToLong() || !size.isIntegralNumber() || size.asLong() < 0) {
            throw new Cli.Failure(where + ": a descriptor without a digest or a size");
        }
        JsonNode platform = json.path("platform");
        String variant = platform.path("variant").asText("");
        return new Descriptor(json.path("mediaType").asText(""), Digest.parse(json.get("digest").asText()), size.asLong(),
                platform.isObject() ? platform.path("os").asText() + "/" + platform.path("architecture").asText()
                        + (variant.isEmpty() ? "" : "/" + variant) : null,
                json.path("annotations").path(REF_NAME).asText(null));
    }

    public Descriptor named(String reference) {
        return new Descriptor(mediaType, digest, size, platform, reference);
    }

    public ObjectNode json() {
        ObjectNode json = Json.object().put("mediaType", mediaType).put("digest", digest.toString()).put("size", size);
        if (name != null) {
            json.putObject("annotations").put(REF_NAME, name);
        }
        return json;
    }
}
