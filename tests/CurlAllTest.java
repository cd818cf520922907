//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/oci/Descriptor.java
//SOURCES ../common/oci/OciLayout.java
//SOURCES ../container-images/curl-all.java
//SOURCES ../lab/LoopbackServer.java
//SOURCES ../lab/WebServer.java
//SOURCES ScriptRun.java
//SOURCES ServedTree.java
//SOURCES TestTar.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;
import common.cli.Proc;
import common.oci.Descriptor;
import common.oci.OciLayout;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("curl-all, from a real nginx,")
class CurlAllTest {
    private static final List<String> SETS = List.of("ai-images", "ocp-images");
    @TempDir
    Path temp;
    private Path root;
    private Path disk;
    private WebServer nginx;

    @BeforeEach
    void serve() throws IOException {
        root = Files.createDirectory(temp.resolve("container-images"));
        disk = Files.createDirectory(temp.resolve("mnt"));
        nginx = WebServer.start(temp.resolve("nginx"), root);
    }

    @AfterEach
    void stop() {
        nginx.close();
    }

    private String base() {
        return "127.0.0.1:" + nginx.port();
    }

    private ScriptRun stage(Object... more) {
        return ScriptRun.of(new CurlAll(), Stream.concat(Stream.of(base(), disk), Stream.of(more)).toArray());
    }

    private static void assertLoadable(Path disk, String set, int images) {
        OciLayout layout = OciLayout.at(disk.resolve(set), null);
        assertEquals(images, layout.images().size(), set);
        for (Descriptor image : layout.images()) {
            layout.reach(image).forEach(b -> assertTrue(layout.holds(b), set + " lacks " + b));
        }
    }

    @Test
    @DisplayName("stages both sets under the partition's names, with every blob that they reach")
    void stagesBothSets() throws IOException {
        ServedTree.small(root);
        ScriptRun run = stage();
        assertEquals(Cli.DONE, run.exit(), run::toString);
        assertLoadable(disk, "ai-images", 3);
        assertLoadable(disk, "ocp-images", 2);
    }

    @Test
    @DisplayName("makes the blobs link itself, renames the list, copies the inventory unchanged")
    void partitionShape() throws IOException {
        ServedTree.small(root);
        stage();
        assertAll(
                () -> assertEquals(Path.of("../blobs"), Files.readSymbolicLink(disk.resolve("ai-images/blobs"))),
                () -> assertEquals(-1, Files.mismatch(root.resolve("images-4.10.3/images.txt"),
                        disk.resolve("ai-images/ai-images.txt"))),
                () -> assertEquals(-1, Files.mismatch(root.resolve("inventory.json"), disk.resolve("inventory.json"))));
    }

    @Test
    @DisplayName("says in staged.json what is there")
    void stagedJson() throws IOException {
        ServedTree.small(root);
        stage();
        JsonNode staged = Json.read(disk.resolve("staged.json"));
        assertEquals("load", staged.get("mode").asText());
        assertEquals("4.10.3", staged.get("release").asText());
        assertEquals("[\"blob\",\"set\"]", staged.get("kinds").toString());
    }

    @Test
    @DisplayName("fetches every blob once, and never by way of a set folder")
    void eachBlobOnce() throws IOException {
        ServedTree.small(root);
        stage();
        List<String> asked = nginx.requests().stream().map(LoopbackServer.Request::path)
                .filter(p -> p.contains("blobs")).toList();
        assertEquals(asked.stream().distinct().toList(), asked);
        assertTrue(asked.stream().allMatch(p -> p.matches("/blobs/sha256/[0-9a-f]{64}")), asked::toString);
    }

