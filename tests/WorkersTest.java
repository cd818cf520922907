//SOURCES ../common/cli/AtomicFile.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Parallel.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/oci/Manifest.java
//SOURCES ../container-images/images-4.10.3/extract-initial-4.10.3.java
//SOURCES ImageStore.java
//SOURCES TestImages.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import common.cli.AtomicFile;
import common.cli.Cli;
import common.cli.Parallel;
import common.cli.Proc;
import common.oci.Manifest;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("fault")
@Timeout(120)
@DisplayName("Whatever is thrown on a worker, the run ends and says why:")
class WorkersTest {
    @TempDir
    Path folder;

    @ParameterizedTest(name = "when {0} folders can be made in TMPDIR")
    @ValueSource(ints = {1, 2, 3, 4, 5})
    @DisplayName("the loader, images that share a layer, two at once,")
    void loader(int folders) throws IOException {
        TestImages set = new TestImages(folder.resolve("set"), null);
        TestImages.Layer base = set.layer("base", 5_000);
        for (int i = 0; i < 3; i++) {
            set.add("quay.io/org/a:" + i, set.manifest(Manifest.OCI, base, set.layer("own" + i, 100)));
        }
        Path small = Files.createDirectory(folder.resolve("small"));
        Proc.of("mount", "-t", "tmpfs", "-o", "nr_inodes=" + (folders + 1), "tmpfs", small.toString()).check();
        try (ImageStore store = new ImageStore(folder.resolve("store"))) {
            Proc extract = store.on(Proc.of(ImageStore.argv(ExtractInitial4103.class, "--folder",
                    set.layout.folder().toString(), "--jobs", "2", "--retries", "0")));
            Proc.Result result = extract.env("TMPDIR", small.toString()).timeout(Duration.ofSeconds(60)).run();
            assertNotEquals(Cli.DONE, result.exit(), result.err());
            assertTrue(result.err().contains("No space left") || result.err().contains("no space left")
                    || result.err().contains("disk full"), result.err());
        } finally {
            Proc.of("umount", small.toString()).check();
        }
    }

    @Test
    @DisplayName("one item's exception of a kind that nobody expected is that item's, and the others are worked on")
    void unexpected() throws IOException {
        List<Integer> done = new ArrayList<>();
        List<String> failed = new ArrayList<>();
        Parallel.run(2, List.of(1, 2, 3, 4), i -> {
            if (i == 2) {
                throw new IllegalArgumentException("odd");
            } else if (i == 3) {
                throw new UncheckedIOException(new IOException("unreadable"));
            }
            return i;
        }, (i, r) -> done.add(r), (i, e) -> failed.add(i + ": " + Cli.describe(e)));
        assertEquals(List.of(1, 4), done.stream().sorted().toList());
        assertEquals(List.of("2: IllegalArgumentException: odd", "3: unreadable"), failed.stream().sorted().toList());
    }

    @Test
    @DisplayName("a fault of our own disk stops all, also wrapped; an Error, too, with its name")
    void all() {
        assertThrows(FileSystemException.class, () -> Parallel.run(1, List.of(1), i -> {
            throw new UncheckedIOException(new FileSystemException("/disk", null, "No space left on device"));
        }, (i, r) -> { }, (i, e) -> { }));
        Exception error = assertThrows(IllegalStateException.class, () -> Parallel.run(1, List.of(1), i -> {
            throw new OutOfMemoryError("heap");
        }, (i, r) -> { }, (i, e) -> { }));
        assertTrue(error.getMessage().contains("OutOfMemoryError: heap"), error.getMessage());
    }

    @Test
    @DisplayName("a fault of our own disk is told with the file's name")
    void named() throws IOException {
        Path full = Path.of("/dev/full");
        try (FileChannel channel = FileChannel.open(full, StandardOpenOption.WRITE)) {
            FileSystemException e = assertThrows(FileSystemException.class, () -> AtomicFile.writeAll(full, channel, new byte[1]));
            assertEquals("disk full: /dev/full: No space left on device; free some space and run the same command again",
                    Cli.describe(e));
        }
    }

    @Test
    @DisplayName("a program that does not read its stdin keeps its exit code and its reason; one that hangs is ended")
    void stdin() throws IOException {
        String large = "x".repeat(1 << 20);
        Proc.Result result = Proc.of("bash", "-c", "echo said; echo why >&2; exit 7").stdin(large).run();
        assertEquals(new Proc.Result(7, "said\n", "why\n"), result);
        assertEquals("all is well\n", Proc.of("echo", "all is well").stdin(large).check());
        Cli.Failure hangs = assertThrows(Cli.Failure.class,
                () -> Proc.of("sleep", "100").stdin(large).timeout(Duration.ofSeconds(2)).run());
        assertTrue(hangs.getMessage().contains("no end after 2 s"), hangs.getMessage());
        Path file = Files.writeString(folder.resolve("stdin"), "from the file");
        assertEquals("from the file", Proc.of("cat").stdin(file).within("env").check());
    }

    @Test
    @DisplayName("a program that cannot be started is a failure with its name")
    void fork() {
        Cli.Failure failure = assertThrows(Cli.Failure.class, () -> Proc.of("true").in(folder.resolve("none")).run());
        assertTrue(failure.getMessage().startsWith("cannot run true: "), failure.getMessage());
    }
}
