//SOURCES ../container-images/pre-cache/release.java
//SOURCES ../lab/LocalRegistry.java
//SOURCES ../lab/ReleaseCorpus.java
//SOURCES ScriptRun.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import common.Cli;
import common.Json;
import common.ReleaseImage;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("release:")
class ReleaseTest {
    private static final String VERSION = "4.10.3";
    private static final String DIGEST = "sha256:" + "a".repeat(64);

    @TempDir
    static Path folder;
    private static LocalRegistry registry;
    private static ReleaseCorpus corpus;
    private static ReleaseCorpus.Published release;
    private static int files;

    @BeforeAll
    static void start() throws IOException {
        registry = LocalRegistry.start(folder.resolve("registry"));
        corpus = ReleaseCorpus.on(registry.port(), folder);
        release = corpus.publish(VERSION);
        Files.writeString(folder.resolve("auth.json"), "{}");
    }

    @AfterAll
    static void stop() {
        registry.close();
    }

    @Test
    @DisplayName("lists the payload and the release image by digest, sorted, each once, on stdout and in the file")
    void list() throws IOException {
        ScriptRun run = run(VERSION);
        List<String> expected = Stream.concat(release.payload().values().stream(), Stream.of(release.pinned())).sorted().toList();
        assertEquals(expected, run.out().lines().toList(), run::toString);
        assertEquals(expected, Files.readAllLines(lastFile()));
    }

    @Test
    @DisplayName("a line has the form of the checked-in 4.10.3 list")
    void form() throws IOException {
        String form = "quay\\.io/openshift-release-dev/ocp-(v4\\.0-art-dev|release)@sha256:[0-9a-f]{64}";
        Path checkedIn = Repository.ROOT.resolve("container-images/ocp-images-4.10.3/ocp-images-4.10.3.txt");
        assertEquals(List.of(), Stream.concat(Files.lines(checkedIn), run(VERSION).out().lines())
                .filter(line -> !line.matches(form)).toList());
    }

    @Test
    @DisplayName("takes a release image by digest as well")
    void byDigest() {
        assertEquals(run(VERSION).out(), run(release.pinned()).out());
    }

    @Test
    @DisplayName("--initial lists the 14 payload images of the discovery stage, the release image, and what --add names")
    void initial() {
        List<String> lines = run(VERSION, "--initial", "--add", "quay.io/lab/agent:latest").out().lines().toList();
        List<String> expected = new ArrayList<>(ReleaseImage.INITIAL.stream().map(release.payload()::get).toList());
        expected.add(release.pinned());
        expected.add("quay.io/lab/agent:latest");
        assertEquals(expected.stream().sorted().toList(), lines);
        assertEquals(16, lines.size());
    }

    @Test
    @DisplayName("--only lists the payload with these names")
    void only() {
        assertEquals(List.of(release.pinned(), release.payload().get("etcd")).stream().sorted().toList(),
                run(VERSION, "--only", "etcd").out().lines().toList());
    }

    @Test
    @DisplayName("--only with a name that the release does not have names the nearest")
    void onlyUnknown() {
        ScriptRun run = run(VERSION, "--only", "machine-config");
        assertEquals(Cli.USAGE, run.exit());
        assertTrue(run.err().contains("it has machine-config-operator"), run::toString);
    }

    @Test
    @DisplayName("--exclude-tag leaves out by payload name and says how many")
    void exclude() {
        ScriptRun run = run(VERSION, "--exclude-tag", "aws|gcp", "azure");
        assertEquals(ReleaseCorpus.names().size() - 4 + 1, run.out().lines().count());
        assertTrue(run.err().contains("Excluded by aws|gcp: 2 of 24") && run.err().contains("Excluded by azure: 2 of 24"),
                run::toString);
    }

    @Test
    @DisplayName("--exclude-file has the patterns a line, with comments")
    void excludeFile() throws IOException {
        Path patterns = Files.writeString(folder.resolve("patterns"), "# clouds\nazure\n\ngcp # another\n");
        assertEquals(ReleaseCorpus.names().size() - 3 + 1, run(VERSION, "--exclude-file", patterns).out().lines().count());
    }

