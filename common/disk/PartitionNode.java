package common.disk;

//SOURCES ../cli/Proc.java
//SOURCES BlockDevice.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import common.cli.Proc;
import common.disk.BlockDevice.Partition;

/** A partition as a block device for as long as this is open: its node, or a loop device where its disk is a file. */
public final class PartitionNode implements AutoCloseable {
    private final Path device;
    private final boolean loop;

    private PartitionNode(Path device, boolean loop) {
        this.device = device;
        this.loop = loop;
    }

    public static PartitionNode of(BlockDevice disk, Partition partition) {
        if (!disk.regularFile()) {
            return new PartitionNode(disk.node(partition.number()), false);
        }
        String loop = Proc.of("losetup", "--find", "--show", "--offset", "" + disk.offset(partition), "--sizelimit",
                "" + disk.size(partition), disk.path().toString()).check().strip();
        return new PartitionNode(Path.of(loop), true);
    }

    public Path device() {
        return device;
    }

    /** Since the device was there, as the kernel counts (Documentation/block/stat.rst); 0 where it does not say. */
    public long bytesWritten() {
        try {
            Path stat = Path.of("/sys/class/block").resolve(device.toRealPath().getFileName()).resolve("stat");
            return Long.parseLong(Files.readString(stat).strip().split("\\s+")[6]) * 512;
        } catch (IOException | NumberFormatException | ArrayIndexOutOfBoundsException e) {
            return 0;
        }
    }

    /** What to do with the files of a partition. */
    public interface Look<R> {
        R at(Path folder) throws IOException;
    }

    /**
     * Mounts it for a look; throws {@link Cli.Failure} when it does not mount. Nothing is written, while XFS writes to
     * its log for a mere read-only mount.
     */
    public <R> R mounted(Look<R> look) throws IOException {
        Path folder = Files.createTempDirectory("partition");
        try {
            Proc.of("mount", "-o", "ro,norecovery", device.toString(), folder.toString()).check();
            try {
                return look.at(folder);
            } finally {
                Proc.of("umount", folder.toString()).check();
            }
        } finally {
            Files.delete(folder);
        }
    }

    @Override
    public void close() {
        if (loop) {
            Proc.of("losetup", "--detach", device.toString()).check();
        }
    }
}
