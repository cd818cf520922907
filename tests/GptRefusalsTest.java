//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../create-gpt-partition.java
//SOURCES ScriptRun.java
//SOURCES Scripts.java
//SOURCES TestDisk.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

import common.cli.Cli;
import common.cli.Proc;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every refusal: exit code, one line that says why, and not a byte of the disk written. */
@Tag("partition")
@DisplayName("create-gpt-partition writes nothing and refuses")
class GptRefusalsTest {
    /** A mount that does not write to its disk by itself. */
    private static final String QUIET = "ro,norecovery";

    @TempDir
    Path folder;
    private Path mount;
    private TestDisk disk;

    @BeforeEach
    void sparseDisk() throws IOException {
        disk = new TestDisk(folder, 700 * TestDisk.MIB);
        mount = folder.toRealPath().resolve("mount");
    }

    @AfterEach
    void nothingStaysAttached() throws IOException {
        disk.close();
    }

    private Object[] args(Object... more) {
        return Stream.concat(Stream.of("--device", disk.device, "--mount", mount), Stream.of(more)).toArray();
    }

    private void refused(int exit, String why, Object... more) throws IOException {
        refused(exit, why, () -> ScriptRun.of(new CreateGptPartition(), args(more)));
    }

    private interface Run {
        ScriptRun run();
    }

    private void refused(int exit, String why, Run script) throws IOException {
        String before = disk.digest();
        ScriptRun result = script.run();
        String after = disk.digest();
        assertAll(() -> assertEquals(exit, result.exit(), result.toString()),
                () -> assertTrue(result.err().contains(why), result.err()),
                () -> assertEquals(1, result.err().lines().count(), result.err()),
                () -> assertEquals(before, after));
    }

    /** The script as a program in a namespace of its own, after shell commands. */
    private ScriptRun unshare(String namespace, String commands) {
        String script = Scripts.program(CreateGptPartition.class, args("--start-sector", 2048)).shown();
        Proc.Result result = Proc.of("unshare", namespace, "sh", "-ec", commands + "\n" + script).run();
        return new ScriptRun(result.exit(), result.out(), result.err());
    }

    @Test
    @DisplayName("a disk with a mounted partition")
    void mountedPartition() throws IOException {
        disk.attach().gpt("start=2048, size=1024000, name=data");
        Proc.of("mkfs.xfs", disk.node(1).toString()).check();
        Path elsewhere = Files.createDirectory(folder.resolve("else where"));
        Proc.of("mount", "-o", QUIET, disk.node(1).toString(), elsewhere.toString()).check();
        refused(Cli.FAILED, disk.node(1) + " is mounted on " + elsewhere.toRealPath(), "--force");
    }

    @Test
    @DisplayName("a disk with another partition in use, though the wanted one is mounted at its place")
    void otherPartitionInUse() throws IOException {
        disk.attach().gpt("start=2048, size=1024000, name=data", "start=1026048, size=204800");
        Proc.of("mkfs.xfs", disk.node(1).toString()).check();
        Proc.of("mount", "-o", QUIET, disk.node(1).toString(), Files.createDirectory(mount).toString()).check();
        Proc.of("mkswap", disk.node(2).toString()).check();
        Proc.of("swapon", disk.node(2).toString()).check();
        refused(Cli.FAILED, disk.node(2) + " is swap space");
    }

    @Test
    @DisplayName("a disk mounted as a whole")
    void mountedDisk() throws IOException {
        Proc.of("mkfs.xfs", disk.attach().device.toString()).check();
        Proc.of("mount", "-o", QUIET, disk.device.toString(), Files.createDirectory(mount).toString()).check();
        refused(Cli.FAILED, disk.device + " is mounted on " + mount, "--force");
    }

    @Test
    @DisplayName("a file that is mounted")
    void mountedFile() throws IOException {
        Proc.of("mkfs.xfs", disk.file.toString()).check();
        Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
        Proc.of("mount", "-o", "loop," + QUIET, disk.file.toString(), elsewhere.toString()).check();
        refused(Cli.FAILED, "is mounted on " + elsewhere.toRealPath(), "--force");
    }

