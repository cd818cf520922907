//SOURCES ../common/cli/Proc.java
//SOURCES ../common/oci/Descriptor.java
//SOURCES ../common/oci/Digest.java
//SOURCES ../common/oci/Manifest.java
//SOURCES ../common/oci/OciLayout.java
//SOURCES ../lab/LocalRegistry.java
//SOURCES ../lab/LoopbackServer.java
//SOURCES ImageStore.java
//SOURCES MirroredHome.java
//SOURCES Repository.java
//SOURCES RunningRegistry.java
//SOURCES TestImages.java

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import common.cli.Proc;
import common.oci.Descriptor;
import common.oci.Digest;
import common.oci.Manifest;
import common.oci.OciLayout;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("clients")
@DisplayName("A registry of a staged folder")
class RegistryClientsTest {
    private static final String APP = "quay.io/team/app";
    private static final String PORT = "hub.example.com:5000/ocp/tools";
    @TempDir
    static Path shared;
    @TempDir
    Path temp;
    private static Path root;
    private static OciLayout set;
    private static Manifest app;
    private static Manifest other;
    private static Manifest list;
    private static RunningRegistry registry;
    private static MirroredHome home;
    private ImageStore store;

    @BeforeAll
    static void serve() throws IOException {
        root = Files.createDirectory(shared.resolve("mnt"));
        TestImages made = new TestImages(root.resolve("ai-images"), null);
        TestImages.Layer base = made.layer("base", 50_000);
        app = made.manifest(Manifest.OCI, base, made.layer("app", 200_000));
        other = made.manifest(Manifest.DOCKER, TestImages.OTHER, base, made.layer("other", 60_000));
        Manifest here = made.manifest(Manifest.DOCKER, base, made.layer("here", 60_000));
        list = made.list(here.descriptor(), other.descriptor());
        made.add(APP + ":1.0", app).add(APP + "@" + app.descriptor().digest(), app)
                .add("quay.io/team/multi@" + list.descriptor().digest(), list).add(PORT + ":latest", list);
        set = made.layout;
        registry = RunningRegistry.of(root, shared.resolve("registry"));
        home = MirroredHome.of(shared.resolve("home"), "");
        home.mirror(root, registry.address());
    }

    @AfterAll
    static void end() {
        registry.close();
    }

    @BeforeEach
    void store() throws IOException {
        store = new ImageStore(temp.resolve("storage"));
    }

    @AfterEach
    void close() throws IOException {
        store.close();
    }

    private void podmanPulls(String reference, String... options) {
        List<String> argv = new ArrayList<>(List.of("podman", "pull", "--quiet"));
        argv.addAll(List.of(options));
        argv.add(reference);
        Proc.Result pull = home.on(store.on(Proc.of(argv))).run();
        assertEquals(0, pull.exit(), pull.err());
        assertTrue(store.has(reference), reference);
    }

    @Test
    @DisplayName("is pulled from by podman: by tag, digest, list digest, for another platform, from a host with a port")
    void podman() {
        podmanPulls(APP + ":1.0");
        podmanPulls(APP + "@" + app.descriptor().digest());
        podmanPulls("quay.io/team/multi@" + list.descriptor().digest());
        podmanPulls("quay.io/team/multi@" + list.descriptor().digest(), "--platform", "linux/" + TestImages.OTHER);
        podmanPulls(PORT + ":latest");
    }

    @Test
    @DisplayName("is pulled from by its own address, without any configuration")
    void byAddress() {
        podmanPulls(registry.address() + "/" + APP + ":1.0", "--tls-verify=false");
    }

    @Test
    @DisplayName("is asked again by a podman that has the image, for manifest and config alone")
    void pulledAgain() throws IOException {
        String reference = APP + "@" + app.descriptor().digest();
        podmanPulls(reference);
        int before = registry.requests().size();
        podmanPulls(reference);
        List<String> blobs = registry.requests().stream().skip(before).map(LoopbackServer.Request::path)
                .filter(p -> p.contains("/blobs/")).map(p -> p.replaceFirst(".*/", "")).toList();
        assertEquals(List.of(app.blobs().get(0).digest().toString()), blobs);
    }

    @Test
    @DisplayName("gives skopeo the manifest's own bytes, the tags, and whole images")
    void skopeo() throws IOException {
        Proc.Result raw = home.run("skopeo", "inspect", "--raw", "docker://" + PORT + ":latest");
        assertArrayEquals(list.bytes(), raw.out().getBytes(StandardCharsets.UTF_8), raw.err());
        String tags = home.on(Proc.of("skopeo", "list-tags", "docker://" + registry.address() + "/" + APP,
                "--tls-verify=false")).check();
        assertTrue(tags.contains("\"1.0\""), tags);
        Path copy = temp.resolve("copy");
        home.on(Proc.of("skopeo", "copy", "--all", "--quiet", "docker://" + PORT + ":latest", "dir:" + copy)).check();
        assertArrayEquals(list.bytes(), Files.readAllBytes(copy.resolve("manifest.json")));
        for (Descriptor blob : other.blobs()) {
            assertEquals(blob.digest(), Digest.of(copy.resolve(blob.digest().hex())));
        }
    }