    @Test
    @DisplayName("fetches no blob and changes nothing when run again")
    void secondRun() throws IOException {
        ServedTree.small(root).add("node.tar", "node", TestTar.of(TestTar.file("bin/java", "x", 0755)));
        stage();
        Map<String, String> before = ServedTree.staged(disk);
        int asked = nginx.requests().size();
        ScriptRun again = stage();
        assertEquals(Cli.DONE, again.exit(), again::toString);
        assertEquals(before, ServedTree.staged(disk));
        assertTrue(nginx.requests().stream().skip(asked).noneMatch(r -> r.path().matches(".*(blobs/|node.tar).*")));
    }

    @Test
    @DisplayName("without an inventory takes what the listings show, also a list without its other platforms")
    void withoutInventory() throws IOException {
        ServedTree.small(root).withoutInventory();
        Files.writeString(root.resolve("images-4.10.3/agent_latest.tgz"), "a tarball");
        Files.writeString(root.resolve("readme.html"), "by the way");
        ScriptRun run = stage();
        assertEquals(Cli.DONE, run.exit(), run::toString);
        assertLoadable(disk, "ai-images", 3);
        assertEquals("a tarball", Files.readString(disk.resolve("ai-images/agent_latest.tgz")));
        assertTrue(Files.notExists(disk.resolve("readme.html")) && run.err().contains("left out"), run.err());
        assertTrue(run.err().contains("unverified"), run.err());
    }

    @Test
    @DisplayName("without an inventory fetches a tarball again only when it changed on the server")
    void changedTarball() throws IOException {
        ServedTree.small(root).withoutInventory();
        Path tgz = root.resolve("images-4.10.3/agent_latest.tgz");
        Files.writeString(tgz, "version 1");
        stage();
        stage();
        Files.writeString(tgz, "version 2");
        Files.setLastModifiedTime(tgz, FileTime.fromMillis(1_700_000_000_000L));
        stage();
        assertEquals("version 2", Files.readString(disk.resolve("ai-images/agent_latest.tgz")));
        assertEquals(2, nginx.requests().stream()
                .filter(r -> r.method().equals("GET") && r.path().endsWith(".tgz")).count());
    }

    @Test
    @DisplayName("leaves what the inventory does not list")
    void leftOut() throws IOException {
        ServedTree.small(root);
        Files.writeString(root.resolve("notes.html"), "by the way");
        stage();
        assertFalse(Files.exists(disk.resolve("notes.html")));
    }

    @Test
    @DisplayName("takes the named release of several, and nothing of the others")
    void oneRelease() throws IOException {
        ServedTree.small(root).pull("ai-images", "4.10.4", 1, 1000);
        ScriptRun run = stage("--release", "4.10.4");
        assertEquals(Cli.DONE, run.exit(), run::toString);
        assertLoadable(disk, "ai-images", 1);
        assertFalse(Files.exists(disk.resolve("ocp-images")));
    }

    @Test
    @DisplayName("stops and names the releases when there are several and none is chosen")
    void severalReleases() throws IOException {
        ServedTree.small(root).pull("ai-images", "4.10.4", 1, 1000);
        ScriptRun run = stage();
        assertEquals(Cli.FAILED, run.exit());
        assertTrue(run.err().contains("4.10.3, 4.10.4; choose one with --release"), run.err());
    }

    @Test
    @DisplayName("stops when the server has no image set")
    void nothingThere() {
        ScriptRun run = stage();
        assertEquals(Cli.FAILED, run.exit());
        assertTrue(run.err().contains("lists no image set"), run.err());
    }

    @Test
    @DisplayName("unpacks node.tar with its modes and links")
    void node() throws IOException {
        ServedTree.small(root).add("node.tar", "node", TestTar.of(TestTar.file("lib/server/libjvm.so", "code", 0644),
                TestTar.file("bin/java", "#!", 0755), TestTar.link("lib/libjvm.so", "server/libjvm.so")));
        ScriptRun run = stage();
        assertEquals(Cli.DONE, run.exit(), run::toString);
        Path java = disk.resolve("node/bin/java");
        assertEquals("rwxr-xr-x", PosixFilePermissions.toString(Files.getPosixFilePermissions(java)));
        assertEquals("code", Files.readString(disk.resolve("node/lib/libjvm.so")));
        assertEquals("[\"blob\",\"set\",\"node\"]", Json.read(disk.resolve("staged.json")).get("kinds").toString());
    }

