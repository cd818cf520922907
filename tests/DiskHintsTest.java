//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/disk/DiskHints.java
//SOURCES ../common/disk/ListedDisk.java
//SOURCES ../common/disk/PartitionLabel.java
//SOURCES ../create-gpt-partition.java
//SOURCES ../create-vm.java
//SOURCES Repository.java
//SOURCES ScriptRun.java
//SOURCES Scripts.java
//SOURCES TestDisk.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.Json;
import common.cli.Proc;
import common.disk.DiskHints;
import common.disk.ListedDisk;
import common.disk.PartitionLabel;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("partition")
@DisplayName("Disk hints")
class DiskHintsTest {
    /** A server with two NVMe disks and a SATA disk, and what its BMC shows it: a CD and a USB stick. */
    private static final JsonNode SERVER = Json.read(Repository.ROOT.resolve("tests/lsblk/server.json"));
    /** Two volumes of a RAID controller, one of them booted from, as util-linux 2.32 lists them. */
    private static final JsonNode RHEL8 = Json.read(Repository.ROOT.resolve("tests/lsblk/rhel8.json"));
    /** The server's second NVMe disk. */
    private static final int NVME = 5;

    @TempDir
    Path folder;

    private static DiskHints hints(String text) {
        Map<String, String> hints = new TreeMap<>();
        Arrays.stream(text.split(";")).map(h -> h.split("=", 2)).forEach(h -> hints.put(h[0], h[1]));
        return DiskHints.of(hints, path -> path.equals("/dev/disk/by-path/pci-0000:01:00.0-nvme-1") ? "/dev/nvme1n1" : path);
    }

    private static String choose(String hints, JsonNode machine, String... wipe) {
        return hints(hints).choose(ListedDisk.of(machine, PartitionLabel.DATA), Set.of(wipe)).path().toString();
    }

    private static String refusal(String hints, JsonNode machine, String... wipe) {
        return assertThrows(Cli.Failure.class, () -> choose(hints, machine, wipe)).getMessage();
    }

