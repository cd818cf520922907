package common.verify;

//SOURCES ../cli/Cli.java
//SOURCES ../cli/Progress.java
//SOURCES ../inventory/ArtifactTree.java
//SOURCES ../inventory/Inventory.java
//SOURCES ../oci/Digest.java
//SOURCES Expected.java
//SOURCES Verification.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;

import common.cli.Cli;
import common.cli.Progress;
import common.inventory.ArtifactTree;
import common.inventory.Inventory;
import common.oci.Digest;

/**
 * What a staged partition has, all of it read and checked.
 *
 * @param bytes of the files that were hashed
 * @param usedBytes as the file system counts them
 * @param inventory the digest of its inventory.json; null when there is none
 */
public record VerifiedPartition(int images, long bytes, long usedBytes, Digest inventory) {
    /** Throws {@link Cli.Failure} that says what is wrong. The folder: freshly mounted, so that the disk is read. */
    public static VerifiedPartition verified(Path folder) throws IOException {
        return verified(folder, Expected.AS_STAGED, null);
    }

    /** The same, by what is expected of it and the key that must have signed its inventory; null: anybody or nobody. */
    public static VerifiedPartition verified(Path folder, Expected expected, PublicKey key) throws IOException {
        Verification verification = new Verification(ArtifactTree.at(folder), expected, null, key, false);
        try (Progress progress = Progress.start("Verifying", verification.files(), verification.bytes())) {
            return verified(folder, verification, progress);
        }
    }

    /** The same where several are verified at once, with one progress for all. */
    public static VerifiedPartition verified(Path folder, Progress progress) throws IOException {
        return verified(folder, new Verification(ArtifactTree.at(folder), Expected.AS_STAGED,
                null, null, false), progress);
    }

    private static VerifiedPartition verified(Path folder, Verification verification, Progress progress)
            throws IOException {
        verification.run(progress);
        var wrong = verification.findings().wrong();
        if (!wrong.isEmpty()) {
            throw new Cli.Failure("what was written is not whole: " + wrong.get(0) + (wrong.size() == 1 ? ""
                    : " and " + (wrong.size() - 1) + " more"));
        }
        return new VerifiedPartition(verification.images(), verification.bytes(), folder.toFile().getTotalSpace()
                - folder.toFile().getFreeSpace(), inventory(folder));
    }

    public static Digest inventory(Path folder) throws IOException {
        Path file = folder.resolve(Inventory.FILE);
        return Files.exists(file) ? Digest.of(file) : null;
    }
}
