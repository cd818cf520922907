//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/inventory/Inventory.java
//SOURCES ../container-images/curl-all.java
//SOURCES ../lab/WebServer.java
//SOURCES ScriptRun.java
//SOURCES ServedTree.java
//SOURCES TestTar.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import common.cli.Cli;
import common.cli.Json;
import common.inventory.Inventory;
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
        "store | ai-images inventory.json inventory.json.sig node node.tar staged.json store.sqfs",
        "both  | ai-images blobs inventory.json inventory.json.sig node node.tar staged.json store.sqfs"})
    void inventoried(String mode, String names) throws IOException {
        assertEquals(names, String.join(" ", stage(mode)));
        assertTrue(Files.isExecutable(disk.resolve("node/bin/verify")));
    }

    @ParameterizedTest(name = "--mode {0}, without an inventory: {1}")
    @CsvSource(delimiter = '|', value = {
        "load  | ai-images blobs node node.tar staged.json",
        "store | ai-images node node.tar staged.json store.sqfs",
        "both  | ai-images blobs node node.tar staged.json store.sqfs"})
    void listed(String mode, String names) throws IOException {
        tree.withoutInventory();
        assertEquals(names, String.join(" ", stage(mode)));
    }

    @Test
    @DisplayName("--mode store takes of a set what says which images the store must have, no tarball and no blob")
    void documentsOfSets() throws IOException {
        tree.withoutInventory();
        stage("store");
        assertEquals(SET, names(disk.resolve("ai-images")));
        assertEquals("[\"set\",\"node\",\"store\"]", Json.read(disk.resolve("staged.json")).get("kinds").toString());
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
