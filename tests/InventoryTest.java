//SOURCES ../common/cli/Json.java
//SOURCES ../common/inventory/Inventory.java
//SOURCES ../common/oci/Digest.java
//SOURCES ServedTree.java

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import common.inventory.Inventory;
import common.oci.Digest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("inventory.json")
class InventoryTest {
    @TempDir
    Path root;
    private Path file;

    @BeforeEach
    void tree() throws IOException {
        ServedTree.small(root);
        file = root.resolve(Inventory.FILE);
    }

    private List<Inventory.Entry> entries(String kind) throws IOException {
        return Inventory.parse(Files.readAllBytes(file), "test").files().stream().filter(e -> e.kind().equals(kind))
                .toList();
    }

    private void enter(String bytes) throws IOException {
        Files.writeString(root.resolve("store.sqfs"), bytes);
        Inventory.enter(root, "store.sqfs", "store");
    }

    @Test
    @DisplayName("takes a single file beside what is in it, once")
    void enters() throws IOException {
        int sets = entries("set").size();
        enter("first");
        enter("second");
        assertEquals(List.of(new Inventory.Entry("store.sqfs", "store.sqfs", null, 6, Digest.of("second".getBytes()),
                "store")), entries("store"));
        assertEquals(sets, entries("set").size());
    }

    @Test
    @DisplayName("keeps the entry at the next pull, until the file is gone")
    void pullKeeps() throws IOException {
        enter("store");
        new ServedTree(root).pull("ai-images", "4.10.3", 2, 1000);
        assertEquals(1, entries("store").size());
        Files.delete(root.resolve("store.sqfs"));
        new ServedTree(root).pull("ai-images", "4.10.3", 3, 1000);
        assertEquals(0, entries("store").size());
    }

    @Test
    @DisplayName("is not written when nothing changes; what changes it removes its signature")
    void signature() throws IOException {
        enter("store");
        Path signature = Files.writeString(root.resolve(Inventory.SIGNATURE), "of this one");
        Files.setLastModifiedTime(file, FileTime.fromMillis(0));
        byte[] before = Files.readAllBytes(file);
        enter("store");
        assertArrayEquals(before, Files.readAllBytes(file));
        assertEquals(0, Files.getLastModifiedTime(file).toMillis());
        assertTrue(Files.exists(signature));
        enter("another");
        assertTrue(Files.notExists(signature));
    }

    @Test
    @DisplayName("keeps the set of a pull that ended while a large file was being hashed")
    void meanwhile() throws Exception {
        Path store = root.resolve("store.sqfs");
        try (RandomAccessFile large = new RandomAccessFile(store.toFile(), "rw")) {
            large.setLength(1L << 30);
        }
        CompletableFuture<Void> entering = CompletableFuture.runAsync(() -> {
            try {
                Inventory.enter(root, "store.sqfs", "store");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        Thread.sleep(100);
        new ServedTree(root).pull("ai-images", "4.10.9", 1, 1000);
        assertFalse(entering.isDone(), "the file was hashed too soon for this test");
        entering.get(2, TimeUnit.MINUTES);
        assertEquals(1, entries("store").size());
        assertTrue(entries("set").stream().anyMatch(e -> "4.10.9".equals(e.release())), "the pull's set is gone");
    }
}
