package common.storage;

//SOURCES ../cli/Cli.java
//SOURCES ../cli/FileTree.java
//SOURCES ../cli/Proc.java
//SOURCES ../disk/MountEntry.java
//SOURCES ContainersStorage.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;

import common.cli.Cli;
import common.cli.FileTree;
import common.cli.Proc;
import common.disk.MountEntry;

/** A packed store, mounted read-only in a folder of its own for as long as this is open. Needs root. */
public final class MountedStore implements AutoCloseable {
    /** In the store: the references it answers, one a line. */
    public static final String NAMES = "names.txt";

    private final Path temp;

    private MountedStore(Path temp) {
        this.temp = temp;
    }

    /** Throws {@link Cli.Failure} when the file does not mount. */
    public static MountedStore of(Path file) throws IOException {
        MountedStore mount = new MountedStore(Files.createTempDirectory("store"));
        try {
            Path point = Files.createDirectory(mount.root());
            Proc.Result result = Proc.of("mount", "-t", "squashfs", "-o", "ro,loop", file.toString(), point.toString())
                    .run();
            if (!result.ok()) {
                String reason = result.err().lines().findFirst().orElse(result.reason()); // the last names dmesg
                throw new Cli.Failure(file + " does not mount: " + reason + "; build it again");
            }
            return mount;
        } catch (IOException | RuntimeException e) {
            FileTree.delete(mount.temp);
            throw e;
        }
    }

    /** The graphroot. */
    public Path root() {
        return temp.resolve("store");
    }

    /**
     * What {@link #NAMES} promises and podman does not find.
     *
     * @throws Cli.Failure when podman cannot read the store
     */
    public Set<String> lacking() throws IOException {
        Set<String> lacking = new TreeSet<>(Files.readAllLines(root().resolve(NAMES)));
        Path own = Files.createDirectory(temp.resolve("own"));
        try {
            lacking.removeAll(new ContainersStorage(own, temp.resolve("run"), root(), temp).names());
            return lacking;
        } finally {
            Proc.of("umount", "--quiet", own.resolve("overlay").toString()).run(); // podman leaves it mounted on itself
        }
    }

    @Override
    public void close() throws IOException {
        MountEntry.detach(root());
        FileTree.delete(temp);
    }
}
