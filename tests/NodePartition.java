//SOURCES ../common/cli/Proc.java
//SOURCES ../common/disk/PartitionLabel.java
//SOURCES ../create-gpt-partition.java
//SOURCES ScriptRun.java

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;

import common.cli.Proc;
import common.disk.PartitionLabel;

/** The installation disk of a lab node, with the data partition as the factory leaves it. */
final class NodePartition {
    private static final long BYTES = 600 << 20;
    private static final int FIRST_SECTOR = 2048;

    private NodePartition() {
    }

    /** A qcow2 disk; the partition has what is in the folder. */
    static Path disk(Path folder, String name, PartitionLabel label, Path content) throws IOException {
        Path raw = raw(folder, name);
        Path mount = Files.createDirectory(folder.resolve(name));
        ScriptRun run = ScriptRun.of(new CreateGptPartition(), "--device", raw, "--start-sector", FIRST_SECTOR,
                "--label", label, "--mount", mount);
        assertEquals(0, run.exit(), run::toString);
        try {
            Proc.of("cp", "--archive", content + "/.", mount + "/").check();
        } finally {
            Proc.of("umount", mount.toString()).check();
        }
        return qcow2(raw);
    }

    /** The file system is XFS by its superblock, and broken behind it. */
    static Path damaged(Path folder, String name, PartitionLabel label) throws IOException {
        Path raw = raw(folder, name);
        ScriptRun run = ScriptRun.of(new CreateGptPartition(), "--device", raw, "--start-sector", FIRST_SECTOR,
                "--label", label, "--no-mount");
        assertEquals(0, run.exit(), run::toString);
        try (RandomAccessFile file = new RandomAccessFile(raw.toFile(), "rw")) {
            file.seek((FIRST_SECTOR + 1) * 512);
            file.write(new byte[200 << 10]);
        }
        return qcow2(raw);
    }

    private static Path raw(Path folder, String name) throws IOException {
        Path raw = folder.resolve(name + ".raw");
        try (RandomAccessFile file = new RandomAccessFile(raw.toFile(), "rw")) {
            file.setLength(BYTES);
        }
        return raw;
    }

    private static Path qcow2(Path raw) throws IOException {
        Path disk = Path.of(raw.toString().replaceFirst("raw$", "qcow2"));
        Proc.of("qemu-img", "convert", "-O", "qcow2", raw.toString(), disk.toString()).check();
        Files.delete(raw);
        return disk;
    }
}
