package common.release;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../http/Http.java
//SOURCES ../oci/ImageList.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;
import common.http.Http;
import common.oci.ImageList;
import okhttp3.Headers;
import okhttp3.HttpUrl;
import okhttp3.Response;

/**
 * The images that the site's hub, an Assisted Installer service, runs on its nodes: they belong to the version of the hub,
 * not to the release that it installs. The service names them by tag (assisted-service, GET /v2/component-versions):
 *
 * <pre>
 * {"release_tag": "v2.4.1", "versions": {"discovery-agent": REF, "assisted-installer": REF,
 *  "assisted-installer-controller": REF, "assisted-installer-service": REF}}
 * </pre>
 *
 * Which digest a tag means, the pull finds out; it keeps both. Not among them: must-gather, which is the payload's, and
 * the ironic agent of hubs that drive the server's BMC.
 */
public final class HubImages {
    /** Those that run on a node, not on the hub. */
    private static final List<String> ON_NODE = List.of("discovery-agent", "assisted-installer",
            "assisted-installer-controller");
    private static final String PATH = "api/assisted-install/v2/component-versions";
    private static final int MAX_BYTES = 1 << 20;

    private HubImages() {
    }

    /**
     * Their references, as an image list has them. Throws {@link Cli.Failure} when the hub does not answer, or names
     * fewer than it should.
     *
     * @param hub a file with the answer, or the service's address with or without the path
     */
    public static List<String> read(String hub, Http http) throws IOException {
        JsonNode versions = Json.parse(hub.matches("https?://.*") ? get(hub, http) : file(hub), hub).path("versions");
        List<String> images = new ArrayList<>();
        for (String name : ON_NODE) {
            if (!versions.path(name).isTextual()) {
                throw new Cli.Failure(hub + ": names no image for " + name + "; is this the answer of the Assisted Installer's "
                        + "/v2/component-versions?");
            }
            images.add(ImageList.entry(versions.get(name).asText(), hub).text());
        }
        Cli.warn("the hub does not name the ironic agent: where it provisions by BMC (the converged flow), add that image "
                + "with --add");
        return images;
    }

    private static byte[] file(String hub) throws IOException {
        Path file = Path.of(hub);
        if (!Files.exists(file)) {
            throw new Cli.Failure(Cli.USAGE, "--hub " + hub + ": neither a file nor an http(s) address");
        }
        return Files.readAllBytes(file);
    }

    private static byte[] get(String hub, Http http) throws IOException {
        HttpUrl base = HttpUrl.parse(hub.replaceFirst("/?(api/assisted-install(/v2(/component-versions)?)?)?/?$", "/"));
        if (base == null) {
            throw new Cli.Failure(Cli.USAGE, "--hub " + hub + ": not an address");
        }
        HttpUrl url = base.newBuilder().addPathSegments(PATH).build();
        try (Response response = http.get(url, Headers.of(), true)) {
            if (response.code() != 200) {
                throw new Cli.Failure(url + ": HTTP " + response.code() + (response.code() == 401 ? "; save the answer with your "
                        + "credentials and give the file to --hub" : ""));
            }
            return response.body().byteStream().readNBytes(MAX_BYTES);
        } catch (IOException e) {
            throw new Cli.Failure(Cli.FAILED, url + ": " + Http.explain(e, url.host()), e);
        }
    }
}