    @Test
    @DisplayName("a disk that holds the running system")
    void runningSystem() throws IOException {
        disk.attach().gpt("start=2048, size=1024000");
        Proc.of("mkfs.xfs", disk.node(1).toString()).check();
        refused(Cli.FAILED, "in use: it holds the running system: " + disk.node(1) + " is mounted on /boot",
                () -> unshare("--mount", "mkdir -p /boot; mount -o " + QUIET + " " + disk.node(1) + " /boot"));
    }

    @Test
    @DisplayName("a disk with holders")
    void holders() throws IOException {
        disk.attach();
        Path holders = Files.createDirectories(folder.resolve("holders/dm-7")).getParent();
        refused(Cli.FAILED, disk.device + " is held by dm-7", () -> unshare("--mount",
                "mount --bind " + holders + " /sys/class/block/" + disk.device.getFileName() + "/holders"));
    }

    @Test
    @DisplayName("a disk that another loop device is on")
    void loopOnDisk() throws IOException {
        disk.attach();
        String loop = Proc.of("losetup", "--find", "--show", disk.device.toString()).check().strip();
        try {
            refused(Cli.FAILED, disk.device + " is attached as " + loop, "--force");
        } finally {
            Proc.of("losetup", "--detach", loop).check();
        }
    }

    @Test
    @DisplayName("a file that is attached to a loop device")
    void attachedFile() throws IOException {
        String loop = disk.attach().device.toString();
        disk.device = disk.file;
        refused(Cli.FAILED, disk.file + " is attached as " + loop, "--force");
    }

    @ParameterizedTest(name = "a RAID member, with {0}")
    @ValueSource(strings = {"--force", "--json"})
    void raid(String option) throws IOException {
        disk.raidMember();
        refused(Cli.FAILED, "in use by LVM or RAID: it holds linux_raid_member", option, "--start-sector", 2048);
    }

    @Test
    @DisplayName("an LVM physical volume, even with --force")
    void lvm() throws IOException {
        disk.lvmMember(0);
        refused(Cli.FAILED, "in use by LVM or RAID: it holds LVM2_member", "--start-sector", 2048, "--force");
    }

    @Test
    @DisplayName("a partition with the label that is an LVM physical volume, even with --force")
    void lvmInPartition() throws IOException {
        disk.gpt("start=2048, size=1024000, name=data").lvmMember(TestDisk.MIB);
        refused(Cli.FAILED, "partition 1 labelled data holds LVM2_member", "--force");
    }

    @ParameterizedTest(name = "a disk with something else on it: {0}")
    @CsvSource({"mkfs.xfs $0, xfs", "mkswap $0, swap", "echo start=2048 | sfdisk --label dos $0, dos"})
    void foreign(String maker, String type) throws IOException {
        Proc.of("sh", "-c", maker, disk.file.toString()).check();
        refused(Cli.FAILED, "it holds " + type + "; --force overwrites that", "--start-sector", 2048);
    }

    @Test
    @DisplayName("a partition with the label and another file system")
    void foreignInPartition() throws IOException {
        disk.attach().gpt("start=2048, size=1024000, name=data");
        Proc.of("mkswap", disk.node(1).toString()).check();
        refused(Cli.FAILED, "partition 1 labelled data holds swap; --force overwrites that");
    }

    @Test
    @DisplayName("two partitions with the label")
    void twice() throws IOException {
        disk.gpt("start=2048, size=614400, name=data", "start=616448, size=614400, name=data");
        refused(Cli.FAILED, "2 partitions are labelled data");
    }

    @Test
    @DisplayName("a blank partition with the label that is too small for XFS")
    void smallPartition() throws IOException {
        disk.gpt("start=2048, size=204800, name=data");
        refused(Cli.FAILED, "partition 1 labelled data has 100.0 MiB, XFS needs 300 MiB");
    }

