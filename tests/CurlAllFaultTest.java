//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../container-images/curl-all.java
//SOURCES ../lab/WebServer.java
//SOURCES ScriptRun.java
//SOURCES Scripts.java
//SOURCES ServedTree.java
//SOURCES TestDisk.java
//SOURCES TestTar.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import common.cli.Cli;
import common.cli.Proc;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("fault")
@DisplayName("curl-all, when something fails,")
class CurlAllFaultTest {
    @TempDir
    Path temp;
    private Path root;
    private Path disk;
    private ServedTree tree;
    private WebServer nginx;

    @BeforeEach
    void serve() throws IOException {
        root = Files.createDirectory(temp.resolve("container-images"));
        disk = Files.createDirectory(temp.resolve("mnt"));
        tree = ServedTree.small(root);
        nginx = WebServer.start(temp.resolve("nginx"), root);
    }

    @AfterEach
    void stop() {
        nginx.close();
    }

    private String base() {
        return "127.0.0.1:" + nginx.port();
    }

    private ScriptRun stage() {
        return ScriptRun.of(new CurlAll(), base(), disk);
    }

    /** Runs it and brings the fault about when the plan is made and nothing fetched. */
    private ScriptRun stageAnd(Runnable fault) {
        return ScriptRun.watched(line -> {
            if (line.startsWith("Plan:")) {
                fault.run();
            }
        }, new CurlAll(), base(), disk);
    }

    private Path layer(String set) {
        return tree.ownLayer(set, "4.10.3");
    }

    private void assertWhole() throws IOException {
        ScriptRun again = stage();
        assertEquals(Cli.DONE, again.exit(), again::toString);
        Path undisturbed = Files.createDirectory(temp.resolve("undisturbed"));
        assertEquals(Cli.DONE, ScriptRun.of(new CurlAll(), base(), undisturbed).exit());
        assertEquals(ServedTree.staged(undisturbed), ServedTree.staged(disk));
    }

    /** Spoils the server's file, expects the set not to be whole but the other one, repairs it, expects all whole. */
    private void assertRefused(String set, String other, Path file, byte[] spoilt, String reason) throws IOException {
        byte[] good = Files.readAllBytes(file);
        Files.write(file, spoilt);
        ScriptRun run = stage();
        assertEquals(Cli.PARTIAL, run.exit(), run::toString);
        assertTrue(run.err().contains(file.getFileName() + ": ") && run.err().contains(reason), run.err());
        assertFalse(Files.exists(disk.resolve(set + "/index.json")));
        assertTrue(Files.exists(disk.resolve(other + "/index.json")), run::toString);
        assertFalse(Files.exists(disk.resolve("staged.json")) || Files.exists(disk.resolve("inventory.json")));
        ServedTree.assertNothingHalf(disk);
        Files.write(file, good);
        assertWhole();
    }

    private static byte[] flipped(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        return bytes;
    }

    @Test
    @DisplayName("a blob with one wrong bit is refused; the other set is whole")
    void corruptedBlob() throws IOException {
        Path layer = layer("ai-images");
        assertRefused("ai-images", "ocp-images", layer, flipped(layer), "the bytes have sha256:");
    }

    @Test
    @DisplayName("a blob that is too short on the server is refused; the other set is whole")
    void truncatedBlob() throws IOException {
        byte[] half = Arrays.copyOf(Files.readAllBytes(layer("ocp-images")), 20_000);
        assertRefused("ocp-images", "ai-images", layer("ocp-images"), half, "20000");
    }

    @Test
    @DisplayName("a blob that is too long on the server is refused; the other set is whole")
    void longBlob() throws IOException {
        byte[] more = Arrays.copyOf(Files.readAllBytes(layer("ocp-images")), 50_000);
        assertRefused("ocp-images", "ai-images", layer("ocp-images"), more, "more than the stated");
    }

    @Test
    @DisplayName("staged.json does not outlive a run that leaves the folder not whole")
    void stagedJson() throws IOException {
        assertEquals(Cli.DONE, stage().exit());
        Files.delete(disk.resolve("blobs/sha256").resolve(layer("ai-images").getFileName()));
        Files.write(layer("ai-images"), flipped(layer("ai-images")));
        assertEquals(Cli.PARTIAL, stage().exit());
        assertFalse(Files.exists(disk.resolve("staged.json")));
    }

    @Test
    @DisplayName("an index.json that the inventory does not know is refused")
    void foreignIndex() throws IOException {
        Path index = root.resolve("images-4.10.3/index.json");
        assertRefused("ai-images", "ocp-images", index, "{\"manifests\":[]}".getBytes(), "not the bytes");
    }

    @Test
    @DisplayName("without an inventory an index.json that does not parse leaves that set out")
    void brokenIndex() throws IOException {
        tree.withoutInventory();
        Path index = root.resolve("ocp-images-4.10.3/index.json");
        assertRefused("ocp-images", "ai-images", index, "{\"manifests\":".getBytes(), "index.json:1");
    }

    @Test
    @DisplayName("a hostile node.tar is refused, the sets are whole")
    void hostileNodeTar() throws IOException {
        tree.add("node.tar", "node", TestTar.of(TestTar.file("../evil", "x", 0644)));
        ScriptRun run = stage();
        assertEquals(Cli.PARTIAL, run.exit(), run::toString);
        assertTrue(run.err().contains("node.tar is refused"), run.err());
        assertTrue(Files.exists(disk.resolve("ai-images/index.json")));
        assertFalse(Files.exists(disk.resolve("node")) || Files.exists(disk.resolve("evil")));
    }

    @Test
    @DisplayName("a server that goes away is not waited for by every file")
    void serverGone() throws IOException {
        tree.pull("ocp-images", "4.10.3", 40, 2_000);
        long begun = System.nanoTime();
        ScriptRun run = stageAnd(() -> nginx.close());
        assertEquals(Cli.PARTIAL, run.exit(), run::toString);
        assertTrue(run.err().contains("not tried: cannot connect to 127.0.0.1"), run.err());
        assertTrue(System.nanoTime() - begun < 15e9);
        nginx = WebServer.start(temp.resolve("nginx"), root);
        assertWhole();
    }

    @Test
    @DisplayName("a second curl-all into the same folder stops at once")
    void twice() {
        List<Proc.Result> second = new ArrayList<>();
        assertEquals(Cli.DONE, stageAnd(() -> second.add(Scripts.program(CurlAll.class, base(), disk).run())).exit());
        assertTrue(second.get(0).exit() == Cli.FAILED && second.get(0).err().contains("another curl-all"));
    }

    @Test
    @DisplayName("disk full: nothing half-written counts, and with room again the next run goes on")
    void diskFull() throws IOException {
        tree.pull("ai-images", "4.10.3", 4, 8_000_000);
        try (TestDisk xfs = new TestDisk(temp, 400 * TestDisk.MIB).attach()) {
            Proc.of("mkfs.xfs", "-q", xfs.device.toString()).check();
            Proc.of("mount", xfs.device.toString(), disk.toString()).check();
            Path filler = disk.resolve("filler");
            ScriptRun run = stageAnd(() -> Proc.of("fallocate", "--length",
                    String.valueOf(disk.toFile().getUsableSpace() - 12_000_000), filler.toString()).check());
            assertEquals(Cli.FAILED, run.exit(), run::toString);
            assertTrue(run.err().contains("disk full"), run.err());
            ServedTree.assertNothingHalf(disk);
            assertFalse(Files.exists(disk.resolve("ai-images/index.json")));
            Files.delete(filler);
            assertWhole();
        }
    }
}
