//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/disk/BlockDevice.java
//SOURCES ../create-gpt-partition.java
//SOURCES ScriptRun.java
//SOURCES TestDisk.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Json;
import common.cli.Proc;
import common.disk.BlockDevice;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("partition")
@DisplayName("create-gpt-partition")
class CreateGptPartitionTest {
    private static final long GIB = 1024 * TestDisk.MIB;
    /** The type of Linux file systems, which sgdisk gives too. */
    private static final String LINUX = "0FC63DAF-8483-4772-8E79-3D69D8477DE4";
    /** Where a partition of a 1 GiB disk ends: the last MiB holds the second table. */
    private static final long END = 2095104;

    @TempDir
    Path folder;
    private Path mount;
    private TestDisk disk;

    @BeforeEach
    void sparseDisk() throws IOException {
        disk = new TestDisk(folder, GIB);
        mount = folder.toRealPath().resolve("mount");
    }

    @AfterEach
    void nothingStaysAttached() throws IOException {
        disk.close();
    }

    private ScriptRun create(Object... more) {
        Object[] args = new Object[more.length + 2];
        args[0] = "--device";
        args[1] = disk.device;
        System.arraycopy(more, 0, args, 2, more.length);
        return ScriptRun.of(new CreateGptPartition(), args);
    }

    /** A line of the table as it should be; the end is exclusive. */
    private static String partition(int number, long start, long end, String name) {
        return number + ":start=" + start + ",size=" + (end - start) + ",type=" + LINUX + ",name=\"" + name + "\"";
    }

    private static void ok(ScriptRun result) {
        assertEquals(0, result.exit(), result.toString());
    }

    @Test
    @DisplayName("by default makes the original's partition of a 120 GiB disk, and mounts XFS")
    void original() throws IOException {
        disk.grow(120 * GIB);
        disk.attach();
        ok(create("--mount", mount));
        long lastMib = 120 * GIB / 512 - 2048; // the one before the end holds the second table
        assertAll(() -> assertEquals(List.of(partition(1, 119998464, lastMib, "data")), disk.table()),
                () -> assertEquals("xfs", TestDisk.mountedOn(mount)));
    }

    @Test
    @DisplayName("says that it moved the start down to a multiple of 2048, and the partition and its size")
    void says() {
        disk.attach();
        ScriptRun result = create("--start-sector", 5000, "--mount", mount);
        assertEquals("start sector 5000 moved down to 4096, a multiple of 2048\ncreated: " + disk.node(1)
                + " \"data\", 1021.0 MiB XFS at byte 2097152 of 1.0 GiB, mounted on " + mount + "\n", result.out());
    }

    @ParameterizedTest(name = "--size {0} counts from the end of the disk")
    @CsvSource({"500MiB, 1071104", "0.5GiB, 1046528", "525MB, 1069056"})
    void size(String size, long start) {
        ok(create("--size", size, "--no-mount"));
        assertEquals(List.of(partition(1, start, END, "data")), disk.table());
    }

    @Test
    @DisplayName("works on a regular file, and umount leaves no loop device")
    void regularFile() {
        ok(create("--start-sector", 2048, "--mount", mount));
        assertEquals("xfs", TestDisk.mountedOn(mount));
        Proc.of("umount", mount.toString()).check();
        assertEquals(List.of(), disk.loops());
    }

    @Test
    @DisplayName("works on a file with blanks and quotes in its path")
    void oddPath() throws IOException {
        TestDisk odd = new TestDisk(Files.createDirectory(folder.resolve("it's a 'disk' 1")), GIB);
        try (odd) {
            ok(ScriptRun.of(new CreateGptPartition(), "--device", odd.file, "--size", "400MiB", "--mount", mount));
            assertEquals("xfs", TestDisk.mountedOn(mount));
        }
    }

    @Test
    @DisplayName("--no-mount formats a file and leaves no loop device")
    void notMounted() {
        ok(create("--start-sector", 4096, "--no-mount", "--label", "other"));
        assertAll(() -> assertEquals("xfs", disk.typeAt(4096 * 512)),
                () -> assertEquals(List.of(partition(1, 4096, END, "other")), disk.table()),
                () -> assertEquals(List.of(), disk.loops()));
    }

