//SOURCES ../common/cli/Cli.java
//SOURCES ../common/oci/Descriptor.java
//SOURCES ../common/oci/Digest.java
//SOURCES ../common/oci/Manifest.java
//SOURCES ../container-images/images-4.10.3/pull-initial-4.10.3.java
//SOURCES FaultyServer.java
//SOURCES PullLab.java
//SOURCES ScriptRun.java
//SOURCES TestImages.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

import common.cli.Cli;
import common.oci.Descriptor;
import common.oci.Digest;
import common.oci.Manifest;
import mockwebserver3.MockResponse;
import mockwebserver3.RecordedRequest;
import mockwebserver3.SocketEffect;
import okhttp3.Headers;
import okio.Buffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("fault")
@DisplayName("A pull from a faulty registry")
class PullFaultTest {
    @TempDir
    Path root;
    private FaultyServer server;
    private TestImages images;
    private TestImages.Layer base;
    private TestImages.Layer layer;
    private Manifest good;

    @BeforeEach
    void serve() throws IOException {
        images = new TestImages(root.resolve("origin/set"), null);
        base = images.layer("base", 300_000);
        layer = images.layer("own", 200_000);
        good = images.manifest(Manifest.DOCKER, base);
        server = new FaultyServer(root.resolve("www"));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static String blob(Digest digest) {
        return "/v2/lab/image/blobs/" + digest;
    }

    private static String manifest(Manifest manifest) {
        return "/v2/lab/image/manifests/" + manifest.descriptor().digest();
    }

    private static Function<RecordedRequest, MockResponse> answer(int code, byte[] body) {
        return request -> new MockResponse.Builder().code(code).body(new Buffer().write(body)).build();
    }

    /** Pulls these images; the registry has them whole but for the faults that it was told. */
    private ScriptRun pull(Manifest... wanted) throws IOException {
        for (String kind : List.of("manifests", "blobs")) {
            Path folder = Files.createDirectories(root.resolve("www/v2/lab/image").resolve(kind));
            try (Stream<Path> blobs = Files.list(root.resolve("origin/blobs/sha256"))) {
                for (Path blob : blobs.filter(Files::isRegularFile).toList()) {
                    Path served = folder.resolve("sha256:" + blob.getFileName());
                    Files.deleteIfExists(served);
                    Files.createLink(served, blob);
                }
            }
        }
        Path conf = Files.writeString(root.resolve("registries.conf"),
                "[[registry]]\nprefix = \"quay.io\"\nlocation = \"" + server.base() + "\"\ninsecure = true\n");
        return pull(conf, Stream.of(wanted).map(m -> "quay.io/lab/image@" + m.descriptor().digest()).toArray());
    }

    private ScriptRun pull(Path conf, Object... references) throws IOException {
        Path secret = Files.writeString(root.resolve("auth.json"), "{}");
        return ScriptRun.of(new PullInitial4103(), "--list", PullLab.list(root, references), "--folder",
                root.resolve(PullLab.AI), "--registries-conf", conf, "--authfile", secret);
    }

    private Manifest image(TestImages.Layer... layers) {
        return images.manifest(Manifest.OCI, layers);
    }

    /** The one bad image is named with the reason and left out, its bad blob too; the good one is whole. */
    private void assertOnlyBad(String reason, ScriptRun run, Digest bad) throws IOException {
        assertEquals(Cli.PARTIAL, run.exit(), run::toString);
        assertTrue(run.err().lines().anyMatch(l -> l.startsWith("failed: ") && l.contains(reason)), run.err());
        PullLab.assertWhole(1, root.resolve(PullLab.AI));
        assertFalse(Files.exists(root.resolve("blobs/sha256").resolve(bad.hex())), "taken for whole");
    }

    private List<String> ranges(Digest digest) {
        return server.requests().stream().filter(r -> r.getTarget().equals(blob(digest)))
                .map(r -> String.valueOf(r.getHeaders().get("Range"))).toList();
    }

    @Test
    @DisplayName("403: that image fails with a reason, the others are whole")
    void forbidden() throws IOException {
        Manifest bad = image(layer);
        server.at(manifest(bad), answer(403, "{\"errors\":[{\"message\":\"not\\nyours\"}]}".getBytes()));
        assertOnlyBad(": 403, the credentials do not allow this repository (not yours)", pull(good, bad),
                bad.descriptor().digest());
    }

    @Test
    @DisplayName("429 with Retry-After: asked again after that time, not before")
    void tooManyRequests() throws IOException {
        server.at(blob(base.digest()), once(request -> new MockResponse(429, Headers.of("Retry-After", "2"), "")));
        long begun = System.nanoTime();
        PullLab.assertDone(pull(good));
        assertTrue(System.nanoTime() - begun >= 2_000_000_000L);
        assertEquals(2, ranges(base.digest()).size());
    }

    @Test
    @DisplayName("429 for ever: given up after five tries, with what to do")
    void tooManyRequestsForEver() throws IOException {
        Manifest bad = image(layer);
        server.at(blob(layer.digest()), request -> new MockResponse(429, Headers.of("Retry-After", "0"), ""));
        assertOnlyBad(": 429, too many requests; try again later or with fewer --jobs", pull(good, bad),
                layer.digest());
        assertEquals(5, ranges(layer.digest()).size());
    }

    @Test
    @DisplayName("429 that asks for hours: not waited for, the reason says how long")
    void tooManyRequestsForHours() throws IOException {
        Manifest bad = image(layer);
        server.at(blob(layer.digest()), request -> new MockResponse(429, Headers.of("Retry-After", "7200"), ""));
        assertOnlyBad(": 429, too many requests; it asks to wait 2h00m", pull(good, bad), layer.digest());
        assertEquals(1, ranges(layer.digest()).size());
    }

    @Test
    @DisplayName("a connection that breaks three times before a manifest came: asked again, done")
    void brokenManifest() throws IOException {
        int[] broken = {0};
        Path file = root.resolve("www" + manifest(good));
        server.at(manifest(good), request -> {
            try {
                return ++broken[0] > 3 ? answer(200, Files.readAllBytes(file)).apply(request)
                        : new MockResponse.Builder().onResponseStart(SocketEffect.ShutdownConnection.INSTANCE).build();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        PullLab.assertDone(pull(good));
    }

    @Test
    @DisplayName("500, then what was asked for: done")
    void serverError() throws IOException {
        server.at(manifest(good), once(answer(500, new byte[0])));
        server.at(blob(base.digest()), once(answer(503, new byte[0])));
        PullLab.assertDone(pull(good));
    }

    /** This answer, and from the second request on the file. */
    private Function<RecordedRequest, MockResponse> once(Function<RecordedRequest, MockResponse> answer) {
        return new Function<>() {
            private boolean first = true;

            @Override
            public MockResponse apply(RecordedRequest request) {
                Path file = root.resolve("www" + request.getTarget());
                try {
                    boolean now = first;
                    first = false;
                    return now ? answer.apply(request) : answer(200, Files.readAllBytes(file)).apply(request);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        };
    }

    @Test
    @DisplayName("a connection cut in the middle of a blob: the rest is asked for by Range")
    void cut() throws IOException {
        server.cutOnce(blob(base.digest()));
        PullLab.assertDone(pull(good));
        List<String> ranges = ranges(base.digest());
        assertEquals(2, ranges.size());
        assertEquals("null", ranges.get(0));
        assertTrue(ranges.get(1).matches("bytes=[1-9]\\d{4,}-"), ranges.get(1));
    }

    @Test
    @DisplayName("a server that ignores Range: the blob is begun again, not appended to")
    void ignoresRange() throws IOException {
        Path partial = partial(base.digest());
        byte[] whole = Files.readAllBytes(images.layout.blob(base.digest()));
        Files.write(partial, Arrays.copyOf(whole, 100_000));
        server.at(blob(base.digest()), answer(200, whole));
        PullLab.assertDone(pull(good));
        assertEquals(List.of("bytes=100000-"), ranges(base.digest()));
        assertFalse(Files.exists(partial));
    }

    private Path partial(Digest digest) throws IOException {
        return Files.createDirectories(root.resolve("blobs/sha256/.partial")).resolve(digest.hex());
    }

    @Test
    @DisplayName("what an earlier run left of a blob is wrong: it is fetched again from the start")
    void wrongPartial() throws IOException {
        Files.write(partial(base.digest()), new byte[100_000]);
        PullLab.assertDone(pull(good));
        assertEquals(List.of("bytes=100000-", "null"), ranges(base.digest()));
    }

    @Test
    @DisplayName("an earlier run ended before it named a blob that it had whole: nothing of it is fetched again")
    void wholePartial() throws IOException {
        Files.copy(images.layout.blob(base.digest()), partial(base.digest()));
        PullLab.assertDone(pull(good));
        assertEquals(List.of(), ranges(base.digest()));
    }

    @Test
    @DisplayName("a blob whose bytes do not match its digest: its image fails, nothing of it is kept")
    void wrongBlob() throws IOException {
        Manifest bad = image(base, layer);
        byte[] altered = Files.readAllBytes(images.layout.blob(layer.digest()));
        altered[altered.length / 2]++;
        server.at(blob(layer.digest()), answer(200, altered));
        assertOnlyBad("the bytes have " + Digest.of(altered) + ", not " + layer.digest(), pull(good, bad),
                layer.digest());
        assertFalse(Files.exists(partial(layer.digest())));
    }

    @Test
    @DisplayName("a manifest whose bytes do not match its digest: refused")
    void wrongManifest() throws IOException {
        Manifest bad = image(layer);
        server.at(manifest(bad), answer(200, good.bytes()));
        assertOnlyBad("the manifest's bytes have " + good.descriptor().digest(), pull(good, bad),
                bad.descriptor().digest());
    }

    @Test
    @DisplayName("a schema 1 manifest: refused as such, by a digest that its signed form cannot have")
    void schema1() throws IOException {
        Manifest bad = image(layer);
        server.at(manifest(bad), answer(200, "{\"schemaVersion\": 1, \"signatures\": []}".getBytes()));
        assertOnlyBad("a schema 1 manifest, which cannot be staged", pull(good, bad), bad.descriptor().digest());
    }

    @Test
    @DisplayName("a blob longer than its manifest states: refused")
    void longerThanStated() throws IOException {
        Manifest bad = image(base, new TestImages.Layer(layer.digest(), layer.size() - 1, layer.diffId()));
        assertOnlyBad("more than the stated " + (layer.size() - 1) + " bytes", pull(bad, good),
                layer.digest());
    }

    @Test
    @DisplayName("a blob shorter than its manifest states: refused")
    void shorterThanStated() throws IOException {
        Manifest bad = image(base, new TestImages.Layer(layer.digest(), layer.size() + 1, layer.diffId()));
        assertOnlyBad("ended after " + layer.size() + " of " + (layer.size() + 1) + " bytes", pull(bad, good),
                layer.digest());
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 1})
    @DisplayName("two manifests state different sizes of one blob: the honest image is whole, the other fails")
    void sizesDisagree(int lie) throws IOException {
        Manifest bad = image(new TestImages.Layer(base.digest(), base.size() + lie, base.diffId()));
        assertOnlyBad(base.digest() + " is not of the " + (base.size() + lie) + " bytes its manifest states",
                pull(bad, good), bad.descriptor().digest());
    }

    @Test
    @DisplayName("a list that states another size of its manifest: refused, since it could not be loaded on site")
    void listLies() throws IOException {
        Manifest image = image(layer);
        Descriptor honest = image.descriptor();
        Manifest bad = images.list(new Manifest(image.bytes(), new Descriptor(honest.mediaType(), honest.digest(),
                honest.size() + 1, null, null), image.blobs(), image.manifests()));
        assertOnlyBad(honest.digest() + " has " + honest.size() + " bytes, its list states " + (honest.size() + 1),
                pull(good, bad), bad.descriptor().digest());
    }

    @Test
    @DisplayName("a list whose manifest for the node is not there fails that image alone")
    void listWithoutManifest() throws IOException {
        Manifest image = image(layer);
        Manifest bad = images.list(image);
        server.at(manifest(image), answer(404, new byte[0]));
        assertOnlyBad(": 404, not there", pull(good, bad), bad.descriptor().digest());
    }

    @Test
    @DisplayName("fetches again what is here and cannot be read: a folder in the place of a manifest")
    void unreadable() throws IOException {
        Files.createDirectories(root.resolve("blobs/sha256/" + good.descriptor().digest().hex()));
        ScriptRun run = pull(good);
        assertEquals(Cli.DONE, run.exit(), run::toString);
    }
}
