//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/inventory/Inventory.java
//SOURCES ../container-images/build-store.java
//SOURCES ScriptRun.java
//SOURCES ServedTree.java
//SOURCES StagedDisk.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import common.cli.Cli;
import common.cli.Proc;
import common.inventory.Inventory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("fault")
@DisplayName("verify, of a packed image store,")
class VerifyStoreTest {
    @TempDir
    Path temp;
    private ServedTree server;
    private Path store;

    @BeforeEach
    void serve() throws IOException {
        server = StagedDisk.server(temp);
        store = server.root.resolve("store.sqfs");
    }

    private void build(Object... more) {
        ScriptRun run = ScriptRun.of(new BuildStore(),
                Stream.concat(Stream.of(server.root), Stream.of(more)).toArray());
        assertEquals(Cli.DONE, run.exit(), run::toString);
    }

    @Test
    @DisplayName("finds every listed name, on the server and on a disk that has the store alone")
    void whole() throws IOException {
        build();
        ScriptRun atFactory = StagedDisk.assertWhole(StagedDisk.verify(server.root, "--deep"));
        assertTrue(atFactory.out().contains("store.sqfs: mounts; all 2 names of ocp-images-4.10.3 answer"),
                atFactory.out());
        Path disk = StagedDisk.of(server, temp, "store").disk();
        ScriptRun onSite = StagedDisk.assertWhole(StagedDisk.verify(disk));
        assertTrue(onSite.out().contains("store.sqfs: mounts; all 3 names of ai-images answer"), onSite.out());
        assertTrue(onSite.out().contains("not staged: blob\n"), onSite.out());
    }

    @Test
    @DisplayName("of an image that is marked !whole wants its blobs; build-store has left it out")
    void pulledWhole() throws IOException {
        server.mark("ocp-images", "4.10.3", 1);
        build();
        String names = Proc.of("unsquashfs", "-cat", store.toString(), "names.txt").check();
        assertTrue(names.contains("ocp-images-4.10.3-0@") && !names.contains("ocp-images-4.10.3-1@"), names);
        Path disk = StagedDisk.of(server, temp, "store").disk();
        ScriptRun run = StagedDisk.assertWhole(StagedDisk.verify(disk));
        assertTrue(run.out().contains("store.sqfs: mounts; all 1 names of ocp-images answer"), run.out());
        Path layer = server.ownLayer("ocp-images", "4.10.3");
        Files.delete(disk.resolve("blobs/sha256").resolve(layer.getFileName()));
        assertTrue(StagedDisk.wrong(StagedDisk.verify(disk)).toString().contains("missing; of quay.io/openshift/ocp-images-4.10.3-1"));
    }

    @Test
    @DisplayName("misses a set that is nowhere else, and only says so where its images are beside the store")
    void lacks() throws IOException {
        build("--set", "ai");
        ScriptRun atFactory = StagedDisk.assertWhole(StagedDisk.verify(server.root));
        assertTrue(atFactory.out().contains("store.sqfs: has none of ocp-images-4.10.3"), atFactory.out());
        StagedDisk.assertWrong(StagedDisk.verify(StagedDisk.of(server, temp, "store").disk()),
                "store.sqfs: lacks quay.io/openshift/ocp-images-4.10.3-0@sha256:HEX of ocp-images",
                "store.sqfs: lacks quay.io/openshift/ocp-images-4.10.3-1@sha256:HEX of ocp-images");
    }

    @Test
    @DisplayName("sees that it was cut, by its size, and does not mount what is not as entered")
    void truncated() throws IOException {
        build();
        cut();
        List<String> wrong = StagedDisk.wrong(StagedDisk.verify(server.root));
        assertTrue(wrong.size() == 1 && wrong.get(0).matches("store.sqfs: \\d+ bytes instead of the \\d+ in .*"),
                wrong::toString);
    }

    @Test
    @DisplayName("does not sign it when it was damaged before it was entered")
    void damagedBefore() throws IOException {
        build();
        cut();
        Inventory.enter(server.root, "store.sqfs", "store");
        List<String> wrong = StagedDisk.wrong(StagedDisk.verify(server.root));
        assertTrue(wrong.size() == 1 && wrong.get(0).startsWith("store.sqfs: does not mount"), wrong::toString);
    }

    private void cut() throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(store.toFile(), "rw")) {
            file.setLength(file.length() / 2);
        }
    }
}