    @ParameterizedTest(name = "adds to a GPT and touches no other partition (loop device: {0})")
    @ValueSource(booleans = {true, false})
    void appends(boolean attach) throws IOException {
        if (attach) {
            disk.attach();
        }
        disk.gpt("start=2048, size=204800, name=boot, type=uefi", "start=206848, size=409600, name=root");
        List<String> before = disk.table();
        byte[] content = new byte[(int) (300 * TestDisk.MIB)];
        new Random(1).nextBytes(content);
        disk.write(TestDisk.MIB, content);
        ok(create("--start-sector", 616448, "--mount", mount));
        assertAll(() -> assertEquals(before, disk.table().subList(0, 2)),
                () -> assertEquals(partition(3, 616448, END, "data"), disk.table().get(2)),
                () -> assertArrayEquals(content, disk.read(TestDisk.MIB, content.length)));
    }

    @Test
    @DisplayName("takes the first free number of a GPT")
    void gap() {
        disk.gpt("start=2048, size=2048", "start=4096, size=2048", "start=6144, size=2048");
        Proc.of("sfdisk", "--delete", disk.file.toString(), "2").check();
        ok(create("--start-sector", 8192, "--no-mount"));
        assertEquals(partition(2, 8192, END, "data"), disk.table().get(1));
    }

    @Test
    @DisplayName("uses the new end of a disk that grew after it got its GPT")
    void grown() throws IOException {
        disk.gpt("start=2048, size=2048");
        disk.grow(2 * GIB);
        ok(create("--size", "1.5GiB", "--no-mount"));
        assertEquals(partition(2, 1046528, 4192256, "data"), disk.table().get(1));
    }

    @Test
    @DisplayName("aligns to 1 MiB on a disk with 4096-byte sectors")
    void bigSectors() {
        disk.attach("--sector-size", "4096");
        ok(create("--start-sector", 1000, "--mount", mount));
        assertAll(() -> assertEquals(List.of(partition(1, 768, 261888, "data")), disk.table()),
                () -> assertEquals("xfs", TestDisk.mountedOn(mount)));
    }

    @Test
    @DisplayName("run again while mounted: success, nothing done")
    void again() throws IOException {
        ok(create("--start-sector", 2048, "--mount", mount));
        Files.writeString(mount.resolve("kept"), "x");
        List<String> loops = disk.loops();
        ScriptRun result = create("--start-sector", 2048, "--mount", mount);
        assertAll(() -> ok(result),
                () -> assertTrue(result.out().startsWith("already there and mounted"), result.out()),
                () -> assertEquals("x", Files.readString(mount.resolve("kept"))),
                () -> assertEquals(loops, disk.loops()));
    }

    @ParameterizedTest(name = "reuses a partition with the label and XFS, whatever its place (loop device: {0})")
    @ValueSource(booleans = {true, false})
    void reuses(boolean attach) throws IOException {
        if (attach) {
            disk.attach();
        }
        ok(create("--start-sector", 2048, "--mount", mount));
        Files.writeString(mount.resolve("kept"), "x");
        Proc.of("umount", mount.toString()).check();
        List<String> before = disk.table();
        ScriptRun result = create("--size", "400MiB", "--mount", mount);
        assertAll(() -> assertTrue(result.out().startsWith("reused"), result.toString()),
                () -> assertEquals("x", Files.readString(mount.resolve("kept"))),
                () -> assertEquals(before, disk.table()));
    }

    @Test
    @DisplayName("formats a partition with the label that an interrupted run left blank")
    void resumes() {
        disk.gpt("start=2048, size=1024000, name=data");
        ok(create("--no-mount"));
        assertEquals("xfs", disk.typeAt(TestDisk.MIB));
    }

    @Test
    @DisplayName("is not stopped by an old signature in free space")
    void oldSignature() {
        disk.gpt("start=2048, size=1024000, name=old");
        String loop = disk.attach("--offset", "1048576").device.toString();
        Proc.of("mkswap", loop).check();
        Proc.of("losetup", "--detach", loop).check();
        disk.device = disk.file;
        Proc.of("sfdisk", "--delete", disk.file.toString(), "1").check();
        ok(create("--start-sector", 2048, "--no-mount"));
        assertEquals("xfs", disk.typeAt(TestDisk.MIB));
    }

