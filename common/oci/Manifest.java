package common.oci;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES Descriptor.java
//SOURCES Digest.java
//SOURCES PlatformChoice.java

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;

/**
 * A manifest as its registry served it: the bytes are kept untouched, since their sha256 is its name. Docker schema 2
 * and OCI image manifests have {@code blobs} (config first, then layers); a Docker manifest list or OCI index has
 * {@code manifests}. Schema 1 is refused: its digest cannot be checked against stored bytes.
 */
public record Manifest(byte[] bytes, Descriptor descriptor, List<Descriptor> blobs, List<Descriptor> manifests) {
    public static final String DOCKER = "application/vnd.docker.distribution.manifest.v2+json";
    public static final String DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json";
    public static final String OCI = "application/vnd.oci.image.manifest.v1+json";
    public static final String OCI_INDEX = "application/vnd.oci.image.index.v1+json";
    /** What we ask a registry for. */
    public static final String ACCEPT = String.join(", ", OCI_INDEX, DOCKER_LIST, OCI, DOCKER);
    /** Larger ones are refused, as registries do. */
    public static final int MAX_BYTES = 4 << 20;

    /** Parses a manifest; {@code where} names it in the {@link Cli.Failure} that anything else throws. */
    public static Manifest parse(byte[] bytes, String where) {
        JsonNode json = Json.parse(bytes, where);
        if (json.path("schemaVersion").asInt() == 1) {
            throw new Cli.Failure(where + ": a schema 1 manifest, which cannot be staged; "
                    + "have the image pushed again by a current tool");
        }
        if (json.path("schemaVersion").asInt() != 2 || !(json.path("manifests").isArray() ^ json.path("layers").isArray())) {
            throw new Cli.Failure(where + ": not an image manifest");
        }
        boolean list = json.path("manifests").isArray();
        List<Descriptor> blobs = new ArrayList<>();
        List<Descriptor> manifests = new ArrayList<>();
        if (list) {
            json.get("manifests").forEach(m -> manifests.add(Descriptor.of(m, where)));
        } else {
            blobs.add(Descriptor.of(json.path("config"), where));
            json.get("layers").forEach(l -> blobs.add(Descriptor.of(l, where)));
        }
        // OCI leaves mediaType optional (image specification, manifest.md); Docker always writes it
        String mediaType = json.path("mediaType").asText(list ? OCI_INDEX : OCI);
        return new Manifest(bytes, new Descriptor(mediaType, Digest.of(bytes), bytes.length, null, null),
                List.copyOf(blobs), List.copyOf(manifests));
    }

    public boolean isList() {
        return blobs.isEmpty();
    }

    public List<Descriptor> layers() {
        return isList() ? List.of() : blobs.subList(1, blobs.size());
    }

    /**
     * Where else a layer may be had (descriptor.md, {@code urls}): http and https addresses in their order; none for most.
     * Only its digest says that what is there is the layer.
     */
    public List<String> urls(Digest layer) {
        List<String> urls = new ArrayList<>();
        for (JsonNode entry : Json.parse(bytes, descriptor.digest().toString()).path("layers")) {
            if (entry.path("digest").asText().equals(layer.toString())) {
                entry.path("urls").forEach(url -> urls.add(url.asText()));
            }
        }
        return urls.stream().filter(url -> url.matches("https?://.+")).toList();
    }

    /** What a node of the platform {@code os/architecture[/variant]} takes of a list, see {@link PlatformChoice}; all when it is null. */
    public List<Descriptor> on(String platform, String where) {
        if (platform == null) {
            return manifests;
        }
        List<Descriptor> choices = List.copyOf(PlatformChoice.of(bytes,
                descriptor.mediaType().equals(OCI_INDEX), manifests, platform));
        if (choices.isEmpty()) {
            throw new Cli.Failure(where + ": no image for " + platform + "; it has " + manifests.stream()
                    .map(Descriptor::platform).map(String::valueOf).collect(Collectors.joining(", ")));
        }
        return choices;
    }
}