    @Test
    @DisplayName("is mirrored by skopeo sync")
    void sync() throws IOException {
        Path target = Files.createDirectory(temp.resolve("sync"));
        home.on(Proc.of("skopeo", "sync", "--src", "docker", "--dest", "dir", "--src-tls-verify=false", "--scoped",
                registry.address() + "/" + APP, target.toString())).check();
        Path image = target.resolve(registry.address() + "/" + APP + ":1.0");
        assertArrayEquals(app.bytes(), Files.readAllBytes(image.resolve("manifest.json")));
    }

    @Test
    @DisplayName("is read by ostree and rpm-ostree through skopeo's image proxy")
    void imageProxy() {
        Proc.Result pull = home.run("python3", Repository.ROOT.resolve("lab/site/image-pull").toString(),
                APP + "@" + app.descriptor().digest(), PORT + ":latest");
        assertEquals(0, pull.exit(), pull.out() + pull.err());
        assertTrue(pull.out().contains(APP + "@" + app.descriptor().digest() + " 2 layers"), pull.out());
    }

    @Test
    @DisplayName("stands behind docker-registry as a pull-through cache")
    void pullThrough() throws IOException {
        try (LocalRegistry cache = LocalRegistry.cacheOf(registry.url(""), temp.resolve("cache"))) {
            for (String reference : List.of(APP + ":1.0", "quay.io/team/multi@" + list.descriptor().digest())) {
                Path copy = Files.createTempDirectory(temp, "copy");
                home.on(Proc.of("skopeo", "copy", "--quiet", "--src-tls-verify=false",
                        "docker://127.0.0.1:" + cache.port() + "/" + reference, "dir:" + copy)).check();
            }
        }
    }

    @Test
    @DisplayName("lets curl go on with a file that was cut off")
    void curl() throws IOException {
        Descriptor layer = app.layers().get(1);
        byte[] whole = Files.readAllBytes(set.blob(layer.digest()));
        Path part = Files.write(temp.resolve("part"), Arrays.copyOf(whole, 12_345));
        Proc.of("curl", "--silent", "--show-error", "--fail", "--continue-at", "-", "--output", part.toString(),
                registry.url("/v2/" + APP + "/blobs/" + layer.digest())).check();
        assertArrayEquals(whole, Files.readAllBytes(part));
        assertEquals(List.of(whole.length - 12_345L), logged(206).stream().map(LoopbackServer.Request::bytes).toList());
    }

    /** The requests that ended so; a line is logged after its answer, so the client may know earlier than the log. */
    private static List<LoopbackServer.Request> logged(int status) throws IOException {
        List<LoopbackServer.Request> found = List.of();
        for (long end = System.nanoTime() + 5_000_000_000L; found.isEmpty() && System.nanoTime() < end;) {
            found = registry.requests().stream().filter(r -> r.status() == status).toList();
        }
        return found;
    }

    @Test
    @DisplayName("ends a client's attempt at TLS within 0.2 s; skopeo then goes on in plain HTTP")
    void tlsFirst() {
        List<String> curl = List.of("curl", "--silent", "--insecure", "--output", "/dev/null", "--write-out",
                "%{time_total}", "https://" + registry.address() + "/v2/");
        double best = 9;
        for (int i = 0; i < 5; i++) { // the best of five: a busy machine is not what this is about
            Proc.Result tried = Proc.of(curl).run();
            assertTrue(!tried.ok(), tried.out());
            best = Math.min(best, Double.parseDouble(tried.out()));
        }
        assertTrue(best < 0.2, best + " s");
        double fallBack = 9;
        double plain = 9;
        for (int i = 0; i < 5; i++) {
            fallBack = Math.min(fallBack, seconds("docker://" + registry.address() + "/" + APP + ":1.0"));
            plain = Math.min(plain, seconds("dir:" + shared.resolve("nothing")));
        }
        assertTrue(fallBack - plain < 0.2, fallBack + " s, and " + plain + " s for nothing");
    }

    private static double seconds(String image) {
        long begun = System.nanoTime();
        home.run("skopeo", "inspect", "--raw", "--tls-verify=false", image);
        return (System.nanoTime() - begun) / 1e9;
    }
}
