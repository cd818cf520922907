//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/inventory/Inventory.java
//SOURCES ../common/oci/Manifest.java
//SOURCES ScriptRun.java
//SOURCES Scripts.java
//SOURCES ServedTree.java
//SOURCES StagedDisk.java
//SOURCES TestImages.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;
import common.inventory.Inventory;
import common.oci.Manifest;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("verify")
class VerifyTest {
    @TempDir
    Path temp;

    private JsonNode json(Path folder, Object... more) {
        ScriptRun run = StagedDisk.verify(folder, Stream.concat(Stream.of("--json"), Stream.of(more)).toArray());
        return Json.parse(run.out().getBytes(), "stdout");
    }

    @Test
    @DisplayName("finds a factory server's folder whole, with several releases, and changes nothing in it")
    void server() throws IOException {
        ServedTree server = StagedDisk.server(temp).pull("ai-images", "4.10.4", 1, 1000);
        Map<String, String> before = Scripts.tree(server.root);
        ScriptRun run = StagedDisk.assertWhole(StagedDisk.verify(server.root));
        assertTrue(run.out().contains("whole; 6 images"), run.out());
        assertEquals(before, Scripts.tree(server.root));
    }

    @Test
    @DisplayName("leaves unpacked images alone: what looks like a secret in them is the image's")
    void unpackedStore() throws IOException {
        ServedTree server = StagedDisk.server(temp);
        Files.createDirectories(server.root.resolve("store/overlay-images"));
        for (String folder : List.of("store/overlay", ".build-store/store")) {
            Path unpacked = Files.createDirectories(server.root.resolve(folder));
            Files.writeString(unpacked.resolve("test.pem"), "-----BEGIN PRIVATE KEY-----");
        }
        StagedDisk.assertWhole(StagedDisk.verify(server.root));
    }

    @Test
    @DisplayName("finds a staged disk whole, and names what was not staged")
    void disk() throws IOException {
        ServedTree server = StagedDisk.server(temp).add("store.sqfs", "store", "not fetched".getBytes());
        StagedDisk staged = StagedDisk.of(server, temp, "load");
        ScriptRun run = StagedDisk.assertWhole(StagedDisk.verify(staged.disk()));
        assertTrue(run.out().contains("not staged: store\n"), run.out());
        assertTrue(run.out().contains("whole; 5 images"), run.out());
    }

    @Test
    @DisplayName("finds the disk of one of the server's releases whole")
    void oneRelease() throws IOException {
        ServedTree server = StagedDisk.server(temp);
        StagedDisk staged = StagedDisk.of(server, temp, "load");
        server.pull("ocp-images", "4.10.4", 1, 1000);
        Files.copy(server.root.resolve(Inventory.FILE), temp.resolve("later.json"));
        ScriptRun run = StagedDisk.verify(staged.disk(), "--against", temp.resolve("later.json"));
        StagedDisk.assertWrong(run, "inventory.json: is not the one given with --against");
    }

    @Test
    @DisplayName("checks what it can of a disk without an inventory, and says what it cannot")
    void withoutInventory() throws IOException {
        StagedDisk staged = StagedDisk.of(StagedDisk.server(temp).withoutInventory(), temp, "load");
        ScriptRun run = StagedDisk.assertWhole(StagedDisk.verify(staged.disk()));
        assertTrue(run.out().contains("not checked: inventory.json: missing"), run.out());
    }

    @Test
    @DisplayName("of a set of tarballs, sees that each listed image has one")
    void tarballs() throws IOException {
        ServedTree server = StagedDisk.server(temp);
        Path set = Files.createDirectory(server.root.resolve("images-4.9.0"));
        Files.writeString(set.resolve("list.txt"), "quay.io/org/agent:latest\nquay.io/org/installer:latest\n");
        Files.writeString(set.resolve("agent_latest.tgz"), "a tarball");
        ScriptRun run = StagedDisk.verify(server.root);
        StagedDisk.assertWrong(run, "images-4.9.0/index.json: lacks quay.io/org/installer:latest; pull this set again");
    }

    @Test
    @DisplayName("--json prints one document: whole, counts, the lines, and what kind of fault each is")
    void document() throws IOException {
        ServedTree server = StagedDisk.server(temp);
        JsonNode document = json(server.root);
        assertTrue(document.get("whole").asBoolean());
        assertFalse(document.get("partition").asBoolean());
        assertEquals(5, document.get("images").asInt());
        assertTrue(document.get("freeBytes").asLong() > 0);
        Files.delete(server.ownLayer("ai-images", "4.10.3"));
        JsonNode missing = json(server.root);
        assertEquals(1, missing.get("wrong").size());
        assertEquals("[\"missing\"]", missing.get("faults").toString());
    }

    @Test
    @DisplayName("--deep unpacks the layers, which digests alone do not")
    void deep() throws IOException {
        ServedTree server = StagedDisk.server(temp);
        StagedDisk.assertWhole(StagedDisk.verify(server.root, "--deep"));
        TestImages made = new TestImages(server.folder("ai-images", "4.10.5"), null);
        TestImages.Layer good = made.layer("good", 1000);
        TestImages.Layer lie = new TestImages.Layer(good.digest(), good.size(), made.layer("other", 1000).diffId());
        made.add("quay.io/org/lie:1", made.manifest(Manifest.OCI, lie));
        Inventory.update(made.layout, new Inventory.SetOf("ai-images", "4.10.5", "linux/amd64", 1, List.of()),
                made.layout.folder().resolve("images.txt"), List.of(made.layout.index()));
        StagedDisk.assertWhole(StagedDisk.verify(server.root));
        StagedDisk.assertWrong(StagedDisk.verify(server.root, "--deep"),
                "blobs/sha256/HEX: unpacks to sha256:HEX instead of sha256:HEX");
    }

    @Test
    @DisplayName("stops with one line when the folder is not there, or has no images")
    void nothing() {
        ScriptRun run = StagedDisk.verify(temp.resolve("mnt"));
        assertEquals(Cli.FAILED, run.exit());
        assertTrue(run.err().contains("is the data partition mounted?"), run.err());
        StagedDisk.assertWrong(StagedDisk.verify(temp), temp + ": no image set here; is this container-images or the "
                + "data partition?");
    }
}
