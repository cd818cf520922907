//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../create-gpt-partition.java
//SOURCES EmptyDisk.java
//SOURCES ScriptRun.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import common.cli.Proc;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("partition")
@DisplayName("create-gpt-partition, for the nodes that mount it,")
class PartitionForNodesTest extends EmptyDisk {
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

    @ParameterizedTest(name = "{0}: mkfs.xfs is told to leave out bigtime: {1}")
    @CsvSource({"'', true", "--release 4.12, true", "--release 4.13.0-rc.1, false", "--release 5.0.0, false",
        "--release 4.18.3 --node-kernel 4.18, true"})
    void release(String options, boolean leftOut) {
        List<Object> args = new ArrayList<>(List.of("--size", "400MiB", "--no-mount", "--dry-run"));
        args.addAll(List.of(options.isEmpty() ? new Object[0] : options.split(" ")));
        ScriptRun run = create(args.toArray());
        ok(run);
        assertTrue(run.out().contains("mkfs.xfs"), run::toString);
        assertEquals(leftOut, run.out().contains("bigtime=0"), run::toString);
    }

    @ParameterizedTest(name = "--release {0} is refused: {1}")
    @CsvSource({"latest, is not a version", "4.9.0, is older than 4.10"})
    void noRelease(String release, String why) {
        ScriptRun run = create("--size", "400MiB", "--no-mount", "--release", release);
        assertEquals(2, run.exit());
        assertTrue(run.err().contains(why), run::toString);
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
