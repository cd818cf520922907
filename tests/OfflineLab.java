//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/disk/BlockDevice.java
//SOURCES ../common/disk/PartitionNode.java
//SOURCES ../container-images/curl-all.java
//SOURCES ../create-vm.java
//SOURCES ../lab/WebServer.java
//SOURCES ScriptRun.java
//SOURCES ServedTree.java

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

import common.cli.Cli;
import common.cli.Proc;
import common.disk.BlockDevice;
import common.disk.PartitionNode;

/** A factory server's images behind a real nginx, and disks that create-vm --offline stages from there. */
final class OfflineLab implements AutoCloseable {
    static final long GIB = 1L << 30;

    final Path folder;
    final Path root;
    final ServedTree served;
    private WebServer nginx;

    OfflineLab(Path folder) throws IOException {
        this.folder = folder.toRealPath();
        root = Files.createDirectory(folder.resolve("container-images"));
        served = ServedTree.small(root);
        Files.writeString(folder.resolve("profile.yaml"), "lab:\n  image: none\n  disks:\n  - size: 9\n  - size: 1\n");
        nginx = WebServer.start(folder.resolve("nginx"), root);
    }

    String address() {
        return "127.0.0.1:" + nginx.port();
    }

    /** Stops the server, as a power cut would; {@link #serve} brings it back. */
    void die() {
        nginx.close();
    }

    void serve() throws IOException {
        nginx = WebServer.start(folder.resolve("nginx"), root);
    }

    Object[] stage(Path disk, Object... more) {
        List<Object> args = new ArrayList<>(List.of("--artifacts", address()));
        args.addAll(List.of(more));
        return offline(disk, args.toArray());
    }

    Object[] offline(Path disk, Object... more) {
        List<Object> args = new ArrayList<>(List.of("--offline", "--disk", disk, "--size", "400MiB", "--profile",
                folder.resolve("profile.yaml")));
        args.addAll(List.of(more));
        return args.toArray();
    }

    static ScriptRun run(Object... args) {
        return ScriptRun.of(new CreateVm(), args);
    }

    static ScriptRun watched(Consumer<String> onLine, Object... args) {
        return ScriptRun.watched(onLine, new CreateVm(), args);
    }

    /** Runs it and expects a disk that holds what curl-all would have brought into a folder. */
    void assertStages(Path disk, Object... args) throws IOException {
        ScriptRun run = run(args);
        assertEquals(Cli.DONE, run.exit(), run::toString);
        assertStaged(disk);
    }

    void assertStaged(Path disk) throws IOException {
        Path expected = folder.resolve("expected");
        if (!Files.exists(expected)) {
            ScriptRun run = ScriptRun.of(new CurlAll(), address(), Files.createDirectory(expected));
            assertEquals(Cli.DONE, run.exit(), run::toString);
        }
        assertEquals(contents(expected), onDisk(disk, OfflineLab::contents));
        assertNothingLeft();
    }

    private static Map<String, String> contents(Path mount) throws IOException {
        Map<String, String> tree = ServedTree.staged(mount);
        tree.replace("staged.json", tree.get("staged.json").replaceFirst("\"by\".*", ""));
        return tree;
    }

    /** Looks at the files of a disk's partition "data"; the disk is a raw file, a qcow2 image or a device. */
    <R> R onDisk(Path disk, PartitionNode.Look<R> look) throws IOException {
        Path raw = disk;
        if (disk.toString().endsWith(".qcow2")) {
            raw = folder.resolve("look.raw");
            Proc.of("qemu-img", "convert", "-f", "qcow2", "-O", "raw", disk.toString(), raw.toString()).check();
        }
        BlockDevice device = BlockDevice.of(raw);
        BlockDevice.Partition data = device.partitions().stream().filter(p -> p.name().equals("data")).findFirst()
                .orElseThrow();
        try (PartitionNode node = PartitionNode.of(device, data)) {
            return node.mounted(look);
        }
    }

    /** No mount, no loop device of a file below this folder, no half file. */
    void assertNothingLeft() throws IOException {
        assertEquals("", Proc.of("losetup", "--noheadings", "--output", "BACK-FILE").check().lines()
                .filter(f -> f.contains(folder + "/") && !f.contains("disk.img")).reduce("", String::concat));
        try (DirectoryStream<Path> hidden = Files.newDirectoryStream(folder, ".*")) {
            hidden.forEach(file -> assertEquals(null, file));
        }
    }

    @Override
    public void close() {
        nginx.close();
    }
}
