package common.assisted;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../http/Http.java
//SOURCES ../inventory/Inventory.java
//SOURCES ../oci/Descriptor.java
//SOURCES ../oci/Digest.java
//SOURCES ../oci/Manifest.java
//SOURCES ../oci/PayloadNames.java

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;
import common.http.Http;
import common.inventory.Inventory;
import common.oci.Descriptor;
import common.oci.Digest;
import common.oci.Manifest;
import common.oci.PayloadNames;
import okhttp3.Headers;
import okhttp3.HttpUrl;
import okhttp3.Response;

/**
 * The images of a staged tree, by its inventory: a file, or a URL on the artifact server. The references are in the
 * index.json of each set, which lies beside the inventory and is checked against it.
 */
final class InventoryImages {
    private static final long MAX_LAYER = 64 << 20;

    private final String where;
    private final Http http;
    /** By reference, what index.json says of the image. */
    private final Map<String, JsonNode> images = new TreeMap<>();

    InventoryImages(String inventory, Http http) throws IOException {
        this.where = inventory;
        this.http = http;
        for (Inventory.Entry entry : Inventory.parse(bytes(inventory), inventory).files()) {
            if (entry.path().endsWith("/index.json")) {
                byte[] index = beside(entry);
                if (!Digest.of(index).equals(entry.sha256())) {
                    throw new Cli.Failure(inventory + ": " + entry.path() + " is not the one that it lists");
                }
                Json.parse(index, entry.path()).path("manifests").forEach(m -> images.put(
                        m.path("annotations").path("org.opencontainers.image.ref.name").asText(), m));
            }
        }
    }

    /** Those of {@code wanted} that are not there. */
    List<String> missing(Set<String> wanted) {
        List<String> missing = new ArrayList<>(wanted);
        missing.removeAll(images.keySet());
        return missing;
    }

    /**
     * The must-gather image of a staged release, which the agent pulls to see whether its host can: the service does not
     * name it, the release's payload does. Empty when the release is not staged, or none of its layers says it.
     */
    Optional<String> mustGather(String release) throws IOException {
        if (!images.containsKey(release)) {
            return Optional.empty();
        }
        Manifest manifest = manifest(images.get(release).path("digest").asText());
        for (int i = 0; manifest.isList() && i < manifest.manifests().size(); i++) {
            try {
                manifest = manifest(manifest.manifests().get(i).digest().toString());
            } catch (Cli.Failure otherPlatform) {
                // only one of them is staged
            }
        }
        List<Descriptor> layers = new ArrayList<>(manifest.isList() ? List.of() : manifest.layers());
        Collections.reverse(layers); // it is in the last one
        for (Descriptor layer : layers) {
            if (layer.size() <= MAX_LAYER) {
                Optional<Map<String, String>> payload = PayloadNames.in(new ByteArrayInputStream(blob(layer.digest())));
                if (payload.isPresent()) {
                    return Optional.ofNullable(payload.get().get("must-gather"));
                }
            }
        }
        return Optional.empty();
    }

    private Manifest manifest(String digest) throws IOException {
        return Manifest.parse(blob(Digest.parse(digest)), digest);
    }

    /** Beside the inventory, on a server and on a disk. Throws {@link Cli.Failure} when it is not there, or another one. */
    private byte[] blob(Digest digest) throws IOException {
        String place = where.substring(0, where.lastIndexOf('/') + 1) + "blobs/sha256/" + digest.hex();
        byte[] bytes = bytes(place);
        if (!Digest.of(bytes).equals(digest)) {
            throw new Cli.Failure(place + " is not the bytes that its name says; verify.java tells what else is damaged");
        }
        return bytes;
    }

    /** What the service runs on a host: its agent, installer and controller, and the release image of the cluster. */
    static Set<String> wanted(JsonNode componentVersions, JsonNode cluster) {
        Set<String> wanted = new TreeSet<>();
        for (String name : List.of("discovery-agent", "assisted-installer", "assisted-installer-controller")) {
            wanted.add(componentVersions.path("versions").path(name).asText());
        }
        wanted.add(cluster.path("ocp_release_image").asText());
        wanted.remove("");
        return wanted;
    }

    /** On the server a set has a name of its own. */
    private byte[] beside(Inventory.Entry entry) throws IOException {
        String folder = where.substring(0, where.lastIndexOf('/') + 1);
        boolean isOnDisk = !where.contains("://") && Files.exists(Path.of(folder + entry.path()));
        return bytes(folder + (isOnDisk ? entry.path() : entry.from()));
    }

    private byte[] bytes(String place) throws IOException {
        if (!place.contains("://")) {
            if (!Files.isRegularFile(Path.of(place))) {
                throw new Cli.Failure(Cli.USAGE, "--inventory: no such file: " + place);
            }
            return Files.readAllBytes(Path.of(place));
        }
        HttpUrl url = HttpUrl.parse(place);
        if (url == null) {
            throw new Cli.Failure(Cli.USAGE, "--inventory " + place + ": not an address");
        }
        try (Response response = http.get(url, Headers.of(), true)) {
            if (!response.isSuccessful()) {
                throw new Cli.Failure("--inventory " + place + ": " + response.code());
            }
            return response.body().bytes();
        }
    }
}
