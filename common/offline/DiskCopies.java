package common.offline;

//SOURCES ../cli/Cli.java
//SOURCES ../cli/FileTree.java
//SOURCES ../cli/Parallel.java
//SOURCES ../cli/Proc.java
//SOURCES ../cli/Progress.java
//SOURCES ../disk/BlockDevice.java
//SOURCES ../disk/GptPlan.java
//SOURCES ../disk/PartitionNode.java
//SOURCES ../verify/VerifiedPartition.java
//SOURCES OfflineDisk.java
//SOURCES OfflineRequest.java

import java.io.IOException;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import common.cli.Cli;
import common.cli.FileTree;
import common.cli.Parallel;
import common.cli.Proc;
import common.cli.Progress;
import common.disk.BlockDevice;
import common.disk.GptPlan;
import common.disk.PartitionNode;
import common.verify.VerifiedPartition;

/**
 * Copies of a staged partition on other disks, several at once: on each a partition of the same label, then xfs_copy,
 * which reads the source once, writes what is in use, and gives each copy a UUID of its own; last each copy is mounted
 * and verified against its inventory. Until its copy is whole a partition does not mount: xfs_copy sees to that.
 */
final class DiskCopies {
    private final Path path;
    private final BlockDevice source;
    private final PartitionNode from;
    private final long bytes;
    private final VerifiedPartition contents;
    private final OfflineRequest request;

    /** The copies that are whole; {@code failed}: path -> reason. */
    record Outcome(List<Path> whole, Map<String, String> failed) {
    }

    /** A disk that becomes a copy; {@code there} when it is one already. */
    private record Target(OfflineDisk image, GptPlan plan, boolean there) {
    }

    /** A copy with its device for as long as it is written and checked. */
    private record Written(Target target, PartitionNode node) {
    }

    /** {@code path}: of the source as it was given; {@code plan}: of its partition, which {@code from} is. */
    DiskCopies(Path path, GptPlan plan, PartitionNode from, VerifiedPartition contents, OfflineRequest request) {
        this.path = path;
        this.source = plan.disk();
        this.from = from;
        this.bytes = source.size(plan.partition());
        this.contents = contents;
        this.request = request;
    }

    /**
     * Makes them. A disk that must not be overwritten is a {@link Cli.Failure}, before any of them is written; one that
     * fails later does not stop the others.
     */
    Outcome make(PrintStream text) throws IOException, InterruptedException {
        Proc.need("xfs_copy");
        List<OfflineDisk> images = new ArrayList<>();
        try {
            Set<Path> paths = new HashSet<>(Set.of(path));
            List<Target> targets = new ArrayList<>();
            for (Path copy : request.copies()) {
                OfflineDisk image = OfflineDisk.of(copy);
                images.add(image);
                if (!paths.add(image.path())) {
                    throw new Cli.Failure(Cli.USAGE, copy + " is named twice");
                }
                image.refuseFullFolder(contents.usedBytes());
                targets.add(target(image));
            }
            text.println("Copying " + GptPlan.human(contents.usedBytes()) + " to "
                    + Cli.count(targets.stream().filter(t -> !t.there).count(), "disk") + ", then verifying");
            return write(targets);
        } finally {
            for (OfflineDisk image : images) {
                try {
                    image.close();
                } catch (IOException e) {
                    Cli.warn(Cli.describe(e));
                }
            }
        }
    }

    private Target target(OfflineDisk image) throws IOException {
        BlockDevice disk = image.open(source.size());
        GptPlan plan = GptPlan.of(disk, request.partition());
        if (disk.size(plan.partition()) < bytes) {
            throw refusal(disk, "its partition would have " + GptPlan.human(disk.size(plan.partition()))
                    + ", the source has " + GptPlan.human(bytes));
        }
        if (disk.sectorSize() > source.sectorSize()) {
            throw refusal(disk, "has sectors of " + disk.sectorSize() + " bytes, the source of " + source.sectorSize()
                    + "; stage it with --disk");
        }
        return new Target(image, plan, plan.action() == GptPlan.Action.REUSE && isCopy(plan));
    }

