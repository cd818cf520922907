//SOURCES ../common/cli/Proc.java
//SOURCES ../common/disk/PartitionLabel.java
//SOURCES ../common/ignition/IgnitionFiles.java
//SOURCES ../common/oci/Digest.java
//SOURCES ../create-gpt-partition.java
//SOURCES RenderedConfig.java
//SOURCES ScriptRun.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;

import common.cli.Proc;
import common.disk.PartitionLabel;
import common.ignition.IgnitionFiles.Mode;
import common.ignition.IgnitionFiles.Stage;
import common.oci.Digest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The program as a config carries it, with real partitions of loop devices, in a mount namespace where /run may be
 * changed. What only a booted node shows is in {@link NodeBootTest}: udev, multipath, the kernel's view of the disk.
 */
@DisplayName("precache-data")
class PrecacheDataTest {
    /** No disk of this host has it. */
    private static final PartitionLabel LABEL = new PartitionLabel("precache-test-" + ProcessHandle.current().pid());
    private static final String CLOSED = "systemctl stop --no-block precache-registry.socket\n";
    private static final String SANDBOX = """
            mount -t tmpfs tmpfs /run
            mount -t tmpfs tmpfs /usr/local/bin
            printf '#!/bin/sh\\n' >/usr/local/bin/udevadm # a container has no udev
            printf '#!/bin/sh\necho systemctl "$@"\n' >/usr/local/bin/systemctl
            chmod 755 /usr/local/bin/*
            code=0
            bash /dev/stdin "$@" 2>&1 || code=$?
            echo "exit $code"
            cat /run/precache/data/inventory.json 2>/dev/null || echo nothing there
            findmnt --noheadings --output OPTIONS /run/precache/data || :
            """;

    @TempDir
    Path folder;
    private final Deque<String> loops = new ArrayDeque<>();

    @AfterEach
    void detach() {
        while (!loops.isEmpty()) {
            String loop = loops.pop();
            Proc.of("partx", "--delete", loop).run();
            Proc.of("losetup", "--detach", loop).check();
        }
    }

    /** A disk as the factory leaves it, with only the inventory in it. */
    private Path disk(String name, int sector, String inventory) throws IOException {
        Path raw = folder.resolve(name);
        try (RandomAccessFile file = new RandomAccessFile(raw.toFile(), "rw")) {
            file.setLength(400 << 20);
        }
        String loop = attach(raw, sector);
        Path mount = Files.createDirectory(folder.resolve(name + "-mount"));
        ScriptRun run = ScriptRun.of(new CreateGptPartition(), "--device", loop, "--start-sector", 2048, "--label", LABEL,
                "--mount", mount);
        assertEquals(0, run.exit(), run::toString);
        Files.writeString(mount.resolve("inventory.json"), inventory);
        Proc.of("umount", mount.toString()).check();
        return raw;
    }

    private String attach(Path raw, int sector) {
        String loop = Proc.of("losetup", "--find", "--show", "--sector-size", "" + sector, raw.toString()).check().strip();
        loops.push(loop);
        return loop;
    }

    private String run(String... inventory) {
        String program = RenderedConfig.of(Stage.AI, Mode.LOAD).program("precache-data");
        Proc.Result result = Proc.of("unshare", "--mount", "bash", "-ec", SANDBOX, "sandbox", LABEL.device(),
                inventory.length == 0 ? "" : Digest.of(inventory[0].getBytes()).hex()).stdin(program).run();
        assertEquals(0, result.exit(), result.err());
        return result.out();
    }

    @ParameterizedTest(name = "mounts the partition of a disk with sectors of {0} bytes by a read-only loop device")
    @ValueSource(ints = {512, 4096})
    void mounts(int sector) throws IOException {
        disk("disk", sector, "{}");
        String out = run();
        assertTrue(out.startsWith("partition " + LABEL + " on " + loops.peek() + " is at /run/precache/data\nexit 0\n{}ro,nosuid,"
                + "nodev,"), out);
        assertEquals(loops.peek(), Proc.of("losetup", "--noheadings", "--list", "--output", "NAME", "--associated",
                folder.resolve("disk").toString()).check().strip(), "the node's own loop device is gone with the mount");
    }

    @Test
    @DisplayName("two disks with the label: one line with both and status 4, unless an inventory is named")
    void twoDisks() throws IOException {
        disk("one", 512, "{\"disk\": 1}");
        String one = loops.peek();
        disk("two", 512, "{\"disk\": 2}");
        String two = loops.peek();
        String refused = run();
        assertAll(() -> assertTrue(refused.matches("no staged images: partition " + LABEL + " is on (" + one + " " + two + "|"
                + two + " " + one + "): remove all but one disk, or name the inventory \\(render --inventory\\)\n" + CLOSED + "exit 4\n"
                + "nothing there\n"), refused),
                () -> assertTrue(run("{\"disk\": 1}").contains("exit 0\n{\"disk\": 1}ro,")),
                () -> assertTrue(run("{\"disk\": 2}").contains("exit 0\n{\"disk\": 2}ro,")));
        String neither = run("{\"disk\": 3}");
        assertTrue(neither.matches("no staged images: partition " + LABEL + ": (/dev/loop\\d+: its inventory.json is another "
                + "one(; )?){2}\n" + CLOSED + "exit 4\nnothing there\n"), neither);
    }

    @Test
    @DisplayName("two disks that are the same byte for byte: takes one")
    void copies() throws IOException {
        Path one = disk("one", 512, "{}");
        Path two = Files.copy(one, folder.resolve("two"));
        Proc.of("partx", "--add", attach(two, 512)).check();
        String out = run("{}");
        assertTrue(out.contains("exit 0\n{}ro,"), out);
    }

    @Test
    @DisplayName("a log that was not written back cannot be replayed on a read-only device: does without, and says so")
    void dirtyLog() throws IOException {
        disk("disk", 512, "{}");
        Proc.of("mount", loops.peek() + "p1", folder.resolve("disk-mount").toString()).check();
        Files.writeString(folder.resolve("disk-mount/more"), "more");
        Proc.of("xfs_io", "-x", "-c", "shutdown -f", folder.resolve("disk-mount").toString()).check();
        Proc.of("umount", folder.resolve("disk-mount").toString()).check();
        String out = run();
        assertTrue(out.startsWith("partition " + LABEL + " on " + loops.peek() + " was not unmounted in the factory: mounted "
                + "without its log, files may lack\npartition " + LABEL) && out.contains("exit 0\n{}ro,"), out);
    }

    @Test
    @DisplayName("a damaged one: one line with disk and reason, status 4, at once")
    void damaged() throws IOException {
        Path raw = disk("disk", 512, "{}");
        Proc.of("partx", "--delete", loops.peek()).check();
        try (RandomAccessFile file = new RandomAccessFile(raw.toFile(), "rw")) {
            file.seek(2049 * 512);
            file.write(new byte[200 << 10]);
        }
        Proc.of("partx", "--add", loops.peek()).check();
        long begun = System.nanoTime();
        String out = run();
        assertAll(() -> assertTrue(out.matches("no staged images: partition " + LABEL + ": " + loops.peek()
                + ": mount: .*\n" + CLOSED + "exit 4\nnothing there\n"), out),
                () -> assertTrue(System.nanoTime() - begun < 10_000_000_000L));
    }
}
