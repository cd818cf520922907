//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/http/Http.java
//SOURCES ../common/oci/Digest.java
//SOURCES ../common/oci/Manifest.java
//SOURCES ../common/oci/RepositoryName.java
//SOURCES ../container-images/images-4.10.3/pull-initial-4.10.3.java
//SOURCES ImageRegistry.java
//SOURCES Peer.java
//SOURCES PullLab.java
//SOURCES ScriptRun.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.Json;
import common.oci.Manifest;
import common.oci.RepositoryName;
import mockwebserver3.MockResponse;
import mockwebserver3.SocketEffect;
import okio.Buffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("What a reference and an index mean is what skopeo takes them for:")
class PullReferenceTest {
    @TempDir
    Path root;
    private ImageRegistry registry;
    private Peer peer;

    @BeforeEach
    void start() throws IOException {
        registry = ImageRegistry.http();
        peer = new Peer(root);
    }

    @AfterEach
    void stop() {
        registry.close();
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"docker.io/nginx:v1", "index.docker.io/nginx:v1", "index.docker.io/library/nginx:v1"})
    @DisplayName("an official image of Docker Hub is in library/, at a mirror too")
    void dockerHub(String reference) throws IOException {
        Path conf = Files.writeString(root.resolve("hub.conf"), "[[registry]]\nlocation = \"docker.io\"\n[[registry.mirror]]\n"
                + "location = \"" + registry.host() + "/hub\"\ninsecure = true\n");
        PullLab.assertDone(peer.pull(reference, peer.secret("nobody"), "--registries-conf", conf));
        assertTrue(registry.requests.stream().anyMatch(r -> r.getTarget().equals("/v2/hub/library/nginx/manifests/v1")));
    }

    @ParameterizedTest(name = "{0} is {1}")
    @CsvSource({"docker.io/nginx,docker.io/library/nginx:latest", "index.docker.io/a/b:c,docker.io/a/b:c",
        "quay.io:443/a,quay.io:443/a:latest", "quay.io/a@sha256:1,quay.io/a@sha256:1"})
    @DisplayName("the name in storage")
    void inStorage(String reference, String stored) {
        assertEquals(stored, RepositoryName.inStorage(reference));
    }

    @Test
    @DisplayName("an index's entry without a platform is taken where no other fits")
    void withoutPlatform() throws IOException {
        ObjectNode index = Json.object().put("schemaVersion", 2).put("mediaType", Manifest.OCI_INDEX);
        byte[] other = "{\"schemaVersion\":2}".getBytes();
        ObjectNode arm = ImageRegistry.descriptor(Manifest.OCI, other);
        arm.putObject("platform").put("os", "linux").put("architecture", "arm64");
        index.putArray("manifests").add(arm).add(ImageRegistry.descriptor(Manifest.OCI, registry.manifest()));
        registry.manifest(Json.pretty(index), "v1");
        Path secret = peer.secret("nobody");
        assertEquals(0, peer.skopeo(registry.image(), secret).exit());
        PullLab.assertDone(peer.pull(registry.image(), secret));
        assertEquals(List.of(true), List.of(registry.requests.stream().anyMatch(r -> ImageRegistry.isLayer(r, registry))));
    }

    @Test
    @DisplayName("a layer that no registry has comes from the address in its manifest, without credentials, if its digest is right")
    void urls() throws IOException {
        try (ImageRegistry elsewhere = ImageRegistry.http()) {
            ObjectNode manifest = (ObjectNode) Json.parse(registry.manifest(), "manifest");
            ((ObjectNode) manifest.get("layers").get(0)).putArray("urls").add("ftp://no").add("http://" + elsewhere.host() + "/layer");
            registry.manifest(Json.pretty(manifest), "v1");
            byte[] layer = registry.content.remove("blobs/" + registry.layer);
            byte[][] given = {"another".getBytes()};
            elsewhere.doing(r -> new MockResponse.Builder().body(new Buffer().write(given[0])).build());
            Path secret = peer.secret(registry.host());
            assertEquals(Cli.FAILED, peer.pull(registry.image(), secret).exit());
            given[0] = layer;
            PullLab.assertDone(peer.pull(registry.image(), secret));
            assertTrue(elsewhere.requests.stream().allMatch(r -> ImageRegistry.authorization(r).equals("null")));
        }
    }

    @Test
    @DisplayName("a mirror that only fails is left alone after three images, and that is said")
    void leftAlone() throws IOException {
        try (ImageRegistry dead = ImageRegistry.http()) {
            dead.doing(r -> !r.getTarget().contains("/manifests/") ? null : new MockResponse.Builder().onResponseStart(SocketEffect.ShutdownConnection.INSTANCE).build());
            Path conf = Files.writeString(root.resolve("dead.conf"), "[[registry]]\nlocation = \"" + registry.host()
                    + "\"\ninsecure = true\n[[registry.mirror]]\nlocation = \"" + dead.host() + "\"\ninsecure = true\n");
            List<String> images = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                registry.manifest(registry.manifest(), "n" + i);
                images.add(registry.host() + "/team/app:n" + i);
            }
            ScriptRun run = ScriptRun.of(new PullInitial4103(), "--list", PullLab.list(root, images.toArray()), "--folder",
                    root.resolve("many/ai-images"), "--registries-conf", conf, "--authfile", peer.secret("nobody"), "--jobs", "1");
            PullLab.assertDone(run);
            long asked = dead.requests.stream().filter(r -> r.getTarget().contains("/manifests/")).count();
            assertTrue(asked >= 3 && asked <= 9, () -> asked + " requests");
            assertTrue(run.err().contains(dead.host() + " failed 3 times in a row"), run.err());
        }
    }
}