    @Test
    @DisplayName("--sizes: bytes saved are those of layers that no kept image has")
    void sizes() {
        JsonNode json = json(run(VERSION, "--exclude-tag", "azure", "--sizes", "--json"));
        JsonNode all = json(run(VERSION, "--sizes", "--json"));
        assertEquals(all.get("bytes").asLong(), json.get("bytes").asLong() + json.get("savedBytes").asLong());
        long base = ReleaseCorpus.base().bytes().length;
        assertTrue(json.get("savedBytes").asLong() > 40_000 && json.get("savedBytes").asLong() < base, json.toString());
    }

    @Test
    @DisplayName("--json gives payload name and reference")
    void jsonDocument() {
        JsonNode json = json(run(VERSION, "--json"));
        SortedMap<String, String> images = new TreeMap<>();
        json.get("images").properties().forEach(e -> images.put(e.getKey(), e.getValue().asText()));
        assertEquals(release.payload(), images);
        assertEquals(release.pinned(), json.get("release").asText());
    }

    @Test
    @DisplayName("fetches the last layer alone when it has the file, and that one once")
    void lastLayerOnly() throws Exception {
        byte[] large = new byte[2_000_000];
        new Random(1).nextBytes(large);
        FileLayer last = ReleaseCorpus.references("4.10.9", release.payload()).with("usr/bin/after", large).gzip();
        corpus.release("4.10.9", List.of(FileLayer.with("below", large).gzip(), last));
        assertEquals(List.of(last.digest().toString()), blobsFetchedBy("4.10.9"));
    }

    @Test
    @DisplayName("fetches lower layers only down to the one that has the file")
    void noMoreLayersThanNeeded() throws Exception {
        FileLayer top = FileLayer.with("usr/bin/top", "top").gzip();
        FileLayer middle = ReleaseCorpus.references("4.10.9", release.payload()).gzip();
        corpus.release("4.10.9", List.of(FileLayer.with("usr/bin/low", "low").gzip(), middle, top));
        assertEquals(List.of(top.digest().toString(), middle.digest().toString()), blobsFetchedBy("4.10.9"));
    }

