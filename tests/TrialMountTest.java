//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/disk/BlockDevice.java
//SOURCES ../common/disk/TrialMount.java
//SOURCES ../create-gpt-partition.java
//SOURCES ScriptRun.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

import common.cli.Cli;
import common.cli.Proc;
import common.disk.BlockDevice;
import common.disk.TrialMount;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a real partition of a loop device. */
@DisplayName("A trial mount")
class TrialMountTest {
    @TempDir
    Path folder;
    private String loop;
    private Path mount;
    private BlockDevice disk;

    @BeforeEach
    void partition() throws IOException {
        Path raw = folder.resolve("disk");
        try (RandomAccessFile file = new RandomAccessFile(raw.toFile(), "rw")) {
            file.setLength(400 << 20);
        }
        mount = Files.createDirectory(folder.resolve("mount"));
        loop = Proc.of("losetup", "--find", "--show", raw.toString()).check().strip();
        ScriptRun run = ScriptRun.of(new CreateGptPartition(), "--device", loop, "--start-sector", 2048, "--label", "trial",
                "--mount", mount);
        assertEquals(0, run.exit(), run::toString);
        disk = BlockDevice.of(Path.of(loop));
        Files.writeString(mount.resolve("file"), "content");
    }

    @AfterEach
    void detach() {
        Proc.of("umount", "--quiet", mount.toString()).run();
        Proc.of("partx", "--delete", loop).run();
        Proc.of("losetup", "--detach", loop).check();
    }

    private TrialMount trial() {
        return TrialMount.of(disk, disk.partitions().get(0));
    }

    @Test
    @DisplayName("of a partition that was unmounted: passes, and leaves nothing on the disk")
    void clean() throws IOException {
        Proc.of("umount", mount.toString()).check();
        trial().run();
        assertEquals(List.of(), disk.uses());
    }

    @Test
    @DisplayName("sees what was written to the partition, not what the kernel remembers of the disk")
    void cached() throws IOException {
        Proc.of("umount", mount.toString()).check();
        Path node = disk.node(1);
        try (FileChannel held = FileChannel.open(Path.of(loop))) { // who holds the disk open, keeps its cache
            Proc.of("xfs_io", "-r", "-c", "pread -q 0 400m", loop).check();
            Proc.of("mkfs.xfs", "-f", "-q", node.toString()).check();
            Proc.of("dd", "if=/dev/zero", "of=" + node, "bs=64k", "count=1", "conv=fsync", "status=none").check();
            assertThrows(Cli.Failure.class, () -> trial().run());
            assertTrue(held.isOpen());
        }
    }

    @Test
    @DisplayName("of one whose log was not written back: fails with the disk and the reason, and leaves nothing on the disk")
    void dirtyLog() {
        Proc.of("xfs_io", "-x", "-c", "shutdown -f", mount.toString()).check();
        Proc.of("umount", mount.toString()).check();
        Cli.Failure failure = assertThrows(Cli.Failure.class, () -> trial().run());
        assertAll(() -> assertTrue(failure.getMessage().startsWith(loop + ": the node could not mount the partition: mount: "),
                failure.getMessage()), () -> assertEquals(List.of(), disk.uses()));
    }

    @Test
    @DisplayName("of a mounted one: once it is mounted read-only, at the partition's place")
    void mounted() throws IOException {
        Cli.Failure failure = assertThrows(Cli.Failure.class, () -> TrialMount.mountedOn(mount));
        assertEquals("mounted to be written to: mount -o remount,ro " + mount + ", then again", failure.getMessage());
        Proc.of("mount", "-o", "remount,ro", mount.toString()).check();
        TrialMount trial = TrialMount.mountedOn(mount).orElseThrow();
        assertEquals(trial(), trial);
        trial.run();
    }

    @Test
    @DisplayName("of a folder that is no mount point: there is none")
    void noMount() throws IOException {
        assertEquals(Optional.empty(), TrialMount.mountedOn(Files.createDirectory(folder.resolve("plain"))));
    }
}
