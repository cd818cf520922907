package common.storage;

//SOURCES ../cli/AtomicFile.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/FileTree.java
//SOURCES ../cli/Proc.java
//SOURCES ../disk/MountEntry.java
//SOURCES ContainersStorage.java

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

import common.cli.AtomicFile;
import common.cli.Cli;
import common.cli.FileTree;
import common.cli.Proc;
import common.disk.MountEntry;

/**
 * Where a store image is unpacked before it is packed: {@code PARENT/.build-store}, with the overlay store itself in
 * {@code store}. It outlives an interrupted run, and the next run with the same input goes on with it, unless the host
 * was started anew meanwhile: containers-storage does not fsync, so after a power cut nobody knows what is in it.
 */
public final class StoreWorkspace implements AutoCloseable {
    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

    private final Path root;
    private final FileChannel lock;
    private Path runRoot;

    private StoreWorkspace(Path root, FileChannel lock) {
        this.root = root;
        this.lock = lock;
    }

    /**
     * Opens or makes it.
     *
     * @param input tells this input from others; what another one left is removed
     * @throws Cli.Failure when another run has it, and when the file system cannot hold an overlay store
     */
    public static StoreWorkspace open(Path parent, String input) throws IOException {
        Path real = Files.createDirectories(parent).toRealPath();
        Path root = Files.createDirectories(real.resolve(".build-store"));
        FileChannel lock = FileChannel.open(root.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (lock.tryLock() == null) {
            lock.close();
            throw new Cli.Failure("another build-store works in " + root + "; wait for it, or name another --scratch");
        }
        StoreWorkspace scratch = new StoreWorkspace(root, lock);
        try {
            String state = input + "\n" + Files.readString(BOOT_ID);
            Path file = root.resolve("input");
            if (!Files.exists(file) || !Files.readString(file).equals(state)) {
                scratch.empty();
                scratch.probe();
                AtomicFile.write(file, state.getBytes());
            }
            scratch.prepare();
            return scratch;
        } catch (IOException | RuntimeException e) {
            scratch.close();
            throw e;
        }
    }

    public Path store() {
        return root.resolve("store");
    }

    public ContainersStorage storage() {
        return new ContainersStorage(store(), runRoot, null, root.resolve("temp"));
    }

    /** What it takes on disk. */
    long bytes() {
        return FileTree.bytes(root);
    }

    /**
     * Unmounts what the programs left mounted: packing or removing would go into it. One that stays does
     * not keep the others.
     */
    public void unmount() throws IOException {
        List<Path> mounts = new ArrayList<>(MountEntry.list(MountEntry.OWN).stream().map(MountEntry::on)
                .filter(on -> on.startsWith(root)).toList());
        Collections.reverse(mounts); // the innermost first
        Cli.Failure stays = null;
        for (Path point : mounts) {
            try {
                MountEntry.detach(point);
            } catch (Cli.Failure e) {
                stays = stays == null ? e : stays;
            }
        }
        if (stays != null) {
            throw stays;
        }
    }

    /** Removes all of it. */
    public void delete() throws IOException {
        empty();
        FileTree.delete(root);
    }

    /** All but the lock; by rm, since there may be a million files. */
    private void empty() throws IOException {
        unmount();
        for (String name : List.of("input", "store", "temp", "probe")) {
            Proc.of("rm", "-rf", "--one-file-system", root.resolve(name).toString()).check();
        }
    }

    @Override
    public void close() throws IOException {
        try {
            unmount();
            if (runRoot != null) {
                FileTree.delete(runRoot);
            }
        } finally {
            lock.close();
        }
    }

    private void prepare() throws IOException {
        Files.createDirectories(store());
        FileTree.delete(root.resolve("temp")); // of a run that was killed
        for (String database : List.of("libpod", "db.sql")) { // podman's: it ties the store to one run root
            FileTree.delete(store().resolve(database));
        }
        Files.createDirectory(root.resolve("temp"));
        runRoot = Files.createTempDirectory("store");
    }

    /**
     * Tries what unpacking and mounting layers take: in an overlay on this file system one file is deleted (a whiteout
     * device) and one folder replaced (an xattr makes it opaque), and both must be so when it is mounted again.
     */
    private void probe() throws IOException {
        Path probe = Files.createDirectory(root.resolve("probe"));
        Path lower = Files.createDirectories(probe.resolve("lower/folder")).getParent();
        Files.createFile(lower.resolve("file"));
        Files.createFile(lower.resolve("folder/file"));
        Path upper = Files.createDirectory(probe.resolve("upper"));
        Path work = Files.createDirectory(probe.resolve("work"));
        Path merged = Files.createDirectory(probe.resolve("merged"));
        boolean good = overlay("lowerdir=" + lower + ",upperdir=" + upper + ",workdir=" + work, merged);
        if (good) {
            try {
                Files.delete(merged.resolve("file"));
                FileTree.delete(merged.resolve("folder"));
                Files.createDirectory(merged.resolve("folder"));
                unmount();
                good = overlay("lowerdir=" + upper + ":" + lower, merged) && !Files.exists(merged.resolve("file"))
                        && !Files.exists(merged.resolve("folder/file"));
            } catch (IOException e) {
                good = false;
            }
        }
        unmount();
        FileTree.delete(probe);
        if (!good) {
            FileTree.delete(root);
            throw new Cli.Failure("the file system of " + root.getParent() + " cannot hold an overlay store (no "
                    + "d_type, trusted xattrs or device nodes); name a folder on ext4 or XFS with --scratch");
        }
    }

    private static boolean overlay(String options, Path merged) {
        return Proc.of("mount", "-t", "overlay", "overlay", "-o", options, merged.toString()).run().ok();
    }
}
