package common.offline;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/Proc.java
//SOURCES ../disk/BlockDevice.java
//SOURCES ../disk/GptPlan.java
//SOURCES ../disk/PartitionNode.java
//SOURCES ../disk/TrialMount.java
//SOURCES ../http/ArtifactFolder.java
//SOURCES ../http/ArtifactServer.java
//SOURCES ../http/ArtifactSource.java
//SOURCES ../inventory/StagingMode.java
//SOURCES ../staging/PartitionStager.java
//SOURCES ../staging/StagingRequest.java
//SOURCES ../verify/Expected.java
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
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.Json;
import common.cli.Proc;
import common.disk.BlockDevice;
import common.disk.BlockDevice.Partition;
import common.disk.GptPlan;
import common.disk.PartitionNode;
import common.disk.TrialMount;
import common.http.ArtifactFolder;
import common.http.ArtifactServer;
import common.http.ArtifactSource;
import common.inventory.StagingMode;
import common.staging.PartitionStager;
import common.staging.StagingRequest;
import common.verify.Expected;
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

    /** The partition, and what could not be staged onto it: name on the server -> reason. */
    private record Staged(GptPlan plan, Map<String, String> failed) {
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
     * @return the report, with {@code failed}: file or copy -> reason
     */
    public ObjectNode run() throws IOException, InterruptedException {
        needs();
        try (OfflineDisk image = OfflineDisk.of(request.disk())) {
            Staged staged = request.artifacts() == null ? new Staged(staged(image), Map.of()) : stage(image);
            GptPlan plan = staged.plan;
            if (!staged.failed.isEmpty()) {
                return report(plan, null, new DiskCopies.Outcome(List.of(), staged.failed));
            }
            DiskCopies.Outcome made;
            VerifiedPartition contents;
            step("trial mount", () -> {
                TrialMount.of(plan.disk(), plan.partition()).run();
                return null;
            });
            try (PartitionNode node = PartitionNode.of(plan.disk(), plan.partition())) {
                contents = step("verify", () -> node.mounted(this::verified));
                DiskCopies copies = new DiskCopies(image.path(), plan, node, contents, request);
                made = request.copies().isEmpty() ? new DiskCopies.Outcome(List.of(), Map.of())
                        : step("copy", () -> copies.make(text));
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
        StagingRequest wanted = wanted();
        try (OfflineDisk image = OfflineDisk.of(request.disk())) {
            text.println("# " + GptPlan.human(wanted.bytes()) + " of release " + wanted.release() + ", mode "
                    + wanted.wanted().mode() + ", onto " + image.path());
            if (image.isBeside()) {
                text.println("# by way of a raw file beside it");
            } else if (request.hinted() != null && !request.hinted().wiping().isEmpty()) {
                request.hinted().wiping().forEach(wipe -> text.println(wipe.shown()));
                text.println("# and then the commands for a blank disk");
            } else {
                BlockDevice disk = BlockDevice.of(image.path());
                Path mount = mount(disk);
                GptPlan plan = GptPlan.of(disk, request.partition(mount, wanted.release()));
                wanted.checkFits(disk.size(plan.partition()), disk.path().toString());
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
        GptPlan plan = GptPlan.of(image.open(0), request.partition());
        if (plan.action() != GptPlan.Action.REUSE) {
            throw new Cli.Failure(image.path() + ": no staged partition " + request.label() + "; --artifacts stages it");
        }
        plan.run(); // the kernel may not know of the partition yet
        return plan;
    }

    private VerifiedPartition verified(Path folder) throws IOException {
        return request.key() == null ? VerifiedPartition.verified(folder)
                : VerifiedPartition.verified(folder, new Expected(true, request.mode(), request.release()), request.key());
    }

    private StagingRequest wanted() throws IOException {
        Path local = Path.of(request.artifacts());
        ArtifactSource source = Files.isDirectory(local) ? new ArtifactFolder(local) : ArtifactServer.at(request.artifacts(),
                request.certDir());
        StagingRequest wanted = StagingRequest.of(source, request.release(), request.mode());
        if (request.key() != null) {
            wanted.wanted().of().checkSigned(request.key());
        }
        return wanted;
    }

    private Staged stage(OfflineDisk image) throws IOException, InterruptedException {
        StagingRequest wanted = wanted();
        if (image.size() == 0) {
            BlockDevice fresh = new BlockDevice(image.path(), true, 512, request.newBytes());
            Partition partition = GptPlan.place(fresh, List.of(), request.partition(null, wanted.release()));
            wanted.checkFits(fresh.size(partition), image.path().toString());
        }
        image.refuseFullFolder(wanted.bytes());
        BlockDevice disk = image.open(request.newBytes());
        Path mount = mount(disk);
        if (request.hinted() != null && !request.hinted().wiping().isEmpty()) {
            wanted.checkFits(disk.size(GptPlan.place(disk, List.of(), request.partition(mount, wanted.release()))),
                    disk.path().toString());
            request.hinted().wipe(request.partition(mount, wanted.release()));
        }
        GptPlan plan = GptPlan.of(disk, request.partition(mount, wanted.release()));
        wanted.checkFits(disk.size(plan.partition()), disk.path().toString());
        if (wanted.node().isEmpty() && wanted.wanted().mode() != StagingMode.STORE) {
            Cli.warn("no node.tar on the artifact server: a node without Java cannot load the images; make "
                    + "it there with stage-node.java");
        }
        try {
            step("partition", () -> {
                plan.run();
                text.println(plan.summary(mount, false));
                return null;
            });
            return new Staged(plan, step("stage", () -> fetch(wanted, mount)));
        } finally {
            unmount(disk, mount);
        }
    }

    private static Path mount(BlockDevice disk) {
        return MOUNTS.resolve(disk.path().toString().substring(1).replace('/', '-'));
    }

    private Map<String, String> fetch(StagingRequest wanted, Path mount) throws IOException {
        try (PartitionStager staging = new PartitionStager(wanted.wanted(), mount, JOBS)) {
            PartitionStager.Plan plan = staging.plan();
            text.printf(Locale.ROOT, "Plan: release %s, mode %s, %s, %.1f MB; %.1f MB here, %.1f MB to fetch%n",
                    wanted.release(), wanted.wanted().mode(), Cli.count(plan.files(), "file"),
                    plan.bytes() / 1e6,
                    plan.presentBytes() / 1e6, plan.fetchBytes() / 1e6);
            return staging.run(plan, request.by(), false).failed();
        }
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

    private ObjectNode report(GptPlan plan, VerifiedPartition contents, DiskCopies.Outcome copies) {
        BlockDevice disk = plan.disk();
        Partition partition = plan.partition();
        ObjectNode report = Json.object().put("disk", request.disk().toString()).put("partition", partition.number())
                .put("offset", disk.offset(partition)).put("bytes", disk.size(partition));
        if (contents != null) {
            report.put("usedBytes", contents.usedBytes()).put("images", contents.images())
                    .put("inventory", contents.inventory() == null ? null : contents.inventory().toString());
        }
        copies.whole().forEach(c -> report.withArray("copies").add(c.toString()));
        seconds.forEach(report.putObject("seconds")::put);
        copies.failed().forEach(report.putObject("failed")::put);
        return report;
    }

    /** What failed by the report of {@link #run}, a line each; the last one counts those that are left out. */
    public static List<String> failures(ObjectNode report) {
        JsonNode failed = report.path("failed");
        Stream<String> first = failed.properties().stream().limit(SHOWN)
                .map(f -> "failed: " + f.getKey() + ": " + f.getValue().asText());
        return Stream.concat(first, failed.size() <= SHOWN ? Stream.empty()
                : Stream.of("failed: " + (failed.size() - SHOWN) + " more (--json lists all)")).toList();
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
            text.append(String.format(Locale.ROOT, "Partition %d: %s, %s used, %s, inventory %s%n",
                    report.path("partition").asInt(), GptPlan.human(report.path("bytes").asLong()),
                    GptPlan.human(report.path("usedBytes").asLong()), Cli.count(report.path("images").asInt(), "image"),
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