    @Test
    @DisplayName("replaces node/ when the server has a new node.tar")
    void newNode() throws IOException {
        ServedTree tree = ServedTree.small(root).add("node.tar", "node", TestTar.of(TestTar.file("old", "1", 0644)));
        stage();
        tree.add("node.tar", "node", TestTar.of(TestTar.file("new", "2", 0644)));
        stage();
        assertTrue(Files.exists(disk.resolve("node/new")) && !Files.exists(disk.resolve("node/old")));
    }

    @Test
    @DisplayName("--mode both stops when there is no store.sqfs")
    void noStore() throws IOException {
        ServedTree.small(root);
        ScriptRun run = stage("--mode", "both");
        assertEquals(Cli.FAILED, run.exit());
        assertTrue(run.err().contains("build-store.java"), run.err());
    }

    @Test
    @DisplayName("stops with exit code 4 when the partition's folder is not there")
    void noFolder() {
        ScriptRun run = ScriptRun.of(new CurlAll(), base(), temp.resolve("elsewhere"));
        assertEquals(Cli.MISSING, run.exit());
        assertFalse(Files.exists(temp.resolve("elsewhere")));
    }

    @Test
    @DisplayName("refuses before it fetches anything when the files cannot fit")
    void doesNotFit() throws IOException {
        ServedTree.small(root).withoutInventory();
        try (var large = new RandomAccessFile(root.resolve("node.tar").toFile(), "rw")) {
            large.setLength(disk.toFile().getUsableSpace());
        }
        ScriptRun run = stage();
        assertEquals(Cli.FAILED, run.exit());
        assertTrue(run.err().contains("does not fit"), run.err());
        assertTrue(nginx.requests().stream().noneMatch(r -> r.method().equals("GET") && r.path().equals("/node.tar")));
    }

    @Test
    @DisplayName("takes a URL with a path, with or without a slash at its end")
    void urlWithPath() throws IOException {
        ServedTree.small(Files.createDirectory(root.resolve("factory")));
        for (String slash : List.of("", "/")) {
            ScriptRun run = ScriptRun.of(new CurlAll(), "http://" + base() + "/factory" + slash, disk);
            assertEquals(Cli.DONE, run.exit(), run::toString);
        }
    }

    @Test
    @DisplayName("--json prints one document with sets and bytes")
    void json() throws IOException {
        ServedTree.small(root);
        JsonNode document = Json.parse(stage("--json").out().getBytes(), "stdout");
        assertEquals(SETS, document.get("sets").findValuesAsText("name"));
        assertTrue(document.get("fetchedBytes").asLong() > 0);
    }

    @Test
    @DisplayName("and from python3 -m http.server as well, resumed although that knows no Range")
    void python() throws IOException {
        ServedTree tree = ServedTree.small(root).withoutInventory();
        Path layer = tree.ownLayer("ai-images", "4.10.3");
        Path partial = Files.createDirectories(disk.resolve("blobs/sha256/.partial")).resolve(layer.getFileName());
        Files.write(partial, Arrays.copyOf(Files.readAllBytes(layer), 20_000));
        int port = LoopbackServer.freePort();
        try (LoopbackServer python = new LoopbackServer(List.of("python3", "-m", "http.server", "--bind", "127.0.0.1",
                "--directory", root.toString(), String.valueOf(port)), port, temp.resolve("python.log"))) {
            ScriptRun run = ScriptRun.of(new CurlAll(), "127.0.0.1:" + python.port(), disk);
            assertEquals(Cli.DONE, run.exit(), run::toString);
        }
        assertLoadable(disk, "ai-images", 3);
        assertEquals(ServedTree.blobs(root), ServedTree.blobs(disk));
    }
}
