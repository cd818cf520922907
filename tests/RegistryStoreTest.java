//SOURCES ../common/cli/Proc.java
//SOURCES ../common/oci/Descriptor.java
//SOURCES ../common/oci/Manifest.java
//SOURCES ../container-images/build-store.java
//SOURCES ../lab/LoopbackServer.java
//SOURCES MirroredHome.java
//SOURCES NodeWithStore.java
//SOURCES RunningRegistry.java
//SOURCES ScriptRun.java
//SOURCES TestImages.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import common.cli.Proc;
import common.oci.Descriptor;
import common.oci.Manifest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The folder has manifests and configs of all images, the layers only of the operating system. */
@Tag("store")
@DisplayName("A registry of a folder whose layers are in the node's image store")
class RegistryStoreTest {
    private static final String APP = "quay.io/team/app";
    @TempDir
    Path temp;
    private Path root;
    private Manifest app;
    private Manifest listed;
    private Manifest list;
    private Manifest system;
    private Manifest later;
    private RunningRegistry registry;

    @BeforeEach
    void serve() throws IOException {
        root = Files.createDirectory(temp.resolve("mnt"));
        TestImages made = new TestImages(root.resolve("images-4.10.3"), null);
        TestImages.Layer base = made.layer("base", 50_000);
        app = made.manifest(Manifest.DOCKER, base, made.layer("app", 1000));
        listed = made.manifest(Manifest.DOCKER, base, made.layer("listed", 1000));
        list = made.list(listed);
        made.add(APP + ":1.0", app).add(APP + "@" + list.descriptor().digest(), list);
        ScriptRun built = ScriptRun.of(new BuildStore(), root);
        assertEquals(0, built.exit(), built::toString);
        later = made.manifest(Manifest.DOCKER, base, made.layer("later", 1000));
        system = made.manifest(Manifest.OCI, made.layer("system", 90_000));
        made.add(APP + "@" + later.descriptor().digest(), later)
                .add("quay.io/team/os@" + system.descriptor().digest(), system);
        for (Manifest running : List.of(app, listed, later)) {
            for (Descriptor layer : running.layers()) {
                Files.deleteIfExists(made.layout.blob(layer.digest()));
            }
        }
        registry = RunningRegistry.of(root, temp.resolve("registry"), "--store", temp.resolve("node/mounted"));
    }

    @AfterEach
    void end() {
        registry.close();
    }

    private List<Integer> statuses() {
        return Stream.of(app, list, listed, later, system).map(m -> Integer.parseInt(Proc.of("curl", "--silent",
                "--output", "/dev/null", "--write-out", "%{http_code}", registry.url("/v2/" + APP + "/manifests/"
                        + m.descriptor().digest())).run().out())).toList();
    }

    @Test
    @DisplayName("answers 404 for their manifests while no store is mounted, and says how many images those are")
    void noStore() throws IOException {
        assertEquals(List.of(404, 404, 404, 404, 200), statuses());
        assertTrue(registry.output().contains("4 images in 2 repositories; 3 of them cannot be served whole, since layers "
                + "are not staged: they are answered only while the image store at " + temp.resolve("node/mounted")),
                registry.output());
    }

    @Test
    @DisplayName("answers those of the store's images while it is mounted; podman then fetches no layer")
    void mountedStore() throws IOException {
        MirroredHome home = MirroredHome.of(temp.resolve("home"), "");
        home.mirror(root, registry.address());
        try (NodeWithStore node = NodeWithStore.of(root.resolve("store.sqfs"), temp.resolve("node"))) {
            assertEquals(List.of(200, 200, 200, 404, 200), statuses());
            for (String reference : List.of(APP + ":1.0", APP + "@" + list.descriptor().digest())) {
                Proc.Result pull = home.on(node.podman("pull", "--quiet", reference)).run();
                assertAll(() -> assertEquals(0, pull.exit(), pull.err()), () -> assertTrue(node.has(reference)));
            }
            List<String> blobs = registry.requests().stream().map(LoopbackServer.Request::path)
                    .filter(p -> p.contains("/blobs/")).map(p -> p.replaceFirst(".*/", "")).distinct().toList();
            assertEquals(Stream.of(app, listed).map(m -> m.blobs().get(0).digest().toString()).sorted().toList(),
                    blobs.stream().sorted().toList());
        }
        assertEquals(List.of(404, 404, 404, 404, 200), statuses());
    }
}