    @ParameterizedTest(name = "--dry-run writes nothing, and its commands in a shell do the same (loop device: {0})")
    @ValueSource(booleans = {true, false})
    void dryRun(boolean attach) throws IOException {
        if (attach) {
            disk.attach();
        }
        String before = disk.digest();
        ScriptRun dry = create("--start-sector", 5000, "--mount", mount, "--dry-run");
        assertEquals(before, disk.digest());
        Proc.of("sh", "-ec", dry.out()).check();
        assertAll(() -> assertEquals(List.of(partition(1, 4096, END, "data")), disk.table()),
                () -> assertEquals("xfs", TestDisk.mountedOn(mount)),
                () -> assertTrue(create("--mount", mount).out().startsWith("already there and mounted")));
    }

    @Test
    @DisplayName("--dry-run prints the commands that a run then executes")
    void dryRunTellsTheTruth() {
        List<String> dry = create("--size", "400MiB", "--mount", mount, "--dry-run").out().lines()
                .filter(line -> !line.startsWith("#"))
                .map(line -> line.replaceFirst("^echo .* \\| ", "").replaceFirst("^loop=\\$\\((.*)\\)$", "$1"))
                .toList();
        String ran = create("--size", "400MiB", "--mount", mount, "--verbose").err();
        String loop = disk.loops().get(0);
        assertEquals(dry, ran.lines().map(line -> line.replace(loop, "\"$loop\"").substring(2))
                .dropWhile(line -> !line.startsWith("sfdisk --wipe"))
                .filter(line -> !line.startsWith("sfdisk --json")).toList()); // that reads back
    }

    @Test
    @DisplayName("--json describes the partition, also for a mount by offset")
    void json() {
        ScriptRun result = create("--start-sector", 4096, "--mount", mount, "--json");
        JsonNode json = Json.parse(result.out().getBytes(StandardCharsets.UTF_8), "stdout");
        assertAll(() -> assertEquals("create", json.path("action").asText()),
                () -> assertEquals(4096 * 512, json.path("offset").asLong()),
                () -> assertEquals(2091008L * 512, json.path("bytes").asLong()),
                () -> assertEquals(disk.loops(), List.of(json.path("partition").asText())));
    }

    @ParameterizedTest(name = "--force replaces what is on the disk: {0}")
    @ValueSource(strings = {"mkfs.xfs $0", "mkswap $0", "echo start=2048 | sfdisk --label dos $0"})
    void force(String maker) {
        Proc.of("sh", "-c", maker, disk.file.toString()).check();
        ok(create("--start-sector", 2048, "--no-mount", "--force"));
        assertAll(() -> assertEquals("xfs", disk.typeAt(TestDisk.MIB)),
                () -> assertEquals("", disk.typeAt(0)),
                () -> assertEquals(List.of(partition(1, 2048, END, "data")), disk.table()));
    }

    @Test
    @DisplayName("--force replaces another file system in the partition with the label")
    void forceInPartition() {
        disk.attach().gpt("start=2048, size=1024000, name=data");
        Proc.of("mkswap", disk.node(1).toString()).check();
        ok(create("--mount", mount, "--force"));
        assertEquals("xfs", TestDisk.mountedOn(mount));
    }

    @Test
    @DisplayName("lets go of the loop device when the mount fails")
    void brokenFileSystem() throws IOException {
        ok(create("--start-sector", 2048, "--no-mount"));
        disk.write(TestDisk.MIB + 512, new byte[200 << 10]); // the headers behind the superblock
        assertEquals(1, create("--mount", mount).exit());
        assertEquals(List.of(), disk.loops());
    }

    @ParameterizedTest(name = "the first partition of {0} is {1}")
    @CsvSource({"/dev/vdb, /dev/vdb1", "/dev/nvme0n1, /dev/nvme0n1p1", "/dev/loop7, /dev/loop7p1"})
    void nodes(Path device, Path node) {
        assertEquals(node, new BlockDevice(device, false, 512, GIB).node(1));
    }

