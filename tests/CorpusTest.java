//SOURCES ../common/cli/Json.java
//SOURCES ../common/oci/Digest.java
//SOURCES ../lab/Corpus.java
//SOURCES ../lab/LocalRegistry.java
//DEPS org.apache.commons:commons-compress:1.28.0

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Json;
import common.oci.Digest;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The lab's image corpus, in a real registry,")
class CorpusTest {
    private static final String ACCEPT = "application/vnd.docker.distribution.manifest.v2+json, "
            + "application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.image.manifest.v1+json";
    @TempDir
    static Path folder;
    private static LocalRegistry registry;
    private static Corpus.Published corpus;

    @BeforeAll
    static void publish() throws IOException {
        registry = LocalRegistry.start(folder.resolve("registry"));
        corpus = Corpus.of(6, 0.02).publish(registry.port(), folder);
    }

    @AfterAll
    static void stop() {
        registry.close();
    }

    @Test
    @DisplayName("is the same on every run: lists and blobs have the same digests")
    void sameOnEveryRun() throws IOException {
        try (LocalRegistry other = LocalRegistry.start(folder.resolve("other"))) {
            Corpus.Published again = Corpus.of(6, 0.02).publish(other.port(), folder.resolve("again"));
            assertEquals(corpus.references(), again.references());
            assertEquals(corpus.blobs(), again.blobs());
        }
    }

    @Test
    @DisplayName("answers to every listed digest with bytes of that sha256")
    void listedDigestsAnswer() throws Exception {
        List<String> byDigest = corpus.references().stream().filter(r -> r.contains("@")).toList();
        assertEquals(3, byDigest.size());
        for (String reference : byDigest) {
            assertEquals(reference.replaceFirst(".*@", ""), Digest.of(manifest(reference)).toString());
        }
    }

    @Test
    @DisplayName("has one manifest list and one OCI manifest, the others are Docker schema 2")
    void manifestTypes() throws Exception {
        Map<String, Integer> types = new TreeMap<>();
        for (String reference : corpus.references()) {
            types.merge(Json.parse(manifest(reference), reference).path("mediaType").asText(), 1, Integer::sum);
        }
        assertEquals(Map.of("application/vnd.docker.distribution.manifest.v2+json", 4,
                "application/vnd.docker.distribution.manifest.list.v2+json", 1,
                "application/vnd.oci.image.manifest.v1+json", 1), types);
    }

    @Test
    @DisplayName("gives every image a config of its own and all of them the three base layers")
    void sharedLayersOwnConfigs() throws Exception {
        List<String> configs = new ArrayList<>();
        List<List<String>> bases = new ArrayList<>();
        for (String reference : corpus.references()) {
            JsonNode image = Json.parse(manifest(reference), reference);
            if (image.has("layers")) {
                configs.add(image.at("/config/digest").asText());
                bases.add(image.get("layers").findValuesAsText("digest").subList(0, 3));
            }
        }
        assertEquals(5, new HashSet<>(configs).size());
        assertEquals(Collections.nCopies(5, bases.get(0)), bases);
    }

    @Test
    @DisplayName("has layers with links of both kinds, setuid, a file capability, whiteouts, long and foreign names")
    void realFileTrees() throws Exception {
        JsonNode image = Json.parse(manifest(corpus.references().get(0)), "manifest");
        String own = image.get("layers").get(3).get("digest").asText();
        List<TarArchiveEntry> entries = new ArrayList<>();
        var request = HttpRequest.newBuilder(uri(corpus.references().get(0), "blobs", own)).build();
        var body = HttpClient.newHttpClient().send(request, BodyHandlers.ofInputStream()).body();
        try (TarArchiveInputStream tar = new TarArchiveInputStream(new GZIPInputStream(body), "UTF-8")) {
            for (TarArchiveEntry entry; (entry = tar.getNextEntry()) != null;) {
                entries.add(entry);
            }
        }
        assertTrue(entries.stream().anyMatch(TarArchiveEntry::isLink), "hard link");
        assertTrue(entries.stream().anyMatch(TarArchiveEntry::isSymbolicLink), "symbolic link");
        assertTrue(entries.stream().anyMatch(e -> (e.getMode() & 04000) != 0), "setuid");
        assertTrue(entries.stream().anyMatch(e -> e.getName().endsWith("/.wh.file-0")), "whiteout");
        assertTrue(entries.stream().anyMatch(e -> e.getName().length() > 100), "long name");
        assertTrue(entries.stream().anyMatch(e -> e.getName().contains("\u68c0\u67e5")), "non-ASCII name");
        assertTrue(entries.stream().anyMatch(
                e -> e.getExtraPaxHeaders().containsKey("SCHILY.xattr.security.capability")), "capability");
    }

    @Test
    @DisplayName("is split over two lists, one line with a further tag")
    void twoLists() throws IOException {
        List<String> lines = new ArrayList<>(Files.readAllLines(corpus.initialList()));
        lines.addAll(Files.readAllLines(corpus.ocpList()));
        assertEquals(corpus.references(), lines.stream().map(l -> l.split(" ")[0]).toList());
        assertEquals(1, lines.stream().filter(l -> l.endsWith(" also-by-tag")).count());
    }

    private static byte[] manifest(String reference) throws IOException, InterruptedException {
        String id = reference.contains("@") ? reference.replaceFirst(".*@", "") : reference.replaceFirst(".*:", "");
        var request = HttpRequest.newBuilder(uri(reference, "manifests", id)).header("Accept", ACCEPT).build();
        var response = HttpClient.newHttpClient().send(request, BodyHandlers.ofByteArray());
        assertEquals(200, response.statusCode(), reference);
        return response.body();
    }

    private static URI uri(String reference, String kind, String id) {
        String path = reference.replaceFirst("@.*", "").replaceFirst("^[^/]*/", "").replaceFirst(":[^:/]*$", "");
        return URI.create("http://127.0.0.1:" + registry.port() + "/v2/" + path + "/" + kind + "/" + id);
    }
}