    @Test
    @DisplayName("a file that an upper layer replaces counts as there")
    void replaced() throws IOException {
        SortedMap<String, String> upper = new TreeMap<>(Map.of("etcd", "quay.io/lab/etcd@" + DIGEST));
        corpus.release("4.10.9", List.of(ReleaseCorpus.references("4.10.9", release.payload()).gzip(),
                FileLayer.with("./" + ReleaseCorpus.REFERENCES, ReleaseCorpus.imageReferences("4.10.9", upper)).gzip()));
        assertTrue(run("4.10.9").out().contains("quay.io/lab/etcd@" + DIGEST));
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
    @DisplayName("a whiteout does not delete what its own layer brings")
    void whiteoutOfOwnLayer() throws IOException {
        FileLayer.Content layer = ReleaseCorpus.references("4.10.9", release.payload()).withoutContentOf("release-manifests")
                .without(ReleaseCorpus.REFERENCES);
        corpus.release("4.10.9", List.of(ReleaseCorpus.base(), layer.gzip()));
        assertEquals(Cli.DONE, run("4.10.9").exit());
    }

    @Test
    @DisplayName("reads zstd layers")
    void zstd() throws IOException {
        corpus.release("4.10.9", List.of(ReleaseCorpus.references("4.10.9", release.payload()).zstd(),
                FileLayer.with("x", "x").zstd()));
        assertEquals(release.payload().size() + 1, run("4.10.9").out().lines().count());
    }

    @Test
    @DisplayName("a link in the place of the file is refused, not followed")
    void link() throws IOException {
        corpus.release("4.10.9", List.of(FileLayer.with("x", "x").withLink("release-manifests", "/etc").gzip()));
        assertFails("release-manifests is no file but a link to \"/etc\"", "4.10.9");
    }

    @Test
    @DisplayName("an unknown version: the error has the tag that was tried")
    void unknown() {
        assertFails("tried quay.io/openshift-release-dev/ocp-release:4.99.0-x86_64", "4.99.0");
    }

    @Test
    @DisplayName("a tag that has another release than its name says is refused")
    void otherVersion() throws IOException {
        corpus.release("4.10.9", List.of(ReleaseCorpus.references("4.9.1", release.payload()).gzip()));
        assertFails("the registry has release 4.9.1 under this tag", "4.10.9");
    }

    @Test
    @DisplayName("bad JSON: the error has file and line")
    void badJson() throws IOException {
        corpus.release("4.10.9", List.of(FileLayer.with(ReleaseCorpus.REFERENCES, "{\n\"kind\": oops}\n").gzip()));
        assertFails("release-manifests/image-references:2: ", "4.10.9");
    }

    @Test
    @DisplayName("a payload that is not named by digest is refused")
    void byTag() throws IOException {
        SortedMap<String, String> tagged = new TreeMap<>(Map.of("etcd", "quay.io/lab/etcd:latest"));
        corpus.release("4.10.9", List.of(ReleaseCorpus.references("4.10.9", tagged).gzip()));
        assertFails("tag \"etcd\" names no image by digest: \"quay.io/lab/etcd:latest\"", "4.10.9");
    }

    @Test
    @DisplayName("a layer that the registry's storage has damaged behind the file is refused")
    void damaged() throws IOException {
        byte[] after = new byte[1_000_000];
        new Random(2).nextBytes(after);
        FileLayer layer = ReleaseCorpus.references("4.10.9", release.payload()).with("usr/bin/after", after).gzip();
        corpus.release("4.10.9", List.of(layer));
        Path blob = folder.resolve("registry/storage/docker/registry/v2/blobs/sha256/" + layer.digest().hex().substring(0, 2)
                + "/" + layer.digest().hex() + "/data");
        byte[] bytes = Files.readAllBytes(blob);
        bytes[bytes.length - 1000] ^= 1;
        Files.write(blob, bytes);
        assertFails("the bytes of layer " + layer.digest(), "4.10.9");
    }

    private static void assertNoReleaseImage(FileLayer.Content upper) throws IOException {
        corpus.release("4.10.9", List.of(ReleaseCorpus.references("4.10.9", release.payload()).gzip(), upper.gzip()));
        assertFails("not a release image", "4.10.9");
    }

    private static void assertFails(String message, Object... args) {
        ScriptRun run = run(args);
        assertEquals(Cli.FAILED, run.exit(), run::toString);
        assertTrue(run.err().contains(message) && run.err().lines().count() == 1, run::toString);
    }

    private static List<String> blobsFetchedBy(String version) throws Exception {
        int before = blobRequests().size();
        ScriptRun run = run(version);
        assertEquals(Cli.DONE, run.exit(), run::toString);
        Thread.sleep(500); // the registry logs a request after its answer
        return blobRequests().subList(before, blobRequests().size());
    }

    private static List<String> blobRequests() throws IOException {
        return registry.requests().stream().filter(r -> r.method().equals("GET") && r.path().contains("/blobs/"))
                .map(r -> r.path().replaceFirst(".*/", "")).toList();
    }

    private static ScriptRun run(Object... args) {
        files++;
        List<Object> all = new ArrayList<>(List.of(args));
        all.addAll(List.of("--output", lastFile(), "--authfile", folder.resolve("auth.json"),
                "--registries-conf", corpus.registriesConf()));
        return ScriptRun.of(new Release(), all.toArray());
    }

    private static Path lastFile() {
        return folder.resolve("list-" + files);
    }

    private static JsonNode json(ScriptRun run) {
        return Json.parse(run.out().getBytes(StandardCharsets.UTF_8), "stdout of " + run);
    }
}
