package common.disk;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/Proc.java
//SOURCES BlockDevice.java

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;

import common.cli.Cli;
import common.cli.Proc;

/**
 * A mount as the node makes it: through a read-only loop device over the whole disk, which cannot replay the log of XFS.
 * Partition and disk have caches of their own in the kernel: what was written to the one is flushed first, so that the
 * other does not hide that it is missing.
 *
 * @param node of the partition; null: the disk is a file
 * @param disk or a regular file in the role of one
 * @param offset of the partition, in bytes
 * @param size of the partition, in bytes
 */
public record TrialMount(Path node, Path disk, long offset, long size) {
    private static final Path SYSFS = Path.of("/sys/class/block");
    private static final int SYSFS_SECTOR = 512;

    public static TrialMount of(BlockDevice disk, BlockDevice.Partition partition) {
        return new TrialMount(disk.regularFile() ? null : disk.node(partition.number()), disk.path(),
                disk.offset(partition), disk.size(partition));
    }

    /**
     * Of the partition that is mounted on the folder; none when nothing is, or no partition. One that is mounted to be
     * written to is a {@link Cli.Failure}: its log is never clean. So is one that this user may not mount.
     */
    public static Optional<TrialMount> mountedOn(Path folder) throws IOException {
        Optional<TrialMount> trial = partitionOn(folder);
        if (trial.isPresent() && !Cli.isRoot()) {
            throw new Cli.Failure("not root: mounting needs it");
        }
        if (trial.isPresent() && isWritable(folder)) {
            throw new Cli.Failure("mounted to be written to: mount -o remount,ro " + folder + ", then again");
        }
        return trial;
    }

    /**
     * Runs one of the partition that is mounted on the folder, to be written to; does nothing when none is, or for
     * another user than root. For this moment it is mounted read-only, which writes the log of XFS back to its place: a
     * server that is switched off afterwards without being shut down has all of it. Where a file is still written to
     * this is not possible, which is a warning. Throws {@link Cli.Failure} when a node could not mount the partition.
     */
    public static void ofStaged(Path folder) throws IOException {
        Optional<TrialMount> trial = partitionOn(folder);
        if (trial.isEmpty() || !Cli.isRoot() || !isWritable(folder) || !mount(folder, "FSTYPE").equals("xfs")) {
            return;
        }
        Proc.Result readOnly = remount("ro", folder).run();
        if (!readOnly.ok()) {
            Cli.warn("unmount " + folder + " before the server is switched off, or files may lack: it cannot be mounted "
                    + "read-only for a moment: " + readOnly.reason());
            return;
        }
        try {
            trial.get().run();
        } finally {
            remount("rw", folder).check();
        }
    }

    private static Proc remount(String how, Path folder) {
        return Proc.of("mount", "-o", "remount," + how, folder.toString());
    }

    private static Optional<TrialMount> partitionOn(Path folder) throws IOException {
        Optional<String> source = BlockDevice.mountedOn(folder.toRealPath());
        if (source.isEmpty() || !source.get().startsWith("/dev/")) {
            return Optional.empty();
        }
        Path node = Path.of(source.get()).toRealPath();
        Path sysfs = SYSFS.resolve(node.getFileName());
        if (!Files.exists(sysfs.resolve("partition"))) {
            return Optional.empty();
        }
        return Optional.of(new TrialMount(node, node.resolveSibling(sysfs.toRealPath().getParent().getFileName()),
                number(sysfs.resolve("start")) * SYSFS_SECTOR, number(sysfs.resolve("size")) * SYSFS_SECTOR));
    }

    private static boolean isWritable(Path folder) {
        return List.of(mount(folder, "OPTIONS").split(",")).contains("rw");
    }

    private static String mount(Path folder, String column) {
        return Proc.of("findmnt", "--noheadings", "--output", column, "--mountpoint", folder.toString()).check().strip();
    }

    /** Throws {@link Cli.Failure} when a node could not mount the partition. */
    public void run() throws IOException {
        if (node != null) {
            Proc.of("blockdev", "--flushbufs", node.toString()).check();
            Proc.of("blockdev", "--flushbufs", disk.toString()).check();
        } else {
            try (FileChannel file = FileChannel.open(disk, StandardOpenOption.WRITE)) {
                file.force(true);
            }
        }
        String loop = Proc.of("losetup", "--find", "--show", "--read-only", "--offset", "" + offset, "--sizelimit",
                "" + size, disk.toString()).check().strip();
        Path folder = Files.createTempDirectory("trial-mount");
        try {
            Proc.Result mount = Proc.of("mount", "-t", "xfs", "-o", "ro,nosuid,nodev,nouuid", loop, folder.toString()).run();
            if (!mount.ok()) {
                throw new Cli.Failure(disk + ": the node could not mount the partition: "
                        + mount.err().lines().findFirst().orElse("no reason")); // then comes where to read more
            }
            Proc.of("umount", folder.toString()).check();
        } finally {
            Proc.of("losetup", "--detach", loop).check();
            Files.delete(folder);
        }
    }

    private static long number(Path file) throws IOException {
        return Long.parseLong(Files.readString(file).strip());
    }
}
