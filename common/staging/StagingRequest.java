package common.staging;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/FileTree.java
//SOURCES ../cli/ScriptFolder.java
//SOURCES ../http/ArtifactSource.java
//SOURCES ../http/Download.java
//SOURCES ../inventory/StagingMode.java
//SOURCES ../oci/Digest.java
//SOURCES ../oci/DiskNames.java
//SOURCES PartitionStager.java
//SOURCES ServedRelease.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

import common.cli.Cli;
import common.cli.FileTree;
import common.cli.ScriptFolder;
import common.http.ArtifactSource;
import common.http.Download;
import common.inventory.StagingMode;
import common.oci.Digest;
import common.oci.DiskNames;

/**
 * What a factory VM is to get from the artifact server, known before it boots: how many bytes, and the node bundle that
 * carries the scripts into it.
 *
 * @param bytes on the partition, node.tar and what it unpacks to included
 */
public record StagingRequest(ServedRelease.Selection wanted, long files, long bytes) {
    private static final long BLOCK = 4096;
    private static final long LOG = 64L << 20; // XFS's journal: at least that, and about 1/2048 of large file systems

    /** Asks the source, by the plan that curl-all would make; its few documents go through a temporary folder. */
    public static StagingRequest of(ArtifactSource source, String release, StagingMode mode) throws IOException {
        ServedRelease.Selection wanted = ServedRelease.of(source, release).in(mode);
        wanted.notes().forEach(Cli::warn);
        Path temp = Files.createTempDirectory("create-vm");
        try (PartitionStager staging = new PartitionStager(wanted, temp, 4)) {
            PartitionStager.Plan plan = staging.plan();
            plan.failed().forEach((file, why) -> {
                throw new Cli.Failure("the artifact server's " + file + ": " + why + "; nothing was made");
            });
            long unpacked = wanted.of().node().map(ServedRelease.File::size).orElse(0L);
            return new StagingRequest(wanted, plan.files(), plan.bytes() + unpacked);
        } finally {
            FileTree.delete(temp);
        }
    }

    /** Throws {@link Cli.Failure} when the set does not fit into XFS on a partition of that many bytes. */
    public void checkFits(long partition, String disk) {
        if (partition <= 0) {
            throw new Cli.Failure("too small: the partition would begin at or beyond the end of " + disk + "; a larger disk in the "
                    + "profile, a lower --start-sector or --size is needed; nothing was made");
        }
        long needed = bytes + files * BLOCK + Math.max(LOG, partition / 2048);
        if (needed > partition) {
            throw new Cli.Failure(String.format(Locale.ROOT, "too small: %s, %.1f GB, do not fit onto a "
                    + "partition of %.1f GB on %s; a larger disk in the profile, a lower --start-sector or a larger --size is "
                    + "needed; nothing was made", Cli.count(files, "file"), bytes / 1e9, partition / 1e9, disk));
        }
    }

    /** Null when the server has a store and no set that would name one. */
    public String release() {
        return wanted.of().release();
    }

    public Optional<ServedRelease.File> node() {
        return wanted.of().node();
    }

    /** sha256 of inventory.json, which says what every file is; empty where the server has none. */
    public Optional<Digest> inventory() {
        return Optional.ofNullable(wanted.of().inventory()).map(Digest::of);
    }

    /**
     * The node bundle in this folder: the server's, checked against the inventory, what an earlier run fetched kept; or
     * that of this repository's own container-images.
     */
    public Path bundle(Path folder) throws IOException {
        if (node().isEmpty()) {
            return local();
        }
        ServedRelease.File tar = node().get();
        Path file = folder.resolve(DiskNames.NODE_TAR);
        boolean here = Files.exists(file) && tar.sha256() != null && Digest.of(file).equals(tar.sha256());
        if (!here) {
            new Download(folder.resolve(".partial-" + DiskNames.NODE_TAR), file, tar.size(), tar.sha256())
                    .from(wanted.of().source().source(tar.from()), n -> { });
        }
        return file;
    }

    /** The VM has no other Java. */
    private static Path local() {
        try {
            return ScriptFolder.beside(Path.of("container-images", DiskNames.NODE_TAR));
        } catch (Cli.Failure e) {
            throw new Cli.Failure("no node.tar, neither on the artifact server nor in container-images here, and the "
                    + "VM has no Java; make it on the artifact server: stage-node.java CONTAINER-IMAGES");
        }
    }
}
