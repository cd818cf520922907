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
    private static final long MIB = 1 << 20;
    /** Room for what an installer writes. */
    private static final long FREE = 100 * MIB;
    private static final long BYTES = FREE + 600 * MIB;

    private NodePartition() {
    }

    /** A qcow2 disk with sectors of 512 bytes; the partition has what is in the folder. */
    static Path disk(Path folder, String name, PartitionLabel label, Path content) throws IOException {
        return qcow2(raw(folder, name, 512, label, content));
    }

    /** The same as a raw file, with sectors of that many bytes. */
    static Path raw(Path folder, String name, int sector, PartitionLabel label, Path content) throws IOException {
        Path raw = folder.resolve(name + ".raw");
        try (RandomAccessFile file = new RandomAccessFile(raw.toFile(), "rw")) {
            file.setLength(BYTES);
        }
        Path mount = Files.createDirectory(folder.resolve(name));
        String loop = Proc.of("losetup", "--find", "--show", "--sector-size", "" + sector, raw.toString()).check().strip();
        try {
            ScriptRun run = ScriptRun.of(new CreateGptPartition(), "--device", loop, "--start-sector", FREE / sector,
                    "--label", label, "--mount", mount);
            assertEquals(0, run.exit(), run::toString);
            try {
                Proc.of("cp", "--archive", content + "/.", mount + "/").check();
            } finally {
                Proc.of("umount", mount.toString()).check();
            }
        } finally {
            Proc.of("partx", "--delete", loop).run();
            Proc.of("losetup", "--detach", loop).check();
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