    @ParameterizedTest(name = "{0} is {1}")
    @CsvSource({"serialNumber=S4EWNX0R1, /dev/nvme0n1", "wwn=eui.0025385b81b00002, /dev/nvme1n1",
        "model=PM9A3;minSizeGigabytes=1700, /dev/nvme1n1", "deviceName=/dev/disk/by-path/pci-0000:01:00.0-nvme-1, /dev/nvme1n1",
        "deviceName=/dev/nvme0n1, /dev/nvme0n1", "hctl=4:0:0:0;rotational=true, /dev/sda", "vendor=ATA, /dev/sda",
        "wwn=0x5000c500a1b2c3d4, /dev/sda", "wwnVendorExtension=0x2b6a1f00c4d5e6f7, /dev/sda",
        "wwnWithExtension=0x5000C500A1B2C3D42B6A1F00C4D5E6F7, /dev/sda"})
    @DisplayName("choose the disk that all of them match")
    void chosen(String hints, String disk) {
        assertEquals(disk, choose(hints, SERVER));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(delimiter = '|', value = {"serialNumber=S4EWNX0R|no disk matches the hints {serialNumber=S4EWNX0R}",
        "model=PM9A3|2 disks match the hints", "rotational=false|2 disks match the hints",
        "model=PM9A3;minSizeGigabytes=9000|no disk matches", "vendor=Virtual|no disk matches", "vendor=BMC|no disk matches",
        "wwn=0x5000c500a1b2c3d42b6a1f00c4d5e6f7|no disk matches", "hctl=4:0:0|no disk matches"})
    @DisplayName("that match no disk, or several, are refused, never a guess")
    void notOne(String hints, String why) {
        String message = refusal(hints, SERVER);
        assertAll(() -> assertTrue(message.startsWith(why), message), () -> assertTrue(message.contains("nothing was written"), message));
    }

    @Test
    @DisplayName("say of every disk why it is not the one")
    void explains() {
        String message = refusal("model=PM9A3;minSizeGigabytes=9000", SERVER);
        assertAll(() -> assertTrue(message.contains("/dev/nvme0n1 960.2 GB model SAMSUNG PM9A3 serial S4EWNX0R1 "
                        + "wwn eui.0025385b81b00001: no; minSizeGigabytes is 894, not 9000"), message),
                () -> assertTrue(message.contains("/dev/sdb 4.0 GB vendor BMC model Virtual HDisk0 hctl 6:0:0:0: no; removable; "),
                        message),
                () -> assertTrue(!message.contains("/dev/sr0") && !message.contains("/dev/loop0"), message));
    }

    @Test
    @DisplayName("understand lsblk of RHEL 8, which has strings for numbers and flags, and no paths")
    void older() {
        assertAll(() -> assertEquals("/dev/sdb", choose("model=PERC H730P;wwn=0x6d094660650d1a00;hctl=0:2:1:0", RHEL8)),
                () -> assertEquals("/dev/sdb", choose("model=PERC;rotational=false", RHEL8)),
                () -> assertTrue(refusal("serialNumber=6d094660", RHEL8).contains("boot medium"), "sda"),
                () -> assertTrue(refusal("model=Virtual", RHEL8).contains("removable"), "sdc"));
    }

    /** The server, where the NVMe disk has these properties more. */
    private static JsonNode with(String properties) {
        ObjectNode machine = SERVER.deepCopy();
        ((ObjectNode) machine.path("blockdevices").get(NVME)).setAll(
                (ObjectNode) Json.parse(properties.getBytes(StandardCharsets.UTF_8), "test"));
        return machine;
    }

    /** A partition, or what holds one. */
    private static String child(String type, String more) {
        return "{\"children\": [{\"name\": \"x1\", \"path\": \"/dev/x1\", \"type\": \"" + type + "\"" + more + "}]}";
    }

    static Stream<Arguments> unwritable() {
        return Stream.of(Arguments.of("removable", "{\"rm\": true}"), Arguments.of("read-only", "{\"ro\": true}"),
                Arguments.of("boot medium", "{\"mountpoints\": [\"/run/media/iso\"]}"),
                Arguments.of("boot medium", child("part", ", \"fstype\": \"xfs\", \"mountpoints\": [\"/sysroot\", \"/\"]")),
                Arguments.of("mounted: /dev/x1 on /srv", child("part", ", \"fstype\": \"xfs\", \"mountpoint\": \"/srv\"")),
                Arguments.of("mounted: /dev/x1 on /srv", child("part", ", \"fstype\": \"xfs\", \"partlabel\": \"data\", "
                        + "\"mountpoint\": \"/srv\"")),
                Arguments.of("swap", child("part", ", \"fstype\": \"swap\", \"mountpoint\": \"[SWAP]\"")),
                Arguments.of("multipath member", "{\"fstype\": \"mpath_member\"}"),
                Arguments.of("multipath: /dev/nvme1n1 is held by x1", child("mpath", "")),
                Arguments.of("LVM: /dev/nvme1n1 is held by x1", child("lvm", "")),
                Arguments.of("RAID: /dev/nvme1n1 is held by x1", child("raid1", "")),
                Arguments.of("LUKS: /dev/nvme1n1 is held by x1", child("crypt", "")));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("unwritable")
    @DisplayName("refuse with its word what must not be written, even where its serial number is given up")
    void refused(String word, String properties) {
        String message = refusal("serialNumber=S4EWNX0R2", with(properties), "S4EWNX0R2");
        assertTrue(message.contains(word), message);
    }

    static Stream<Arguments> foreign() {
        return Stream.of(Arguments.of("LVM member", "{\"fstype\": \"LVM2_member\"}"),
                Arguments.of("RAID member", child("part", ", \"fstype\": \"linux_raid_member\"")),
                Arguments.of("LUKS", "{\"fstype\": \"crypto_LUKS\"}"), Arguments.of("zfs member", "{\"fstype\": \"zfs_member\"}"),
                Arguments.of("foreign file system: /dev/nvme1n1 has ext4", "{\"fstype\": \"ext4\"}"),
                Arguments.of("foreign file system: /dev/x1 has ext4", child("part", ", \"fstype\": \"ext4\", \"partlabel\": \"data\"")),
                Arguments.of("foreign file system: /dev/x1 has xfs", child("part", ", \"fstype\": \"xfs\", \"partlabel\": \"root\"")),
                Arguments.of("foreign partition: /dev/x1", child("part", "")),
                Arguments.of("foreign partition table: dos", "{\"pttype\": \"dos\"}"));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("foreign")
    @DisplayName("refuse what somebody else left, with its word, unless the disk's serial number is given up")
    void foreignContent(String word, String properties) {
        String message = refusal("serialNumber=S4EWNX0R2", with(properties), "S4EWNX0R1");
        assertAll(() -> assertTrue(message.startsWith("/dev/nvme1n1: " + word), message),
                () -> assertEquals("/dev/nvme1n1", choose("serialNumber=S4EWNX0R2", with(properties), "S4EWNX0R2")));
    }

    @Test
    @DisplayName("do not take a disk without a serial number for one that was named, and do not pass on to a blank twin")
    void noSerial() {
        assertAll(() -> refusal("wwn=eui.0025385b81b00002", with("{\"fstype\": \"ext4\", \"serial\": null}"), ""),
                () -> refusal("model=PM9A3", with("{\"fstype\": \"ext4\"}")));
    }

    @ParameterizedTest(name = "goes on with a partition {0}")
    @ValueSource(strings = {", \"fstype\": \"xfs\"", ", \"fstype\": null"})
    @DisplayName("take a disk that has our partition, whole or not yet formatted")
    void ours(String fileSystem) {
        assertEquals("/dev/nvme1n1", choose("serialNumber=S4EWNX0R2", with(child("part", ", \"partlabel\": \"data\"" + fileSystem))));
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"serial=x", "minSizeGigabytes=100G", "minSizeGigabytes=0", "rotational=yes", "deviceName=sda", "model="})
    @DisplayName("of another name, or without sense, are a usage error")
    void usage(String hint) {
        assertEquals(Cli.USAGE, assertThrows(Cli.Failure.class, () -> hints(hint)).exitCode);
    }

    private ScriptRun create(TestDisk disk, String content, Object... args) throws IOException {
        return run(CreateGptPartition.class, disk, content, Stream.concat(Stream.of(args), Stream.of("--no-mount")).toArray());
    }

    private ScriptRun run(Class<? extends Cli.Command> script, TestDisk disk, String content, Object... args) throws IOException {
        Object[] all = List.of(args).contains("--size") ? args
                : Stream.concat(Stream.of(args), Stream.of("--size", "400MiB")).toArray();
        Proc.Result result = Scripts.program(script, all).env("PATH", disk.listed(folder, content)).run();
        return new ScriptRun(result.exit(), result.out(), result.err());
    }

    @Test
    @DisplayName("lead create-gpt-partition to the disk; one with foreign data keeps every byte until it is named by serial number and all else "
            + "is right")
    void script() throws IOException {
        try (TestDisk disk = new TestDisk(folder, TestDisk.MIB * 1024)) {
            disk.attach().gpt("start=2048, size=409600, name=root");
            Proc.of("mkfs.ext4", "-q", disk.node(1).toString()).check();
            String root = ", \"children\": [{\"name\": \"p1\", \"type\": \"part\", \"fstype\": \"ext4\", \"path\": \"" + disk.node(1) + "\"}]";
            String before = disk.digest();
            ScriptRun refused = create(disk, root, "--hint", "serialNumber=SN1");
            ScriptRun explained = create(disk, root, "--hint", "serialNumber=SN1", "--explain");
            ScriptRun dry = create(disk, root, "--hint", "serialNumber=SN1", "--wipe", "SN1", "--dry-run");
            ScriptRun large = create(disk, root, "--hint", "serialNumber=SN1", "--wipe", "SN1", "--size", "2GiB");
            ScriptRun unserved = run(CreateVm.class, disk, root, "--offline", "--hint", "serialNumber=SN1", "--wipe", "SN1",
                    "--artifacts", "127.0.0.1:1");
            String after = disk.digest();
            ScriptRun wiped = create(disk, root, "--hint", "serialNumber=SN1", "--wipe", "SN1");
            assertAll(() -> assertEquals(List.of(1, 0, 0), List.of(refused.exit(), explained.exit(), dry.exit())),
                    () -> assertTrue(refused.err().contains("foreign file system: " + disk.node(1) + " has ext4"), refused.err()),
                    () -> assertTrue(explained.out().contains("serial SN1: matches; foreign file system"), explained.out()),
                    () -> assertTrue(dry.out().contains("wipefs --all --quiet " + disk.device + "\n"), dry.out()),
                    () -> assertTrue(large.exit() == 1 && large.err().contains("lower --size"), large::toString),
                    () -> assertTrue(unserved.exit() == 1 && unserved.err().contains("127.0.0.1:1"), unserved::toString),
                    () -> assertEquals(before, after),
                    () -> assertEquals(0, wiped.exit(), wiped::toString),
                    () -> assertTrue(disk.table().get(0).endsWith("name=\"data\""), disk.table().toString()),
                    () -> assertEquals(1, disk.table().size()));
        }
    }
}
