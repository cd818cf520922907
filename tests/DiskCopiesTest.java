//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/disk/BlockDevice.java
//SOURCES OfflineLab.java
//SOURCES ScriptRun.java
//SOURCES TestDisk.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

import common.cli.Cli;
import common.cli.Proc;
import common.disk.BlockDevice;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("create-vm --offline --copy-to")
class DiskCopiesTest {
    @TempDir
    static Path folder;
    private static OfflineLab lab;
    private static Path source;

    @TempDir
    Path own;

    @BeforeAll
    static void stage() throws IOException {
        lab = new OfflineLab(folder);
        source = lab.folder.resolve("source.raw");
        lab.assertStages(source, lab.stage(source));
    }

    @AfterAll
    static void stop() {
        lab.close();
    }

    /** Copies from the disk that is staged, with no server. */
    private static ScriptRun copy(Object... more) {
        Object[] args = new Object[more.length + 1];
        args[0] = "--copy-to";
        System.arraycopy(more, 0, args, 1, more.length);
        return OfflineLab.run(lab.offline(source, args));
    }

    private static void assertRefused(ScriptRun run, TestDisk disk, String before, String reason) {
        assertEquals(before + Cli.FAILED, disk.digest() + run.exit(), run::toString);
        assertTrue(run.err().contains(reason) && run.err().lines().count() == 1, run.err());
    }

    @Test
    @DisplayName("makes a raw file, a qcow2 image and a block device at once, each with a UUID of its own")
    void copies() throws IOException {
        Path raw = own.resolve("b.raw");
        Path qcow2 = own.resolve("c.qcow2");
        try (TestDisk disk = new TestDisk(own, 2 * OfflineLab.GIB).attach()) {
            ScriptRun run = copy(raw, qcow2, disk.device);
            assertEquals(Cli.DONE, run.exit(), run::toString);
            for (Path copy : new Path[] {raw, qcow2, disk.device}) {
                lab.assertStaged(copy);
            }
            assertNotEquals(uuid(source), uuid(raw));
        }
    }

    private static String uuid(Path disk) {
        BlockDevice device = BlockDevice.of(disk);
        return Proc.of("blkid", "--probe", "--offset", "" + device.offset(device.partitions().get(0)), "--match-tag",
                "UUID", "--output", "value", disk.toString()).check();
    }

    @Test
    @DisplayName("stages and copies in one run")
    void stageAndCopy() throws IOException {
        Path first = lab.folder.resolve("first.qcow2");
        ScriptRun run = OfflineLab.run(lab.stage(first, "--copy-to", own.resolve("second.raw")));
        assertEquals(Cli.DONE, run.exit(), run::toString);
        lab.assertStaged(own.resolve("second.raw"));
        lab.assertStaged(first);
    }

    @Test
    @DisplayName("leaves a disk alone that is a copy already")
    void again() throws IOException {
        Path raw = own.resolve("b.raw");
        copy(raw);
        String uuid = uuid(raw);
        ScriptRun run = copy(raw);
        assertEquals(Cli.DONE + uuid, run.exit() + uuid(raw), run::toString);
    }

    @Test
    @DisplayName("does an interrupted copy again")
    void interrupted() throws IOException {
        TestDisk disk = new TestDisk(own, OfflineLab.GIB);
        copy(disk.file);
        disk.write(dataOffset(disk) + 126, new byte[] {1}); // what xfs_copy leaves when it is killed
        assertEquals(Cli.DONE, copy(disk.file).exit());
        lab.assertStaged(disk.file);
    }

    @Test
    @DisplayName("does a copy again in which a byte has changed")
    void damaged() throws IOException {
        TestDisk disk = new TestDisk(own, OfflineLab.GIB);
        copy(disk.file);
        Path blob = Path.of("blobs/sha256", lab.served.ownLayer("ocp-images", "4.10.3").getFileName().toString());
        change(disk, blob, bytes -> bytes[100] ^= 1);
        assertEquals(Cli.DONE, copy(disk.file).exit());
        lab.assertStaged(disk.file);
    }

    private void change(TestDisk disk, Path file, Consumer<byte[]> change) throws IOException {
        Path mount = Files.createDirectory(own.resolve("mount"));
        Proc.of("mount", "-o", "loop,offset=" + dataOffset(disk), disk.file.toString(), mount.toString()).check();
        try {
            byte[] bytes = Files.readAllBytes(mount.resolve(file));
            change.accept(bytes);
            Files.write(mount.resolve(file), bytes);
        } finally {
            Proc.of("umount", mount.toString()).check();
        }
    }

    private static long dataOffset(TestDisk disk) {
        BlockDevice device = BlockDevice.of(disk.file);
        return device.offset(device.partitions().get(0));
    }

