//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/inventory/Inventory.java
//SOURCES ../container-images/curl-all.java
//SOURCES ../container-images/verify.java
//SOURCES ../lab/WebServer.java
//SOURCES FaultyServer.java
//SOURCES ScriptRun.java
//SOURCES ServedTree.java
//SOURCES TestTar.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import common.cli.Cli;
import common.cli.Json;
import common.inventory.Inventory;
import mockwebserver3.MockResponse;
import okhttp3.Headers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("curl-all from a server that has image sets, tarball, store, node bundle and signature")
class CurlAllModeTest {
    private static final Set<String> SET = Set.of("oci-layout", "index.json", "ai-images.txt");
    @TempDir
    Path temp;
    private ServedTree tree;
    private Path disk;
    private WebServer nginx;

    @BeforeEach
    void serve() throws IOException {
        Path root = Files.createDirectory(temp.resolve("container-images"));
        disk = Files.createDirectory(temp.resolve("mnt"));
        tree = new ServedTree(root).pull("ai-images", "4.10.3", 2, 2000)
                .add("node.tar", "node", TestTar.of(TestTar.file("bin/verify", "#!/bin/sh", 0755)))
                .add("store.sqfs", "store", "squashfs".getBytes());
        Files.writeString(root.resolve("images-4.10.3/agent_latest.tgz"), "a tarball");
        Files.writeString(root.resolve(Inventory.SIGNATURE), "a signature");
        nginx = WebServer.start(temp.resolve("nginx"), root);
    }

    @AfterEach
    void stop() {
        nginx.close();
    }

    private Set<String> stage(String mode) throws IOException {
        ScriptRun run = ScriptRun.of(new CurlAll(), "127.0.0.1:" + nginx.port(), disk, "--mode", mode);
        assertEquals(Cli.DONE, run.exit(), run::toString);
        return names(disk);
    }

    private static Set<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(f -> f.getFileName().toString()).filter(n -> !n.startsWith("."))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    @ParameterizedTest(name = "--mode {0}: {1}")
    @CsvSource(delimiter = '|', value = {
        "load  | ai-images blobs inventory.json inventory.json.sig node node.tar staged.json",
        "store | ai-images blobs inventory.json inventory.json.sig node node.tar staged.json store.sqfs",
        "auto  | ai-images blobs inventory.json inventory.json.sig node node.tar staged.json store.sqfs",
        "both  | ai-images blobs inventory.json inventory.json.sig node node.tar staged.json store.sqfs"})
    void inventoried(String mode, String names) throws IOException {
        assertEquals(names, String.join(" ", stage(mode)));
        assertTrue(Files.isExecutable(disk.resolve("node/bin/verify")));
    }

    @ParameterizedTest(name = "--mode {0}, without an inventory: {1}")
    @CsvSource(delimiter = '|', value = {
        "load  | ai-images blobs node node.tar staged.json",
        "store | ai-images blobs node node.tar staged.json store.sqfs",
        "both  | ai-images blobs node node.tar staged.json store.sqfs"})
    void listed(String mode, String names) throws IOException {
        tree.withoutInventory();
        assertEquals(names, String.join(" ", stage(mode)));
    }

    @Test
    @DisplayName("--mode store takes of a set what says which images the store must have, and no tarball")
    void documentsOfSets() throws IOException {
        tree.withoutInventory();
        stage("store");
        Files.delete(disk.resolve("ai-images/blobs"));
        assertEquals(SET, names(disk.resolve("ai-images")));
        assertEquals("[\"set\",\"node\",\"store\"]", Json.read(disk.resolve("staged.json")).get("kinds").toString());
    }

    @Test
    @DisplayName("--mode store takes manifests and configs of all images, and no layer of one that a container runs from")
    void noLayers() throws IOException {
        stage("store");
        assertEquals(tree.blobs("ai-images", "4.10.3", 0), ServedTree.blobs(disk));
    }