    /** Refuses another staging; what an interrupted copy or an empty file system holds may be overwritten. */
    private boolean isCopy(GptPlan plan) throws IOException {
        if (isHalf(plan)) {
            return false;
        }
        try (PartitionNode node = PartitionNode.of(plan.disk(), plan.partition())) {
            return node.mounted(folder -> {
                try (Stream<Path> files = Files.list(folder)) {
                    if (files.findAny().isEmpty()) {
                        return false;
                    }
                }
                if (contents.inventory() != null && contents.inventory().equals(VerifiedPartition.inventory(folder))) {
                    try {
                        VerifiedPartition.verified(folder);
                        return true;
                    } catch (Cli.Failure damaged) {
                        return false;
                    }
                }
                if (!request.force()) {
                    throw refusal(plan.disk(), "its partition " + request.label() + " holds something else; --force "
                            + "overwrites that");
                }
                return false;
            });
        }
    }

    /** sb_inprogress of the superblock: set by xfs_copy while it writes. */
    private static boolean isHalf(GptPlan plan) throws IOException {
        try (RandomAccessFile disk = new RandomAccessFile(plan.disk().path().toFile(), "r")) {
            disk.seek(plan.disk().offset(plan.partition()) + 126);
            return disk.read() == 1;
        }
    }

    private Outcome write(List<Target> targets) throws IOException, InterruptedException {
        Map<String, String> failed = new TreeMap<>();
        List<Path> whole = new ArrayList<>();
        List<Written> written = new ArrayList<>();
        Path scratch = Files.createTempDirectory("xfs_copy");
        try {
            for (Target target : targets) {
                if (target.there) {
                    whole.add(target.image.path());
                    continue;
                }
                try {
                    target.plan.run();
                    written.add(new Written(target, PartitionNode.of(target.plan.disk(), target.plan.partition())));
                } catch (Cli.Failure e) {
                    failed.put(target.image.path().toString(), e.getMessage());
                }
            }
            List<String> argv = new ArrayList<>(List.of("xfs_copy", "-L", scratch.resolve("log").toString(),
                    from.device().toString()));
            written.forEach(w -> argv.add(w.node.device().toString()));
            if (!written.isEmpty()) {
                Proc.Result copied = copy(Proc.of(argv), written);
                check(written, copied, whole, failed);
            }
            return new Outcome(whole, failed);
        } finally {
            for (Written w : written) { // each, whatever becomes of the others: a loop device would stay
                try {
                    w.node.close();
                } catch (Cli.Failure e) {
                    Cli.warn(e.getMessage());
                }
            }
            FileTree.delete(scratch);
        }
    }

    private Proc.Result copy(Proc xfsCopy, List<Written> written) {
        long[] before = written.stream().mapToLong(w -> w.node.bytesWritten()).toArray();
        try (Progress progress = Progress.start("Copying", contents.usedBytes() * written.size(), () -> IntStream.range(0,
                before.length).mapToLong(i -> written.get(i).node.bytesWritten() - before[i]).sum())) {
            return xfsCopy.run();
        }
    }

    private void check(List<Written> written, Proc.Result copied, List<Path> whole, Map<String, String> failed)
            throws IOException {
        try (Progress progress = Progress.start("Verifying copies", contents.bytes() * written.size())) {
            Parallel.run(written.size(), written, w -> check(w, copied, progress), (w, path) -> whole.add(path),
                    (w, e) -> failed.put(w.target.image.path().toString(), Cli.describe(e)));
        }
    }

    /** What is not whole must not look so: its file system is wiped away. */
    private Path check(Written written, Proc.Result copied, Progress progress) throws IOException {
        try {
            written.node.mounted(folder -> VerifiedPartition.verified(folder, progress));
        } catch (Cli.Failure e) {
            Proc.of("wipefs", "--all", written.node.device().toString()).run();
            throw copied.ok() ? e : new Cli.Failure(Cli.FAILED, "xfs_copy: " + copied.reason(), e);
        }
        written.target.image.commit();
        return written.target.image.path();
    }

    private static Cli.Failure refusal(BlockDevice disk, String why) {
        return new Cli.Failure(disk.path() + ": " + why + "; nothing was written");
    }
}
