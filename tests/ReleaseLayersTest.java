//SOURCES ../common/cli/Cli.java
//SOURCES ../common/oci/Digest.java
//SOURCES ../container-images/pre-cache/release.java
//SOURCES ../lab/FileLayer.java
//SOURCES ../lab/LocalRegistry.java
//SOURCES ../lab/ReleaseCorpus.java
//SOURCES FaultyServer.java
//SOURCES ScriptRun.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.GZIPOutputStream;

import common.cli.Cli;
import common.oci.Digest;
import mockwebserver3.MockResponse;
import okhttp3.Headers;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each test pushes a release image of layers of its own. */
@DisplayName("release, in the layers:")
class ReleaseLayersTest {
    private static final String VERSION = "4.10.9";
    private static final String BLOBS = "/v2/openshift-release-dev/ocp-release/blobs/";
    private static final String DIGEST = "sha256:" + "a".repeat(64);

    @TempDir
    static Path folder;
    private static LocalRegistry registry;
    private static ReleaseCorpus corpus;
    private static SortedMap<String, String> payload;

    @BeforeAll
    static void start() throws IOException {
        registry = LocalRegistry.start(folder.resolve("registry"));
        corpus = ReleaseCorpus.on(registry.port(), folder);
        payload = new TreeMap<>(Map.of("etcd", "quay.io/lab/etcd-of-4.10.9@" + DIGEST));
        Files.writeString(folder.resolve("auth.json"), "{}");
    }

    @AfterAll
    static void stop() {
        registry.close();
    }

    @Test
    @DisplayName("fetches the last layer alone when it has the file, and that one once")
    void lastLayerOnly() throws Exception {
        byte[] large = new byte[2_000_000];
        new Random(1).nextBytes(large);
        FileLayer last = ReleaseCorpus.references(VERSION, payload).with("usr/bin/after", large).gzip();
        corpus.release(VERSION, List.of(FileLayer.with("below", large).gzip(), last));
        assertEquals(List.of(last.digest().toString()), blobsFetched());
    }

    @Test
    @DisplayName("fetches lower layers only down to the one that has the file")
    void noMoreLayersThanNeeded() throws Exception {
        FileLayer top = FileLayer.with("usr/bin/top", "top").gzip();
        FileLayer middle = ReleaseCorpus.references(VERSION, payload).gzip();
        corpus.release(VERSION, List.of(FileLayer.with("usr/bin/low", "low").gzip(), middle, top));
        assertEquals(List.of(top.digest().toString(), middle.digest().toString()), blobsFetched());
    }

    @Test
    @DisplayName("a file that an upper layer replaces counts as there")
    void replaced() throws IOException {
        SortedMap<String, String> upper = new TreeMap<>(Map.of("etcd", "quay.io/lab/etcd@" + DIGEST));
        corpus.release(VERSION, List.of(ReleaseCorpus.references(VERSION, payload).gzip(),
                FileLayer.with("./" + ReleaseCorpus.REFERENCES, ReleaseCorpus.imageReferences(VERSION, upper)).gzip()));
        assertTrue(run().out().contains("quay.io/lab/etcd@" + DIGEST));
    }

    @Test
    @DisplayName("a file that a whiteout deletes is not there")
    void whiteout() throws IOException {
        assertNoReleaseImage(FileLayer.with("x", "").without(ReleaseCorpus.REFERENCES));
    }

    @Test
    @DisplayName("a file whose folder a whiteout deletes is not there")
    void whiteoutOfFolder() throws IOException {
        assertNoReleaseImage(FileLayer.with("x", "").without("release-manifests"));
    }

    @Test
    @DisplayName("a file whose folder is opaque in an upper layer is not there")
    void opaque() throws IOException {
        assertNoReleaseImage(FileLayer.with("x", "").withoutContentOf("release-manifests"));
    }

    @Test
    @DisplayName("a file whose folder is a file in an upper layer is not there")
    void folderReplaced() throws IOException {
        assertNoReleaseImage(FileLayer.with("release-manifests", ""));
    }