    @ParameterizedTest(name = "{0} {1}: {2}")
    @CsvSource({"--start-sector, 120000000, is beyond its end (700.0 MiB)",
        "--start-sector, 1431552, is beyond its end", // the last MiB
        "--start-sector, 819200, 'only 299.0 MiB are left, XFS needs 300 MiB'",
        "--start-sector, 2047, --start-sector is at least 2048",
        "--start-sector, -1, --start-sector is at least 2048",
        "--start-sector, 409600, overlaps partition 1 (sectors 2048 to 409600)",
        "--size, 299MiB, 'only 299.0 MiB are left, XFS needs 300 MiB'",
        "--size, 699MiB, lower --size",
        "--size, 100GiB, lower --size",
        "--size, 600MiB, overlaps partition 1"})
    void range(String option, String value, String why) throws IOException {
        disk.gpt("start=2048, size=407553, name=other");
        refused(Cli.FAILED, why, option, value);
    }

    @ParameterizedTest(name = "{0} {1} on the command line")
    @CsvSource({"--size, 100G, --size", "--size, -1GiB, --size", "--start-sector, x, --start-sector",
        "--start-sector=2048, --size=1GiB, mutually exclusive", "--no-mount, --mount=/mnt, mutually exclusive",
        "--label, '', --label", "--label, a b, --label", "--label, '\"', --label",
        "--label, 1234567890123456789012345678901234567, --label"})
    void usage(String option, String value, String why) throws IOException {
        refused(Cli.USAGE, why, option, value);
    }

    @Test
    @DisplayName("a mount point that has something else mounted")
    void mountPointTaken() throws IOException {
        Proc.of("mount", "-t", "tmpfs", "none", Files.createDirectory(mount).toString()).check();
        try {
            refused(Cli.FAILED, mount + ": none is mounted there", "--start-sector", 2048);
        } finally {
            Proc.of("umount", mount.toString()).check();
        }
    }

    @Test
    @DisplayName("a mount point that is a file")
    void mountPointIsFile() throws IOException {
        Files.createFile(mount);
        refused(Cli.FAILED, mount + ": not a folder", "--start-sector", 2048);
    }

    @Test
    @DisplayName("a read-only disk")
    void readOnly() throws IOException {
        disk.attach("--read-only");
        refused(Cli.FAILED, disk.device + ": read-only", "--start-sector", 2048);
    }

    @Test
    @DisplayName("a partition in place of a disk")
    void partition() throws IOException {
        disk.attach().gpt("start=2048, size=1024000");
        disk.device = disk.node(1);
        try {
            refused(Cli.FAILED, "a partition; name the disk it is on", "--start-sector", 2048);
        } finally {
            disk.device = Path.of(disk.loops().get(0));
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"/dev/null, 1, neither a disk nor a regular file", "/dev, 1, neither a disk nor a regular file",
        "/dev/vdzz, 4, no such device"})
    void noDisk(Path device, int exit, String why) throws IOException {
        disk.device = device;
        refused(exit, device + ": " + why);
    }

    @Test
    @DisplayName("to work without root")
    void notRoot() throws IOException {
        refused(Cli.MISSING, "not root", () -> Scripts.withoutRoot(CreateGptPartition.class,
                args("--start-sector", 2048)));
    }

    @ParameterizedTest(name = "to work without {0}, and names its package")
    @CsvSource({"sfdisk, install", "mkfs.xfs, xfsprogs", "partx, util-linux", "blkid, util-linux"})
    void missingProgram(String program, String hint) throws IOException {
        Path found = Proc.find(program).orElseThrow().toRealPath();
        refused(Cli.MISSING, "not installed: " + program, () -> {
            ScriptRun result = unshare("--mount", "mount --bind /dev/null " + found);
            assertTrue(result.err().contains(hint), result.err());
            return result;
        });
    }

    @Test
    @DisplayName("a size that no disk has")
    void enormous() throws IOException {
        refused(2, "is larger than any disk", "--size", "999999999TiB");
    }

    @Test
    @DisplayName("a disk whose table has room for no more entries")
    void fullTable() throws IOException {
        Proc.of("sfdisk", "-q", disk.file.toString()).stdin("label: gpt\ntable-length: 4\n"
                + "size=10MiB\n".repeat(4)).check();
        refused(1, "its partition table has room for 4 entries, and all are used", "--size", "400MiB");
    }
}
