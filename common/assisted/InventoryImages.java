package common.assisted;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../http/Http.java
//SOURCES ../inventory/Inventory.java
//SOURCES ../oci/Digest.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;
import common.http.Http;
import common.inventory.Inventory;
import common.oci.Digest;
import okhttp3.Headers;
import okhttp3.HttpUrl;
import okhttp3.Response;

/**
 * The images of a staged tree, by its inventory: a file, or a URL on the artifact server. The references are in the
 * index.json of each set, which lies beside the inventory and is checked against it.
 */
final class InventoryImages {
    private final String where;
    private final Http http;
    private final Set<String> references = new TreeSet<>();

    InventoryImages(String inventory, Http http) throws IOException {
        this.where = inventory;
        this.http = http;
        for (Inventory.Entry entry : Inventory.parse(bytes(inventory), inventory).files()) {
            if (entry.path().endsWith("/index.json")) {
                byte[] index = beside(entry);
                if (!Digest.of(index).equals(entry.sha256())) {
                    throw new Cli.Failure(inventory + ": " + entry.path() + " is not the one that it lists");
                }
                Json.parse(index, entry.path()).path("manifests").forEach(m -> references.add(
                        m.path("annotations").path("org.opencontainers.image.ref.name").asText()));
            }
        }
    }

    /** Those of {@code wanted} that are not there. */
    List<String> missing(Set<String> wanted) {
        List<String> missing = new ArrayList<>(wanted);
        missing.removeAll(references);
        return missing;
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