    @Test
    @Tag("fault")
    @DisplayName("refuses a disk with a file system, before any disk is written; --force overwrites it")
    void foreign() throws IOException {
        TestDisk disk = new TestDisk(own, OfflineLab.GIB);
        Proc.of("mkfs.xfs", "-q", disk.file.toString()).check();
        String before = disk.digest();
        ScriptRun run = copy(own.resolve("b.raw"), disk.file);
        assertRefused(run, disk, before, "it holds xfs; --force overwrites that; nothing was written");
        assertFalse(Files.exists(own.resolve("b.raw")));
        assertEquals(Cli.DONE, copy(disk.file, "--force").exit());
        lab.assertStaged(disk.file);
    }

    @Test
    @Tag("fault")
    @DisplayName("refuses a disk that has another staging")
    void otherStaging() throws IOException {
        TestDisk disk = new TestDisk(own, OfflineLab.GIB);
        copy(disk.file);
        change(disk, Path.of("inventory.json"), bytes -> bytes[0] = ' ');
        String before = disk.digest();
        assertRefused(copy(disk.file), disk, before, "its partition data holds something else; --force overwrites");
    }

    @Test
    @Tag("fault")
    @DisplayName("refuses a disk that is in use")
    void inUse() throws IOException {
        try (TestDisk disk = new TestDisk(own, OfflineLab.GIB).gpt("size=500MiB, name=\"other\"").attach()) {
            Proc.of("partx", "--add", disk.device.toString()).check();
            Proc.of("mkfs.ext4", "-q", disk.node(1).toString()).check();
            Path mount = Files.createDirectory(own.resolve("mnt"));
            Proc.of("mount", disk.node(1).toString(), mount.toString()).check();
            ScriptRun run = copy(disk.device);
            assertTrue(run.exit() == Cli.FAILED && run.err().contains("is mounted on " + mount), run::toString);
        }
    }

    @Test
    @Tag("fault")
    @DisplayName("refuses a disk that is too small")
    void tooSmall() throws IOException {
        TestDisk disk = new TestDisk(own, 350 << 20);
        ScriptRun run = copy(disk.file);
        assertTrue(run.exit() == Cli.FAILED && run.err().endsWith("nothing was written\n"), run::toString);
    }

    @Test
    @Tag("fault")
    @DisplayName("a disk that fails while it is written is named, the other copies are whole")
    void failingDisk() throws IOException {
        Path small = Files.createDirectory(own.resolve("small"));
        Proc.of("mount", "-t", "tmpfs", "-o", "size=40M", "tmpfs", small.toString()).check();
        try (TestDisk disk = new TestDisk(small, OfflineLab.GIB).attach()) { // its sectors run out
            ScriptRun run = copy(disk.device, own.resolve("b.raw"), "--json");
            assertAll(() -> assertEquals(Cli.PARTIAL, run.exit(), run::toString),
                    () -> assertTrue(run.out().contains("\"failed\" : {\n    \"" + disk.device), run::toString));
            lab.assertStaged(own.resolve("b.raw"));
        } finally {
            Proc.of("umount", small.toString()).check();
        }
    }

    @Test
    @DisplayName("refuses a disk whose sectors are larger than the source's: the node could not mount the copy")
    void largerSectors() throws IOException {
        try (TestDisk disk = new TestDisk(own, OfflineLab.GIB).attach("--sector-size", "4096")) {
            String before = disk.digest();
            assertRefused(copy(disk.device), disk, before, "has sectors of 4096 bytes, the source of 512");
        }
    }

    @Test
    @DisplayName("refuses a disk that has the source byte for byte, and with it a table for other sectors")
    void tableForOtherSectors() throws IOException {
        TestDisk disk = new TestDisk(own, OfflineLab.GIB);
        Proc.of("cp", "--sparse=always", source.toString(), disk.file.toString()).check();
        try (TestDisk attached = disk.attach("--sector-size", "4096")) {
            String before = attached.digest();
            assertRefused(copy(attached.device), attached, before, "made for another sector size?");
            assertRefused(OfflineLab.run(lab.stage(attached.device)), attached, before, "made for another sector size?");
            lab.assertStages(attached.device, lab.stage(attached.device, "--force"));
        }
    }

    @Test
    @DisplayName("makes the table anew where the source has larger sectors")
    void smallerSectors() throws IOException {
        Path copy = own.resolve("copy.raw");
        try (TestDisk large = new TestDisk(own, OfflineLab.GIB).attach("--sector-size", "4096")) {
            lab.assertStages(large.device, lab.stage(large.device));
            ScriptRun run = OfflineLab.run(lab.offline(large.device, "--copy-to", copy));
            assertEquals(Cli.DONE, run.exit(), run::toString);
            assertEquals(512, BlockDevice.of(copy).sectorSize());
        }
        lab.assertStaged(copy);
    }
}
