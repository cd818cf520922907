//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../container-images/curl-all.java
//SOURCES FaultyServer.java
//SOURCES ScriptRun.java
//SOURCES ServedTree.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.Json;
import mockwebserver3.MockResponse;
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
@DisplayName("curl-all, from a hostile or failing server,")
class HostileServerTest {
    @TempDir
    Path temp;
    private Path root;
    private Path disk;
    private ServedTree tree;
    private FaultyServer server;
    private FaultyServer elsewhere;

    @BeforeEach
    void serve() throws IOException {
        root = Files.createDirectory(temp.resolve("container-images"));
        disk = Files.createDirectory(temp.resolve("mnt"));
        tree = ServedTree.small(root);
        server = new FaultyServer(root);
        elsewhere = new FaultyServer(root);
    }

    @AfterEach
    void stop() {
        server.close();
        elsewhere.close();
    }

    private ScriptRun stage(Object... more) {
        return ScriptRun.of(new CurlAll(), Stream.concat(Stream.of(server.base(), disk), Stream.of(more)).toArray());
    }

    @Test
    @DisplayName("never leaves the base, the target folder or the host, whatever a listing says")
    void listing() throws IOException {
        Path factory = Files.createDirectory(root.resolve("factory"));
        ServedTree.small(factory).withoutInventory();
        String links = Stream.of("../secret", "/secret", "../../mnt.evil", "%2e%2e/secret", "http://" + elsewhere.base()
                + "/factory/secret", "//" + elsewhere.base() + "/factory/secret", "index.json", "images.txt", "blobs/",
                "images-4.10.3/", "ocp-images-4.10.3/").map(l -> "<a href='" + l + "'>x</a>")
                .collect(Collectors.joining());
        server.page("/factory/", links).page("/factory/images-4.10.3/", links);
        ScriptRun.of(new CurlAll(), server.base() + "/factory", disk);
        assertTrue(server.paths().stream().allMatch(p -> p.startsWith("/factory/")), () -> server.paths().toString());
        assertEquals(List.of(), elsewhere.paths());
        try (Stream<Path> files = Files.list(temp)) {
            assertEquals(Set.of("container-images", "mnt"),
                    files.map(f -> f.getFileName().toString()).collect(Collectors.toSet()));
        }
    }

    @Test
    @DisplayName("ends on listings that list themselves for ever")
    void loop() throws IOException {
        tree.withoutInventory();
        String links = "<a href='images-4.10.3/'>x</a><a href='blobs/'>x</a><a href='./'>x</a><a href='sha256/'>x</a>";
        for (String page : List.of("/", "/images-4.10.3/", "/images-4.10.3/images-4.10.3/", "/blobs/",
                "/images-4.10.3/blobs/")) {
            server.page(page, links);
        }
        assertEquals(Cli.FAILED, stage().exit());
        assertEquals(List.of("/inventory.json", "/", "/images-4.10.3/"), server.paths());
    }

    @Test
    @DisplayName("asks for none of 10,000 entries that the inventory does not list, and prints no 10,000 names")
    void manyEntries() {
        server.page("/", "<a href='inventory.json'>x</a>" + IntStream.range(0, 10_000)
                .mapToObj(i -> "<a href='entry-" + i + "'>x</a>").collect(Collectors.joining()));
        ScriptRun run = stage();
        assertEquals(Cli.DONE, run.exit(), run::toString);
        assertTrue(server.paths().stream().noneMatch(p -> p.contains("entry")));
        assertTrue(run.err().length() < 1000, run.err());
    }

    @Test
    @DisplayName("refuses a listing that does not end")
    void endless() throws IOException {
        tree.withoutInventory();
        server.at("/", r -> new MockResponse.Builder().code(200).body(new Buffer().write(new byte[33 << 20])).build());
        ScriptRun run = stage();
        assertEquals(Cli.FAILED, run.exit());
        assertTrue(run.err().contains("more than 32 MiB"), run.err());
    }

