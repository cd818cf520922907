package common.offline;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/Proc.java
//SOURCES ../disk/BlockDevice.java
//SOURCES ../disk/GptPlan.java
//SOURCES ../disk/PartitionNode.java
//SOURCES ../http/FolderServer.java
//SOURCES ../staging/PartitionStager.java
//SOURCES ../staging/ServedRelease.java
//SOURCES ../staging/StagingRequest.java
//SOURCES ../verify/VerifiedPartition.java
//SOURCES DiskCopies.java
//SOURCES OfflineDisk.java
//SOURCES OfflineRequest.java

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.Json;
import common.cli.Proc;
import common.disk.BlockDevice;
import common.disk.BlockDevice.Partition;
import common.disk.GptPlan;
import common.disk.PartitionNode;
import common.http.FolderServer;
import common.staging.PartitionStager;
import common.staging.ServedRelease;
import common.staging.StagingRequest;
import common.verify.VerifiedPartition;

/**
 * Stages a disk with no machine around it: the host partitions it, mounts the partition, copies the artifacts, unmounts
 * and verifies; the result is what create-gpt-partition, curl-all and verify leave in a virtual machine. Then it stamps
 * copies. What a run leaves behind when it fails, the next one with the same arguments goes on with.
 */
public final class OfflineStaging {
    /** Below it a disk is mounted at a place that a later run knows again. */
    private static final Path MOUNTS = Path.of("/run/factory-staging");
    private static final int JOBS = 4;
    private static final int SHOWN = 20;

    private final OfflineRequest request;
    private final PrintStream text;
    private final Map<String, Double> seconds = new LinkedHashMap<>();
    private final Map<String, String> failed = new TreeMap<>();

    /** What there is to stage. */
    private record Artifacts(FolderServer folder, StagingRequest order) implements AutoCloseable {
        static Artifacts of(OfflineRequest request) throws IOException {
            Path local = Path.of(request.artifacts());
            FolderServer folder = Files.isDirectory(local) ? new FolderServer(local) : null;
            try {
                return new Artifacts(folder, StagingRequest.of(folder == null ? request.artifacts() : folder.address(),
                        request.release(), request.mode()));
            } catch (IOException | RuntimeException e) {
                new Artifacts(folder, null).close();
                throw e;
            }
        }

        @Override
        public void close() {
            if (folder != null) {
                folder.close();
            }
        }
    }

    private interface Step<R> {
        R run() throws IOException, InterruptedException;
    }

    public OfflineStaging(OfflineRequest request, PrintStream text) {
        this.request = request;
        this.text = text;
    }

    /**
     * Stages, verifies and copies. Throws {@link Cli.Failure} for a disk that must not be written, or is too small,
     * before it is touched.
     *
     * @return the report, with {@code failed}: file or copy → reason
     */
    public ObjectNode run() throws IOException, InterruptedException {
        needs();
        try (OfflineDisk image = OfflineDisk.of(request.disk())) {
            GptPlan plan = request.artifacts() == null ? staged(image) : stage(image);
            if (!failed.isEmpty()) {
                return report(plan, null, List.of());
            }
            List<Path> made = List.of();
            VerifiedPartition contents;
            try (PartitionNode node = PartitionNode.of(plan.disk(), plan.partition())) {
                contents = step("verify", () -> node.mounted(VerifiedPartition::verified));
                if (!request.copies().isEmpty()) {
                    DiskCopies copies = new DiskCopies(image.path(), plan, node, contents, request);
                    made = step("copy", () -> copies.make(failed, text));
                }
            }
            step("finish", () -> {
                if (request.artifacts() == null) {
                    image.discard();
                } else {
                    image.commit();
                }
                return null;
            });
            return report(plan, contents, made);
        }
    }

    /** What {@link #run} would do; writes nothing. */
    public void dryRun() throws IOException {
        needs();
        if (request.artifacts() != null) {
            dryStage();
        }
        request.copies().forEach(copy -> text.println("# then a copy to " + copy));
    }

    private void dryStage() throws IOException {
        try (Artifacts artifacts = Artifacts.of(request); OfflineDisk image = OfflineDisk.of(request.disk())) {
            text.println("# " + GptPlan.human(artifacts.order.bytes()) + " of release "
                    + artifacts.order.offer().release() + " onto " + image.path());
            if (image.isBeside()) {
                text.println("# by way of a raw file beside it");
            } else {
                BlockDevice disk = BlockDevice.of(image.path());
                Path mount = mount(disk);
                GptPlan plan = GptPlan.of(disk, request.partition(mount));
                artifacts.order.checkFits(disk.size(plan.partition()), disk.path().toString());
                plan.steps().forEach(s -> text.println(s.shown()));
                text.println("umount " + mount);
            }
        }
    }

    private static void needs() throws IOException {
        Cli.requireRoot("partitioning and mounting");
        Proc.need("sfdisk", "wipefs", "blkid", "partx", "losetup", "mkfs.xfs", "mount", "umount");
    }

