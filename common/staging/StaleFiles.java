package common.staging;

//SOURCES ../cli/AtomicFile.java
//SOURCES ../oci/DiskNames.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

import common.cli.AtomicFile;
import common.oci.DiskNames;

/**
 * What earlier stagings left on a partition and what is staged now does not need: layers of another release, a store
 * that the mode leaves out. Only files that a staging makes are looked at; whatever else lies there is not ours.
 *
 * @param sizes file -> bytes
 */
record StaleFiles(Map<Path, Long> sizes) {
    /** @param needed files of the partition that stay, by their absolute paths */
    static StaleFiles in(Path partition, Set<Path> needed) throws IOException {
        Path blobs = partition.resolve(DiskNames.BLOBS).resolve("sha256");
        List<Path> made = new ArrayList<>(List.of(partition.resolve(DiskNames.STORE)));
        for (String set : DiskNames.SETS) {
            made.addAll(files(partition.resolve(set)));
        }
        made.addAll(files(blobs));
        made.addAll(files(blobs.resolve(".partial")));
        Map<Path, Long> sizes = new TreeMap<>();
        for (Path file : made) {
            if (!needed.contains(file) && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                sizes.put(file, Files.size(file));
            }
        }
        return new StaleFiles(sizes);
    }

    private static List<Path> files(Path folder) throws IOException {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }

    long bytes() {
        return sizes.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Documents go first: one that is there speaks of files that are there. */
    void delete() throws IOException {
        for (Path file : sizes.keySet().stream().sorted(Comparator.comparing(StaleFiles::isDocument).reversed()).toList()) {
            Files.delete(file);
            if (isDocument(file)) {
                AtomicFile.sync(file.getParent());
            }
        }
    }

    private static boolean isDocument(Path file) {
        return DiskNames.SETS.contains(file.getParent().getFileName().toString());
    }
}
