package common.staging;

//SOURCES ../cli/Cli.java
//SOURCES ../oci/DiskNames.java

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;

import common.cli.Cli;
import common.oci.DiskNames;

/** A partition that is written to as root, and that somebody else may have written to before. */
final class ArrivedDisk {
    /** Removed before anything is unpacked there, and no link in it is followed meanwhile. */
    private static final Set<String> REPLACED = Set.of(DiskNames.NODE, "." + DiskNames.NODE + ".tmp");

    private ArrivedDisk() {
    }

    /**
     * Throws {@link Cli.Failure} when there are links that lead elsewhere, devices or pipes, before anything is written
     * through them. Ours are the links of the sets to the blobs, and those in node/.
     */
    static void refuseStrangers(Path folder) throws IOException {
        Path root = folder.toRealPath();
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) {
                boolean replaced = root.equals(dir.getParent()) && REPLACED.contains(dir.getFileName().toString());
                return replaced ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                boolean ours = attributes.isSymbolicLink() && file.getFileName().toString().matches("blobs|\\.blobs\\.tmp")
                        && root.equals(file.getParent().getParent())
                        && Files.readSymbolicLink(file).equals(Path.of("..", DiskNames.BLOBS));
                if (!attributes.isRegularFile() && !ours) {
                    throw new Cli.Failure(file + ": " + (attributes.isSymbolicLink() ? "a link to "
                            + Files.readSymbolicLink(file) : "neither a file nor a folder") + ", which no staging made; "
                            + "make the file system anew (create-gpt-partition --fresh) or remove it; nothing was written");
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                if (e instanceof AccessDeniedException) {
                    return FileVisitResult.CONTINUE; // lost+found: nor could we write there
                }
                throw e;
            }
        });
    }
}
