//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/LockFile.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/disk/BlockDevice.java
//SOURCES ../common/oci/Digest.java
//SOURCES ../create-vm.java
//SOURCES OfflineLab.java
//SOURCES ScriptRun.java
//SOURCES Scripts.java
//SOURCES SlowLink.java
//SOURCES TestDisk.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;
import common.cli.LockFile;
import common.cli.Proc;
import common.disk.BlockDevice;
import common.oci.Digest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("create-vm --offline")
class OfflineStagingTest {
    @TempDir
    Path temp;
    private OfflineLab lab;

    @BeforeEach
    void serve() throws IOException {
        lab = new OfflineLab(temp);
    }

    @AfterEach
    void stop() {
        lab.close();
    }

    private Path file(String name) {
        return lab.folder.resolve(name);
    }

    @Test
    @DisplayName("makes a raw file of the size of the profile's last disk, with the partition at its end")
    void newRawFile() throws IOException {
        lab.assertStages(file("sda.raw"), lab.stage(file("sda.raw")));
        BlockDevice disk = BlockDevice.of(file("sda.raw"));
        assertEquals(OfflineLab.GIB + " 400", disk.size() + " " + (disk.size(disk.partitions().get(0)) >> 20));
    }

    @Test
    @DisplayName("stages a qcow2 image, which stays one and keeps its other partitions")
    void qcow2() throws IOException {
        TestDisk installed = new TestDisk(temp, OfflineLab.GIB).gpt("size=100MiB, name=\"root\"");
        Path image = file("vda.qcow2");
        Proc.of("qemu-img", "convert", "-O", "qcow2", installed.file.toString(), image.toString()).check();
        lab.assertStages(image, lab.stage(image));
        assertEquals("[root, data]", BlockDevice.of(file("look.raw")).partitions().stream()
                .map(BlockDevice.Partition::name).toList().toString());
    }

    @Test
    @DisplayName("stages a block device")
    void device() throws IOException {
        try (TestDisk disk = new TestDisk(temp, OfflineLab.GIB).attach()) {
            lab.assertStages(disk.device, lab.stage(disk.device));
        }
    }

    @Test
    @DisplayName("takes a local folder in the place of a server")
    void localFolder() throws IOException {
        lab.assertStages(file("sda.raw"), lab.offline(file("sda.raw"), "--artifacts", lab.root));
    }

    @Test
    @DisplayName("fetches nothing again from a disk that is staged")
    void again() throws IOException {
        OfflineLab.run(lab.stage(file("sda.raw")));
        ScriptRun run = OfflineLab.run(lab.stage(file("sda.raw")));
        assertTrue(run.exit() == Cli.DONE && run.out().contains(" 0.0 MB to fetch"), run::toString);
    }

    @Test
    @DisplayName("reports partition, use, images, the inventory's digest and the seconds of each step")
    void report() throws IOException {
        ScriptRun run = OfflineLab.run(lab.stage(file("sda.raw"), "--json"));
        JsonNode report = Json.parse(run.out().getBytes(), run.toString());
        assertAll(() -> assertEquals(400 << 20, report.path("bytes").asLong()),
                () -> assertEquals(5, report.path("images").asInt()),
                () -> assertTrue(report.path("usedBytes").asLong() > 200_000),
                () -> assertEquals(Digest.of(lab.root.resolve("inventory.json")).toString(),
                        report.path("inventory").asText()),
                () -> assertTrue(report.path("seconds").has("stage") && report.path("seconds").has("verify")));
    }

    @Test
    @DisplayName("--dry-run prints the commands and writes nothing")
    void dryRun() throws IOException {
        TestDisk disk = new TestDisk(temp, OfflineLab.GIB);
        String before = disk.digest();
        ScriptRun run = OfflineLab.run(lab.stage(disk.file, "--dry-run", "--copy-to", file("b.raw")));
        assertAll(() -> assertEquals(Cli.DONE, run.exit(), run::toString),
                () -> assertTrue(run.out().contains("sfdisk") && run.out().contains("then a copy to "), run.out()),
                () -> assertEquals(before, disk.digest()), () -> assertFalse(Files.exists(file("b.raw"))));
    }

    @Test
    @DisplayName("--fresh gives up what is in the partition; without --artifacts that is refused")
    void fresh() throws IOException {
        TestDisk disk = new TestDisk(temp, OfflineLab.GIB);
        OfflineLab.run(lab.stage(disk.file));
        ScriptRun copy = OfflineLab.run(lab.offline(disk.file, "--fresh", "--copy-to", temp.resolve("copy.raw")));
        assertTrue(copy.exit() == Cli.USAGE && copy.err().contains("--fresh gives up what is on the disk"), copy::toString);
        ScriptRun run = OfflineLab.run(lab.stage(disk.file, "--fresh"));
        assertTrue(run.exit() == Cli.DONE && run.out().contains("formatted: "), run::toString);
        lab.assertStaged(disk.file);
    }

    @Test
    @DisplayName("the file system has what the kernel of the staged release mounts, and no more")
    void release() throws IOException {
        lab.served.pull("ai-images", "4.18.3", 1, 40_000);
        TestDisk disk = new TestDisk(temp, OfflineLab.GIB);
        String old = OfflineLab.run(lab.stage(disk.file, "--dry-run", "--release", "4.10.3")).out();
        String later = OfflineLab.run(lab.stage(disk.file, "--dry-run", "--release", "4.18.3")).out();
        String named = OfflineLab.run(lab.stage(disk.file, "--dry-run", "--release", "4.18.3", "--node-kernel", "4.18")).out();
        assertAll(() -> assertTrue(old.contains("mkfs.xfs -m bigtime=0,inobtcount=0"), old),
                () -> assertTrue(named.contains("mkfs.xfs -m bigtime=0,inobtcount=0"), named),
                () -> assertTrue(later.contains("mkfs.xfs") && !later.contains("bigtime"), later));
    }