    @Test
    @DisplayName("does not follow a redirect, and says so")
    void redirect() throws IOException {
        tree.withoutInventory();
        server.redirect("/", "http://" + elsewhere.base() + "/");
        ScriptRun run = stage();
        assertEquals(Cli.FAILED, run.exit());
        assertTrue(run.err().contains("redirects to http://" + elsewhere.base()), run.err());
        assertEquals(List.of(), elsewhere.paths());
    }

    @Test
    @DisplayName("does not follow the redirect of one blob; the other set is whole")
    void redirectedBlob() {
        String blob = "/blobs/sha256/" + tree.ownLayer("ocp-images", "4.10.3").getFileName();
        server.redirect(blob, "http://" + elsewhere.base() + blob);
        ScriptRun run = stage();
        assertEquals(Cli.PARTIAL, run.exit(), run::toString);
        assertTrue(run.err().contains("redirects to") && run.out().contains("Whole: ai-images"), run::toString);
        assertEquals(List.of(), elsewhere.paths());
    }

    @Test
    @DisplayName("resumes with Range where a connection broke in the middle of a blob")
    void cut() throws IOException {
        Path layer = tree.pull("ai-images", "4.10.3", 2, 1_000_000).ownLayer("ai-images", "4.10.3");
        String path = "/blobs/sha256/" + layer.getFileName();
        server.cutOnce(path);
        ScriptRun run = stage();
        assertEquals(Cli.DONE, run.exit(), run::toString);
        List<String> ranges = server.requests().stream().filter(r -> r.getTarget().equals(path))
                .map(r -> String.valueOf(r.getHeaders().get("Range"))).toList();
        assertEquals(2, ranges.size());
        assertTrue(ranges.get(0).equals("null") && ranges.get(1).matches("bytes=[1-9]\\d*-"), ranges::toString);
    }

    @Test
    @DisplayName("waits for one that is busy, and goes on")
    void busy() {
        int[] asked = {0};
        server.at("/inventory.json", r -> asked[0]++ == 0 ? new MockResponse(503, Headers.of("Retry-After", "1"), "")
                : new MockResponse(404, Headers.of(), ""));
        ScriptRun run = stage();
        assertEquals(2, asked[0]);
        assertTrue(run.err().contains("no inventory.json on the server"), run.err());
    }

    @ParameterizedTest
    @DisplayName("writes nothing when the inventory has the path")
    @ValueSource(strings = {"../evil", "/tmp/evil", "ai-images/../../evil", "ai-images/blobs", "ai-images/.ssh",
        "blobs/evil", "node/bin/java", "node", "staged.json", "inventory.json", "a/b/c", ".hidden",
        "ai-images/index.json"})
    void inventory(String path) throws IOException {
        ObjectNode inventory = (ObjectNode) Json.read(root.resolve("inventory.json"));
        inventory.withArray("files").addObject().put("path", path).put("size", 1).put("kind", "set")
                .put("sha256", "0".repeat(64)).put("release", "4.10.3");
        Json.write(root.resolve("inventory.json"), inventory);
        ScriptRun run = stage();
        assertEquals(Cli.FAILED, run.exit(), run::toString);
        try (Stream<Path> files = Files.list(disk)) {
            assertEquals(0, files.count());
        }
    }

    @Test
    @DisplayName("gets no path on the server that it was not told plainly")
    void inventoryFrom() throws IOException {
        ObjectNode inventory = (ObjectNode) Json.read(root.resolve("inventory.json"));
        inventory.withArray("files").addObject().put("path", "ai-images/x.tgz")
                .put("from", "images-4.10.3/blobs/sha256/x").put("size", 1).put("kind", "set")
                .put("sha256", "0".repeat(64)).put("release", "4.10.3");
        Json.write(root.resolve("inventory.json"), inventory);
        assertEquals(Cli.FAILED, stage().exit());
        assertFalse(server.paths().stream().anyMatch(p -> p.startsWith("/images")));
    }
}