    private long features(String field) throws IOException {
        long start = 512 * Long.parseLong(disk.table().get(0).replaceFirst(".*start=(\\d+),.*", "$1"));
        Path copy = folder.resolve("partition");
        Proc.of("dd", "status=none", "if=" + disk.file, "of=" + copy, "bs=1M", "iflag=skip_bytes", "skip=" + start,
                "conv=sparse").check();
        String printed = Proc.of("xfs_db", "-r", "-c", "sb 0", "-c", "print " + field, copy.toString()).check();
        return Long.decode(printed.strip().replaceFirst(".*= ", ""));
    }

    @Test
    @DisplayName("makes XFS that RHEL 8 mounts: no feature that its kernel does not know")
    void oldestKernel() throws IOException {
        ok(create("--size", "400MiB", "--no-mount"));
        assertEquals(0, features("features_incompat") & ~7, "ftype, sparse inodes, meta_uuid");
        assertEquals(0, features("features_ro_compat") & ~7, "finobt, rmapbt, reflink");
    }

    @Test
    @DisplayName("--node-kernel of RHEL 9 lets mkfs.xfs keep the features that this kernel has")
    void newerKernel() throws IOException {
        ok(create("--size", "400MiB", "--no-mount", "--node-kernel", "5.14"));
        assertEquals(8, features("features_incompat") & ~7, "bigtime");
        assertEquals(8, features("features_ro_compat") & ~7, "inobtcount");
        assertEquals(2, create("--node-kernel", "latest", "--label", "x", "--size", "400MiB", "--force").exit());
    }

    @Test
    @DisplayName("--fresh makes the file system of a disk of unknown origin anew, unless it is mounted")
    void fresh() throws Exception {
        ok(create("--size", "400MiB", "--mount", mount));
        Files.writeString(mount.resolve("theirs"), "x");
        ScriptRun mounted = create("--mount", mount, "--fresh");
        assertTrue(mounted.exit() == 1 && mounted.err().contains("unmount it first"), mounted::toString);
        Proc.of("umount", mount.toString()).check();
        for (int tenths = 0; !disk.loops().isEmpty() && tenths < 100; tenths++) {
            Thread.sleep(100); // the kernel detaches it a moment later
        }
        ScriptRun run = create("--mount", mount, "--fresh");
        ok(run);
        assertTrue(run.out().startsWith("formatted: "), run.out());
        assertTrue(Files.notExists(mount.resolve("theirs")));
    }

    @Test
    @DisplayName("mounts it without devices and set-user-id programs")
    void mountOptions() throws IOException {
        ok(create("--size", "400MiB", "--mount", mount));
        assertTrue(Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
                .anyMatch(l -> l.contains(" " + mount + " ") && l.contains("nosuid,nodev")));
    }

    @Test
    @DisplayName("--force goes on where only the copy of a table at the disk's end is left")
    void backupTable() {
        Proc.of("sfdisk", "-q", disk.file.toString()).stdin("label: gpt\nname=\"root\", size=100MiB\n").check();
        Proc.of("dd", "status=none", "if=/dev/zero", "of=" + disk.file, "bs=1M", "count=10", "conv=notrunc").check();
        ScriptRun refused = create("--size", "400MiB", "--no-mount");
        assertTrue(refused.exit() == 1 && refused.err().contains("half of a GPT") && refused.err().contains("--force"),
                refused::toString);
        ok(create("--size", "400MiB", "--no-mount", "--force"));
        assertEquals(1, disk.table().size());
        assertTrue(disk.table().get(0).contains("name=\"data\""), disk.table()::toString);
    }

    @Test
    @DisplayName("a disk staged with sectors of 512 bytes, copied onto one of 4096: refused, and made anew with --force")
    void otherSectors() {
        ok(create("--size", "400MiB", "--no-mount"));
        String large = Proc.of("losetup", "--find", "--show", "--sector-size", "4096", disk.file.toString()).check().strip();
        try {
            ScriptRun refused = ScriptRun.of(new CreateGptPartition(), "--device", large, "--size", "400MiB", "--no-mount");
            assertTrue(refused.exit() == 1 && refused.err().contains("--force"), refused::toString);
            ok(ScriptRun.of(new CreateGptPartition(), "--device", large, "--size", "400MiB", "--no-mount", "--force"));
        } finally {
            Proc.of("losetup", "--detach", large).check();
        }
    }
}