    @Test
    @Tag("fault")
    @DisplayName("refuses a partition that the images do not fit in, before it writes")
    void tooSmall() throws IOException {
        lab.served.pull("ocp-images", "4.10.3", 1, 200_000_000);
        TestDisk disk = new TestDisk(temp, OfflineLab.GIB);
        String before = disk.digest();
        ScriptRun run = OfflineLab.run(lab.stage(disk.file));
        assertEquals(before + Cli.FAILED, disk.digest() + run.exit());
        assertTrue(run.err().matches("error: too small: \\d+ files, 0.4 GB, do not fit onto a partition of 0.4 GB "
                + ".*\n"), run.err());
    }

    @Test
    @Tag("fault")
    @DisplayName("refuses a file in a folder that has no room for the images, before it writes")
    void folderFull() throws IOException {
        lab.served.pull("ocp-images", "4.10.3", 2, 10_000_000);
        Path small = Files.createDirectory(file("small"));
        Proc.of("mount", "-t", "tmpfs", "-o", "size=20M", "tmpfs", small.toString()).check();
        try {
            ScriptRun run = OfflineLab.run(lab.stage(small.resolve("vda.qcow2")));
            assertEquals(Cli.FAILED, run.exit(), run::toString);
            assertTrue(run.err().contains("vda.qcow2 does not fit: its folder has"), run.err());
            assertFalse(Files.exists(small.resolve(".vda.qcow2.raw")));
        } finally {
            Proc.of("umount", small.toString()).check();
        }
    }

    @Test
    @Tag("fault")
    @DisplayName("goes on where it was when the artifact server dies; a half image has no name")
    void serverDies() throws IOException {
        Path image = file("vda.qcow2");
        ScriptRun run = OfflineLab.watched(line -> {
            if (line.startsWith("Plan:")) {
                lab.die();
            }
        }, lab.stage(image));
        assertEquals(Cli.PARTIAL, run.exit(), run::toString);
        assertTrue(run.out().contains("run the same command again") && !Files.exists(image), run::toString);
        lab.serve();
        lab.assertStages(image, lab.stage(image));
    }

    @Test
    @Tag("fault")
    @DisplayName("killed in the middle of staging, goes on in the same mount")
    void killed() throws IOException, InterruptedException {
        Path disk = file("sda.raw");
        lab.served.pull("ocp-images", "4.10.3", 2, 1_000_000);
        try (SlowLink slow = new SlowLink(Integer.parseInt(lab.address().replaceFirst(".*:", "")), 100_000)) {
            Process run = new ProcessBuilder(Scripts.argv(CreateVm.class, lab.offline(disk, "--artifacts", "127.0.0.1:"
                    + slow.port()))).redirectErrorStream(true).redirectOutput(file("log").toFile()).start();
            while (run.isAlive() && !Files.readString(file("log")).contains("Plan:")) {
                Thread.sleep(20);
            }
            Thread.sleep(500);
            assertTrue(run.isAlive(), Files.readString(file("log")));
            run.destroyForcibly().waitFor();
        }
        lab.assertStages(disk, lab.stage(disk));
    }

    @Test
    @Tag("fault")
    @DisplayName("a wrong byte on the server is refused, and the disk is not called ready")
    void corrupted() throws IOException {
        Path layer = lab.served.ownLayer("ocp-images", "4.10.3");
        byte[] bytes = Files.readAllBytes(layer);
        bytes[100] ^= 1;
        Files.write(layer, bytes);
        ScriptRun run = OfflineLab.run(lab.stage(file("sda.raw")));
        assertEquals(Cli.PARTIAL, run.exit(), run::toString);
        assertTrue(run.err().contains(layer.getFileName() + ": ") && !run.out().contains("ready"), run::toString);
    }

    @Test
    @Tag("fault")
    @DisplayName("refuses a block device that another run works on")
    void locked() throws IOException {
        try (TestDisk disk = new TestDisk(temp, OfflineLab.GIB).attach();
                LockFile other = LockFile.tryTake(Path.of("/run", ".dev-" + disk.device.getFileName() + ".lock")).orElseThrow()) {
            ScriptRun run = OfflineLab.run(lab.stage(disk.device));
            assertTrue(run.exit() == Cli.FAILED && run.err().contains("another run works on " + disk.device), run::toString);
        }
    }

    @Test
    @Tag("fault")
    @DisplayName("refuses an image with snapshots, which a raw file would lose")
    void snapshots() {
        Path image = file("vda.qcow2");
        Proc.of("qemu-img", "create", "-f", "qcow2", image.toString(), "1G").check();
        Proc.of("qemu-img", "snapshot", "-c", "before", image.toString()).check();
        ScriptRun run = OfflineLab.run(lab.stage(image));
        assertTrue(run.exit() == Cli.FAILED && run.err().contains("has snapshots"), run::toString);
    }

    @Test
    @DisplayName("neither --artifacts nor --copy-to is a usage error")
    void nothingToDo() {
        assertEquals(Cli.USAGE, OfflineLab.run(lab.offline(file("sda.raw"))).exit());
    }
}