    @Test
    @DisplayName("a folder in an upper layer leaves the files that lower layers have in it")
    void merged() throws IOException {
        corpus.release(VERSION, List.of(ReleaseCorpus.references(VERSION, payload).gzip(),
                FileLayer.with("release-manifests/other", "").withFolder("release-manifests").gzip()));
        assertEquals(Cli.DONE, run().exit());
    }

    @Test
    @DisplayName("a file larger than image-references ever was is refused")
    void tooLarge() throws IOException {
        corpus.release(VERSION, List.of(FileLayer.with(ReleaseCorpus.REFERENCES, new byte[(8 << 20) + 1]).gzip()));
        assertFails("image-references has 8388609 bytes, more than 8388608");
    }

    @Test
    @DisplayName("a whiteout does not delete what its own layer brings")
    void whiteoutOfOwnLayer() throws IOException {
        FileLayer.Content layer = ReleaseCorpus.references(VERSION, payload).withoutContentOf("release-manifests")
                .without(ReleaseCorpus.REFERENCES);
        corpus.release(VERSION, List.of(ReleaseCorpus.base(), layer.gzip()));
        assertEquals(Cli.DONE, run().exit());
    }

    @Test
    @DisplayName("reads zstd layers")
    void zstd() throws IOException {
        corpus.release(VERSION, List.of(ReleaseCorpus.references(VERSION, payload).zstd(),
                FileLayer.with("x", "x").zstd()));
        assertEquals(payload.size() + 1, run().out().lines().count());
    }

    @Test
    @DisplayName("reads a gzip layer of several members, as parallel compressors write them")
    void members() throws IOException {
        byte[] before = new byte[500_000];
        new Random(4).nextBytes(before);
        FileLayer plain = FileLayer.with("before", before).with(ReleaseCorpus.REFERENCES,
                ReleaseCorpus.imageReferences(VERSION, payload)).plain();
        ByteArrayOutputStream members = new ByteArrayOutputStream();
        for (int at = 0; at < plain.bytes().length; at += 100) {
            try (GZIPOutputStream member = new GZIPOutputStream(members)) {
                member.write(plain.bytes(), at, Math.min(100, plain.bytes().length - at));
            }
        }
        corpus.release(VERSION, List.of(new FileLayer(members.toByteArray(), Digest.of(members.toByteArray()),
                plain.diffId(), plain.mediaType() + "+gzip")));
        assertEquals(payload.size() + 1, run().out().lines().count());
    }

    @Test
    @DisplayName("a link in the place of the file is refused, not followed")
    void link() throws IOException {
        corpus.release(VERSION, List.of(FileLayer.with("x", "x").withLink("release-manifests", "/etc").gzip()));
        assertFails("release-manifests is no file but a link to \"/etc\"");
    }

    @Test
    @DisplayName("a layer that the registry's storage has damaged behind the file is refused")
    void damaged() throws IOException {
        byte[] after = new byte[1_000_000];
        new Random(2).nextBytes(after);
        FileLayer layer = ReleaseCorpus.references(VERSION, payload).with("usr/bin/after", after).gzip();
        corpus.release(VERSION, List.of(layer));
        Path blob = stored(layer.digest());
        byte[] bytes = Files.readAllBytes(blob);
        bytes[bytes.length - 1000] ^= 1;
        Files.write(blob, bytes);
        assertFails("the bytes of layer " + layer.digest());
    }

    @Test
    @DisplayName("a connection that breaks within a layer is continued where it broke")
    void broken() throws IOException {
        FileLayer layer = large();
        try (FaultyServer mirror = mirror(layer)) {
            mirror.cutOnce(BLOBS + layer.digest());
            ScriptRun run = run(conf(mirror, ""));
            List<String> ranges = mirror.requests().stream().filter(r -> r.getTarget().equals(BLOBS + layer.digest()))
                    .map(r -> String.valueOf(r.getHeaders().get("Range"))).toList();
            assertEquals(Cli.DONE, run.exit(), run::toString);
            assertTrue(ranges.size() == 2 && ranges.get(1).matches("bytes=[1-9]\\d*-"), ranges::toString);
        }
    }

