//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/disk/BlockDevice.java
//SOURCES ../create-gpt-partition.java
//SOURCES EmptyDisk.java
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
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("partition")
@DisplayName("create-gpt-partition")
class CreateGptPartitionTest extends EmptyDisk {
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
}
