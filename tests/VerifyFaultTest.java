//SOURCES ../common/cli/Json.java
//SOURCES ../common/inventory/Inventory.java
//SOURCES ../common/oci/Digest.java
//SOURCES ../common/oci/Manifest.java
//SOURCES ../common/oci/OciLayout.java
//SOURCES ServedTree.java
//SOURCES StagedDisk.java
//SOURCES TestImages.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Json;
import common.inventory.Inventory;
import common.oci.Digest;
import common.oci.Manifest;
import common.oci.OciLayout;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("fault")
@DisplayName("verify names exactly what is wrong:")
class VerifyFaultTest {
    private static final String LAST = "quay.io/openshift/ai-images-4.10.3-2@sha256:HEX";
    @TempDir
    Path temp;
    private ServedTree server;

    @BeforeEach
    void serve() throws IOException {
        server = StagedDisk.server(temp);
    }

    private static void flip(Path file) throws IOException {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.seek(bytes.length() / 2);
            int there = bytes.read();
            bytes.seek(bytes.length() / 2);
            bytes.write(~there);
        }
    }

    private static void truncate(Path file) throws IOException {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.setLength(bytes.length() / 2);
        }
    }

    private Path ownLayer() {
        return server.ownLayer("ai-images", "4.10.3");
    }

    private void assertWrong(String... faults) {
        StagedDisk.assertWrong(StagedDisk.verify(server.root), faults);
    }

    @Test
    @DisplayName("a layer with one wrong byte, and whose it is")
    void damaged() throws IOException {
        flip(ownLayer());
        assertWrong("blobs/sha256/HEX: damaged: its bytes have sha256:HEX; of " + LAST);
    }

    @Test
    @DisplayName("a base layer once, with the number of its images")
    void sharedLayer() throws IOException {
        OciLayout layout = OciLayout.at(server.folder("ai-images", "4.10.3"), null);
        flip(layout.blob(layout.manifest(layout.images().get(2).digest()).layers().get(0).digest()));
        List<String> wrong = StagedDisk.wrong(StagedDisk.verify(server.root));
        assertEquals(1, wrong.size(), wrong::toString);
        assertTrue(wrong.get(0).endsWith(" and 4 more images"), wrong::toString);
    }

    @Test
    @DisplayName("a layer that is gone")
    void missing() throws IOException {
        Files.delete(ownLayer());
        assertWrong("blobs/sha256/HEX: missing; of " + LAST);
    }

    @Test
    @DisplayName("a manifest that is gone")
    void missingManifest() throws IOException {
        OciLayout layout = OciLayout.at(server.folder("ai-images", "4.10.3"), null);
        Files.delete(layout.blob(layout.images().get(2).digest()));
        List<String> wrong = StagedDisk.wrong(StagedDisk.verify(server.root));
        assertTrue(wrong.get(0).contains("missing, a manifest of quay.io/openshift/ai-images-4.10.3-2@"),
                wrong::toString);
    }

    @Test
    @DisplayName("a manifest that lies about the size of its layer")
    void sizeLie() throws IOException {
        TestImages made = new TestImages(server.folder("ai-images", "4.10.5"), null);
        TestImages.Layer layer = made.layer("layer", 1000);
        TestImages.Layer lie = new TestImages.Layer(layer.digest(), layer.size() + 1, layer.diffId());
        made.add("quay.io/org/lie:1", made.manifest(Manifest.OCI, lie));
        Inventory.update(made.layout, new Inventory.SetOf("ai-images", "4.10.5", "linux/amd64", 1, List.of()),
                made.layout.folder().resolve("images.txt"), List.of(made.layout.index()));
        assertWrong("blobs/sha256/HEX: " + layer.size() + " bytes instead of " + (layer.size() + 1)
                + "; of quay.io/org/lie:1");
    }

    @Test
    @DisplayName("a listed image that the set does not have")
    void missingImage() throws IOException {
        Path list = server.folder("ai-images", "4.10.3").resolve("images.txt");
        Files.writeString(list, Files.readString(list) + "quay.io/org/more:1\n");
        List<String> wrong = StagedDisk.wrong(StagedDisk.verify(server.root));
        assertEquals("images-4.10.3/index.json: lacks quay.io/org/more:1; pull this set again", wrong.get(0));
        assertTrue(wrong.get(1).startsWith("images-4.10.3/images.txt: "), wrong::toString);
    }

    @Test
    @DisplayName("a document that is not what the inventory states")
    void changedDocument() throws IOException {
        Path layout = server.folder("ai-images", "4.10.3").resolve("oci-layout");
        Files.writeString(layout, Files.readString(layout).replace("1.0.0", "1.0.1"));
        assertWrong("images-4.10.3/oci-layout: damaged: its bytes have sha256:HEX; not what inventory.json states");
    }

    @Test
    @DisplayName("an inventory that cannot be read")
    void damagedInventory() throws IOException {
        Files.writeString(server.root.resolve("inventory.json"), "{");
        List<String> wrong = StagedDisk.wrong(StagedDisk.verify(server.root));
        assertTrue(wrong.size() == 1 && wrong.get(0).startsWith("inventory.json: "), wrong::toString);
    }

    @Test
    @DisplayName("a node bundle that nobody entered, and an entered file that is gone")
    void notEntered() throws IOException {
        ObjectNode inventory = (ObjectNode) Json.read(server.root.resolve("inventory.json"));
        ArrayNode files = inventory.withArray("files");
        files.removeIf(f -> f.get("path").asText().equals("node.tar"));
        files.addObject().put("path", "store.sqfs").put("size", 1).put("kind", "store")
                .put("sha256", Digest.of("x".getBytes()).hex());
        Json.write(server.root.resolve("inventory.json"), inventory);
        assertWrong("store.sqfs: missing, and in inventory.json",
                "node.tar: not in inventory.json; verify --sign enters it, or make it again");
    }

    @ParameterizedTest(name = "a secret, {0}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "pull-secret.json       | {}                                   | its name says so",
        "ai/kubeconfig          | clusters: []                         | its name says so",
        "notes.json             | { \"auths\": {\"quay.io\": {}}}      | it has \"auths\": {",
        "server.pem             | -----BEGIN EC PRIVATE KEY-----       | it has -----BEGIN EC PRIVATE KEY-----"})
    void secret(String name, String content, String reason) throws IOException {
        Path file = server.root.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
        assertWrong(name + ": looks like a secret (" + reason + "); remove it");
    }

    @Test
    @DisplayName("no secret is a certificate")
    void certificate() throws IOException {
        Files.writeString(server.root.resolve("ca.pem"), "-----BEGIN CERTIFICATE-----");
        StagedDisk.assertWhole(StagedDisk.verify(server.root));
    }

    @Test
    @DisplayName("a file among the blobs that is none")
    void strayBlob() throws IOException {
        Files.writeString(server.root.resolve("blobs/sha256/notes.txt"), "not a blob");
        assertWrong("blobs/sha256/notes.txt: has no place here; remove it");
    }

    @Nested
    @DisplayName("on a staged disk,")
    class OnDisk {
        private Path disk;

        @BeforeEach
        void stage() throws IOException {
            disk = StagedDisk.of(server, temp, "load").disk();
        }

        private void assertWrong(String... faults) {
            StagedDisk.assertWrong(StagedDisk.verify(disk), faults);
        }

        @Test
        @DisplayName("a truncated layer: its size and its digest")
        void truncated() throws IOException {
            Path layer = disk.resolve("blobs/sha256").resolve(ownLayer().getFileName());
            long size = Files.size(layer);
            truncate(layer);
            StagedDisk.assertWrong(StagedDisk.verify(disk),
                    "blobs/sha256/HEX: " + size / 2 + " bytes instead of " + size + "; of " + LAST,
                    "blobs/sha256/HEX: damaged: its bytes have sha256:HEX; of " + LAST);
        }

        @Test
        @DisplayName("a file that does not belong there")
        void foreign() throws IOException {
            Files.writeString(Files.createDirectory(disk.resolve("tools")).resolve("run.sh"), "#!/bin/sh");
            assertWrong("tools/run.sh: has no place here; remove it");
        }

        @Test
        @DisplayName("a staging that did not end")
        void notStaged() throws IOException {
            Files.delete(disk.resolve("staged.json"));
            assertTrue(StagedDisk.wrong(StagedDisk.verify(disk)).get(0).startsWith("staged.json: missing"));
        }

        @Test
        @DisplayName("a script of node/ that was changed, one that is gone, one that was added")
        void node() throws IOException {
            Files.writeString(disk.resolve("node/bin/verify"), "#!/bin/no");
            Files.delete(disk.resolve("node/lib/v.jar"));
            Files.writeString(disk.resolve("node/bin/more"), "");
            assertWrong("node: bin/verify: not what node.tar has", "node: lib/v.jar: missing",
                    "node: bin/more: not in node.tar");
        }

        @Test
        @DisplayName("a set folder that is gone")
        void missingSet() throws IOException {
            for (String name : List.of("oci-layout", "index.json", "ocp-images.txt")) {
                Files.delete(disk.resolve("ocp-images").resolve(name));
            }
            List<String> wrong = StagedDisk.wrong(StagedDisk.verify(disk));
            assertTrue(wrong.contains("ocp-images/index.json: missing, and in inventory.json"), wrong::toString);
        }
    }
}
