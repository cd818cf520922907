package common.oci;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ImageList.java
//SOURCES Manifest.java

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;

/**
 * Whether skopeo and podman of the node load an image that is whole. What is refused here was tried on skopeo 1.9 and
 * 1.18; docs/loaders.md has the table. What is inside of layers is {@code common.verify.LayerContents}' to judge.
 */
public final class Loadable {
    /** containers/image, internal/iolimits: MaxConfigBodySize. */
    private static final long MAX_CONFIG = 4 << 20;
    /** containers/image, docker/reference: NameTotalLengthMax of host and path. */
    private static final int MAX_NAME = 255;
    private static final Pattern COMPONENT = Pattern.compile("[a-z0-9]+((\\.|_{1,2}|-+)[a-z0-9]+)*");
    private static final String OCI_CONFIG = "application/vnd.oci.image.config.v1+json";
    private static final String DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar";
    private static final String DOCKER_FOREIGN = "application/vnd.docker.image.rootfs.foreign.diff.tar";
    private static final Set<String> DOCKER_LAYERS =
            Set.of(DOCKER_LAYER, DOCKER_LAYER + ".gzip", DOCKER_FOREIGN, DOCKER_FOREIGN + ".gzip");

    private Loadable() {
    }

    /** Why the image cannot be loaded; none: it can. {@code manifests}: the listed one first, then those of a list. */
    public static List<String> image(ImageList.Entry entry, List<Manifest> manifests) {
        List<String> reasons = new ArrayList<>(reference(entry));
        manifests.stream().skip(manifests.get(0).isList() ? 1 : 0).forEach(m -> reasons.addAll(manifest(m)));
        return reasons.stream().distinct().toList();
    }

    private static List<String> reference(ImageList.Entry entry) {
        String repository = entry.repository();
        List<String> reasons = new ArrayList<>();
        if (repository.length() > MAX_NAME) {
            reasons.add("its name has " + repository.length() + " characters, the node's skopeo takes " + MAX_NAME);
        }
        for (String component : repository.substring(repository.indexOf('/') + 1).split("/")) {
            if (!COMPONENT.matcher(component).matches()) {
                reasons.add("the node's skopeo takes no name with \"" + component + "\"");
            }
        }
        return reasons;
    }

    /** Why an image manifest cannot be loaded, by what the manifest says; a list here is one within a list. */
    private static List<String> manifest(Manifest manifest) {
        if (manifest.isList()) {
            return List.of("an index within an index");
        }
        JsonNode json = Json.parse(manifest.bytes(), "manifest");
        JsonNode config = json.path("config");
        List<String> reasons = new ArrayList<>();
        boolean docker = manifest.descriptor().mediaType().equals(Manifest.DOCKER);
        if (!docker && !config.path("mediaType").asText().equals(OCI_CONFIG)) {
            reasons.add("no image but an artifact of type \"" + config.path("mediaType").asText() + "\"");
        }
        if (config.path("size").asLong() > MAX_CONFIG) {
            reasons.add("its configuration has " + config.path("size").asLong() + " bytes, at most " + MAX_CONFIG
                    + " are taken");
        }
        for (JsonNode layer : json.path("layers")) {
            if (docker && !DOCKER_LAYERS.contains(layer.path("mediaType").asText())) {
                reasons.add("a Docker manifest with a layer of type \"" + layer.path("mediaType").asText() + "\"");
            }
            if (!layer.path("urls").isEmpty()) {
                reasons.add("layer " + layer.path("digest").asText() + " has urls: it is fetched from "
                        + layer.path("urls").get(0).asText() + " although it is staged");
            }
        }
        return reasons;
    }

    /** The same, of the bytes of an image's configuration. */
    public static List<String> config(byte[] bytes) {
        try {
            return Json.parse(bytes, "").isObject() ? List.of() : List.of("its configuration is no JSON object");
        } catch (Cli.Failure e) {
            return List.of("its configuration is not JSON");
        }
    }
}