    @Test
    @DisplayName("a layer that a mirror lacks comes from the registry itself")
    void mirrorLacksLayer() throws IOException {
        FileLayer layer = large();
        try (FaultyServer mirror = mirror(layer)) {
            mirror.at(BLOBS + layer.digest(), r -> new MockResponse(404, Headers.of(), ""));
            ScriptRun run = run(conf(mirror, Files.readString(corpus.registriesConf())));
            assertEquals(Cli.DONE, run.exit(), run::toString);
            assertTrue(mirror.paths().contains(BLOBS + layer.digest()));
        }
    }

    /** A release's only layer, too large for one read; its manifest is in the registry. */
    private static FileLayer large() {
        byte[] content = new byte[3_000_000];
        new Random(3).nextBytes(content);
        return FileLayer.with("usr/bin/before", content).with(ReleaseCorpus.REFERENCES,
                ReleaseCorpus.imageReferences(VERSION, payload)).gzip();
    }

    /** Has what the registry has of a release with that layer. */
    private static FaultyServer mirror(FileLayer layer) throws IOException {
        Digest manifest = Digest.parse(corpus.release(VERSION, List.of(layer)).replaceFirst(".*@", ""));
        Path root = Files.createTempDirectory(folder, "mirror");
        Path blob = root.resolve((BLOBS + layer.digest()).substring(1));
        Files.createDirectories(blob.getParent());
        Files.write(blob, layer.bytes());
        Path tag = blob.getParent().resolveSibling("manifests").resolve(VERSION + "-x86_64");
        Files.createDirectories(tag.getParent());
        Files.copy(stored(manifest), tag);
        return new FaultyServer(root);
    }

    /** A registries.conf with the mirror before what {@code more}, a registry's entry, says; alone if that is empty. */
    private static Path conf(FaultyServer mirror, String more) throws IOException {
        String entry = more.isEmpty() ? "[[registry]]\nprefix = \"quay.io\"\nlocation = \"nowhere.invalid\"\n" : more;
        return Files.writeString(Files.createTempFile(folder, "mirror", ".conf"), entry
                + "[[registry.mirror]]\nlocation = \"" + mirror.base() + "\"\ninsecure = true\n");
    }

    private static Path stored(Digest blob) {
        return folder.resolve("registry/storage/docker/registry/v2/blobs/sha256").resolve(blob.hex().substring(0, 2))
                .resolve(blob.hex()).resolve("data");
    }

    private static void assertNoReleaseImage(FileLayer.Content upper) throws IOException {
        corpus.release(VERSION, List.of(ReleaseCorpus.references(VERSION, payload).gzip(), upper.gzip()));
        assertFails("not a release image");
    }

    private static void assertFails(String message) {
        ScriptRun run = run();
        assertEquals(Cli.FAILED, run.exit(), run::toString);
        assertTrue(run.err().contains(message) && run.err().lines().count() == 1, run::toString);
    }

    private static List<String> blobsFetched() throws Exception {
        int before = blobRequests().size();
        ScriptRun run = run();
        assertEquals(Cli.DONE, run.exit(), run::toString);
        Thread.sleep(500); // the registry logs a request after its answer
        return blobRequests().subList(before, blobRequests().size());
    }

    private static List<String> blobRequests() throws IOException {
        return registry.requests().stream().filter(r -> r.method().equals("GET") && r.path().contains("/blobs/"))
                .map(r -> r.path().replaceFirst(".*/", "")).toList();
    }

    private static ScriptRun run() {
        return run(corpus.registriesConf());
    }

    private static ScriptRun run(Path registriesConf) {
        return ScriptRun.of(new Release(), VERSION, "--output", folder.resolve("list"), "--authfile",
                folder.resolve("auth.json"), "--registries-conf", registriesConf);
    }
}