    private GptPlan staged(OfflineDisk image) throws IOException, InterruptedException {
        if (image.size() == 0) {
            throw new Cli.Failure(Cli.MISSING, image.path() + ": not there; --artifacts stages it");
        }
        GptPlan plan = GptPlan.of(image.open(0), request.partition(null));
        if (plan.action() != GptPlan.Action.REUSE) {
            throw new Cli.Failure(image.path() + ": no staged partition " + request.label() + "; --artifacts stages it");
        }
        plan.run(); // the kernel may not know of the partition yet
        return plan;
    }

    private GptPlan stage(OfflineDisk image) throws IOException, InterruptedException {
        try (Artifacts artifacts = Artifacts.of(request)) {
            if (image.size() == 0) {
                BlockDevice fresh = new BlockDevice(image.path(), true, 512, request.newBytes());
                Partition partition = GptPlan.place(fresh, List.of(), request.partition(null));
                artifacts.order.checkFits(fresh.size(partition), image.path().toString());
            }
            image.refuseFullFolder(artifacts.order.bytes());
            BlockDevice disk = image.open(request.newBytes());
            Path mount = mount(disk);
            GptPlan plan = GptPlan.of(disk, request.partition(mount));
            artifacts.order.checkFits(disk.size(plan.partition()), disk.path().toString());
            if (artifacts.order.node().isEmpty() && request.mode() != ServedRelease.Mode.STORE) {
                Cli.warn("no node.tar on the artifact server: a node without Java cannot load the images; make "
                        + "it there with stage-node.java");
            }
            try {
                step("partition", () -> {
                    plan.run();
                    text.println(plan.summary(mount, false));
                    return null;
                });
                step("stage", () -> fetch(artifacts.order, mount));
            } finally {
                unmount(disk, mount);
            }
            return plan;
        }
    }

    private static Path mount(BlockDevice disk) {
        return MOUNTS.resolve(disk.path().toString().substring(1).replace('/', '-'));
    }

    private Void fetch(StagingRequest order, Path mount) throws IOException {
        try (PartitionStager staging = new PartitionStager(order.server(), order.offer(), mount, JOBS)) {
            PartitionStager.Plan plan = staging.plan();
            text.printf(Locale.ROOT, "Plan: release %s, %d files, %.1f MB; %.1f MB here, %.1f MB to fetch%n",
                    order.offer().release(), plan.files(), plan.bytes() / 1e6, plan.presentBytes() / 1e6,
                    plan.fetchBytes() / 1e6);
            staging.fetch(plan);
            staging.commit(request.by());
            failed.putAll(staging.failed());
        }
        return null;
    }

    /** Also after Ctrl-C. A loop device that the mount had goes a moment later. */
    private static void unmount(BlockDevice disk, Path mount) throws IOException, InterruptedException {
        Thread.interrupted();
        if (BlockDevice.mountedOn(mount).isPresent()) {
            Proc.of("umount", "-R", mount.toString()).check();
        }
        Files.deleteIfExists(mount);
        for (int tenths = 0; !disk.uses().isEmpty() && tenths < 100; tenths++) {
            Thread.sleep(100);
        }
    }

    private <R> R step(String name, Step<R> step) throws IOException, InterruptedException {
        long begun = System.nanoTime();
        try {
            return step.run();
        } finally {
            seconds.put(name, Math.round((System.nanoTime() - begun) / 1e8) / 10.0);
        }
    }

    private ObjectNode report(GptPlan plan, VerifiedPartition contents, List<Path> copies) {
        BlockDevice disk = plan.disk();
        Partition partition = plan.partition();
        ObjectNode report = Json.object().put("disk", request.disk().toString()).put("partition", partition.number())
                .put("offset", disk.offset(partition)).put("bytes", disk.size(partition));
        if (contents != null) {
            report.put("usedBytes", contents.usedBytes()).put("images", contents.images())
                    .put("inventory", contents.inventory() == null ? null : contents.inventory().toString());
        }
        copies.forEach(c -> report.withArray("copies").add(c.toString()));
        seconds.forEach(report.putObject("seconds")::put);
        failed.forEach(report.putObject("failed")::put);
        failed.entrySet().stream().limit(SHOWN)
                .forEach(f -> System.err.println("failed: " + f.getKey() + ": " + f.getValue()));
        return report;
    }

    /** What {@link #run} reported, for a person. */
    public static String text(ObjectNode report) {
        StringBuilder text = new StringBuilder();
        boolean whole = report.path("failed").isEmpty();
        text.append(whole ? "Pre staged disk ready to be delivered: " : "Not whole: ")
                .append(report.path("disk").asText());
        report.path("copies").forEach(c -> text.append(", ").append(c.asText()));
        text.append('\n');
        if (report.has("images")) {
            text.append(String.format(Locale.ROOT, "Partition %d: %s, %s used, %d images, inventory %s%n",
                    report.path("partition").asInt(), GptPlan.human(report.path("bytes").asLong()),
                    GptPlan.human(report.path("usedBytes").asLong()), report.path("images").asInt(),
                    report.path("inventory").asText("none")));
        }
        text.append("Seconds:");
        report.path("seconds").properties().forEach(s -> text.append(' ').append(s.getKey()).append(' ')
                .append(s.getValue().asText()));
        if (!whole) {
            text.append("\n").append(report.path("failed").size())
                    .append(" failed; what is whole stays: run the same command again");
        }
        return text.toString();
    }
}