    @Test
    @DisplayName("--mode store takes whole the images that the list marks !whole: nothing runs from them, they are pulled")
    void wholeImages() throws IOException {
        tree.mark("ai-images", "4.10.3", 1);
        stage("store");
        Set<String> all = tree.blobs("ai-images", "4.10.3", 1);
        assertEquals(all, ServedTree.blobs(disk));
        assertTrue(all.size() > tree.blobs("ai-images", "4.10.3", 0).size());
    }

    @Test
    @DisplayName("--mode store takes every blob by an inventory that does not say which is what")
    void noRoles() throws IOException {
        Path inventory = tree.root.resolve(Inventory.FILE);
        Files.writeString(inventory, Files.readString(inventory).replaceAll(",\\s*\"role\" : \"\\w+\"", ""));
        stage("store");
        assertEquals(ServedTree.blobs(tree.root), ServedTree.blobs(disk));
    }

    @Test
    @DisplayName("--mode store says what it gives up")
    void givesUp() throws IOException {
        ScriptRun run = ScriptRun.of(new CurlAll(), "127.0.0.1:" + nginx.port(), disk, "--mode", "store");
        assertTrue(run.err().contains("--mode store leaves the layers out") && run.err().contains("--mode both"), run.err());
    }

    @Test
    @DisplayName("without --mode, staged.json has what became of auto: both where there is a store, else load")
    void auto() throws IOException {
        assertEquals("both", automatic());
        tree.remove("store.sqfs");
        assertEquals("load", automatic());
    }

    private String automatic() throws IOException {
        ScriptRun run = ScriptRun.of(new CurlAll(), "127.0.0.1:" + nginx.port(), disk);
        assertEquals(Cli.DONE, run.exit(), run::toString);
        return Json.read(disk.resolve("staged.json")).get("mode").asText();
    }

    @Test
    @DisplayName("verify of a disk staged with --mode store misses a config, not the layers")
    void verifyStore() throws IOException {
        stage("store");
        String config = tree.config("ai-images", "4.10.3").getFileName().toString();
        Files.delete(disk.resolve("blobs/sha256/" + config));
        ScriptRun run = ScriptRun.of(new Verify(), disk);
        assertEquals(Cli.FAILED, run.exit(), run::toString);
        assertEquals(List.of("blobs/sha256/" + config), run.err().lines().filter(l -> l.contains("missing; of"))
                .map(l -> l.replaceFirst(".*(blobs/sha256/\\w+).*", "$1")).toList(), run::toString);
    }

    @Test
    @DisplayName("a server that refuses listings serves all the same, by its inventory")
    void noListings() throws IOException {
        try (FaultyServer server = new FaultyServer(tree.root)) {
            server.at("/", r -> new MockResponse(403, Headers.of(), ""));
            ScriptRun run = ScriptRun.of(new CurlAll(), server.base(), disk);
            assertEquals(Cli.DONE, run.exit(), run::toString);
            assertFalse(server.paths().contains("/"), server.paths()::toString);
        }
    }

    @Test
    @DisplayName("changes from one mode to another")
    void changedMind() throws IOException {
        stage("store");
        assertTrue(stage("load").contains("blobs"));
        stage("store");
        assertEquals("store", Json.read(disk.resolve("staged.json")).get("mode").asText());
    }

    @Test
    @DisplayName("without images, --mode store takes the store alone")
    void storeAlone() throws IOException {
        Path alone = Files.createDirectory(temp.resolve("container-images/alone"));
        Files.writeString(alone.resolve("store.sqfs"), "squashfs");
        ScriptRun run = ScriptRun.of(new CurlAll(), "http://127.0.0.1:" + nginx.port() + "/alone", disk, "--mode",
                "store");
        assertEquals(Cli.DONE, run.exit(), run::toString);
        assertEquals(Set.of("staged.json", "store.sqfs"), names(disk));
    }
}
