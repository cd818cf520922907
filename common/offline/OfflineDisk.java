package common.offline;

//SOURCES ../cli/Json.java
//SOURCES ../cli/AtomicFile.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/FileTree.java
//SOURCES ../cli/LockFile.java
//SOURCES ../cli/Proc.java
//SOURCES ../disk/BlockDevice.java

import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.AtomicFile;
import common.cli.Cli;
import common.cli.FileTree;
import common.cli.Json;
import common.cli.LockFile;
import common.cli.Proc;
import common.disk.BlockDevice;

/**
 * A disk that is written with no machine around it: a block device or a raw file, as they are; or a qcow2 image, or a
 * file that is not there yet. Of these two the work is done in {@code .NAME.raw} beside it, a sparse raw file, and they
 * get their name when all is done. An interrupted run finds that file again and goes on with it.
 */
public final class OfflineDisk implements AutoCloseable {
    private static final byte[] QCOW2 = {'Q', 'F', 'I', (byte) 0xfb};

    private final Path path;
    private final Path raw;
    private final boolean qcow2;
    private LockFile lock;

    private OfflineDisk(Path path, Path raw, boolean qcow2) {
        this.path = path;
        this.raw = raw;
        this.qcow2 = qcow2;
    }

    /** Looks at what is there, and writes nothing. Throws {@link Cli.Failure} for an image that cannot be written. */
    public static OfflineDisk of(Path given) throws IOException {
        Path path = Files.exists(given) ? given.toRealPath() : given.toAbsolutePath().normalize();
        String name = path.getFileName().toString();
        if (!Files.isDirectory(path.getParent())) {
            throw new Cli.Failure(Cli.MISSING, path.getParent() + ": no such folder, for " + name);
        }
        if (path.startsWith("/dev") && !Files.exists(path)) {
            throw new Cli.Failure(Cli.MISSING, path + ": no such disk; `lsblk` lists the disks");
        }
        boolean file = Files.isRegularFile(path);
        boolean qcow2 = file ? isQcow2(path) : name.endsWith(".qcow2");
        if (!qcow2 && name.matches(".*\\.(qcow2?|vmdk|vdi|vhdx?)")) {
            throw new Cli.Failure(path + ": not a qcow2 image; raw and qcow2 can be written, convert it with "
                    + "qemu-img convert -O qcow2");
        }
        if (qcow2) {
            Proc.need("qemu-img");
        }
        if (qcow2 && file) {
            refuseEntangled(path);
        }
        boolean beside = qcow2 || !Files.exists(path);
        return new OfflineDisk(path, beside ? path.resolveSibling("." + name + ".raw") : path, qcow2);
    }

    private static boolean isQcow2(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return Arrays.equals(QCOW2, in.readNBytes(4));
        }
    }

    /** Going through a raw file would lose snapshots, the backing file and encryption. */
    private static void refuseEntangled(Path path) {
        JsonNode info = info(path);
        String why = info.has("backing-filename") ? "a backing file" : info.has("snapshots") ? "snapshots"
                : info.path("encrypted").asBoolean() ? "encryption" : null;
        if (why != null) {
            throw new Cli.Failure(path + ": has " + why + ", which would be lost; make an image of its own with "
                    + "qemu-img convert -O qcow2, and give that");
        }
    }

    /** Fails, too, when a virtual machine has it open. */
    private static JsonNode info(Path path) {
        Proc info = Proc.of("qemu-img", "info", "--output=json", path.toString());
        return Json.parse(info.check().getBytes(StandardCharsets.UTF_8), info.shown());
    }

    public Path path() {
        return path;
    }

    /** Its size in bytes; 0 when it is not there yet. */
    public long size() throws IOException {
        return qcow2 && Files.exists(path) ? info(path).path("virtual-size").asLong()
                : !Files.exists(path) ? 0 : BlockDevice.of(path).size();
    }

    /** Whether the work is done in a raw file beside it. */
    public boolean isBeside() {
        return !raw.equals(path);
    }

    private boolean isNew() throws IOException {
        return !Files.exists(raw) || isStale();
    }

    /** A raw file of an interrupted run is older than what a virtual machine did to the image since. */
    private boolean isStale() throws IOException {
        return qcow2 && Files.exists(path)
                && Files.getLastModifiedTime(raw).compareTo(Files.getLastModifiedTime(path)) < 0;
    }

    /** Throws {@link Cli.Failure} when the folder has no room for that many bytes more: sparse files grow. */
    public void refuseFullFolder(long bytes) throws IOException {
        if (Files.exists(raw) && !Files.isRegularFile(raw)) {
            return;
        }
        long has = isNew() ? 0 : FileTree.bytes(raw);
        long needed = Math.max(0, bytes - has) + (qcow2 ? bytes : 0);
        long free = path.getParent().toFile().getUsableSpace();
        if (needed > free) {
            throw new Cli.Failure(String.format(Locale.ROOT, "%s does not fit: its folder has %.1f MB free, %.1f MB "
                    + "are needed%s; nothing was written", path, free / 1e6, needed / 1e6,
                    qcow2 ? ", as raw file and as qcow2" : ""));
        }
    }

    /** Makes the file that is worked on, of that size if there is none yet; what there is now can be partitioned. */
    public BlockDevice open(long newBytes) throws IOException {
        lock = LockFile.tryTake(lockFile()).orElseThrow(() -> new Cli.Failure("another run works on " + path
                + "; wait for it or stop it"));
        if (isNew()) {
            Path temp = path.resolveSibling(raw.getFileName() + ".tmp");
            if (Files.exists(path)) {
                convert("qcow2", path, "raw", temp);
            } else {
                sparse(temp, newBytes);
            }
            AtomicFile.rename(temp, raw);
        }
        return BlockDevice.of(raw);
    }

    /** Beside a file; of a device in /run, where it is gone with the next boot, as a device's name may be. */
    private Path lockFile() {
        boolean device = Files.exists(path) && !Files.isRegularFile(path);
        return device ? Path.of("/run", "." + path.toString().substring(1).replace('/', '-') + ".lock")
                : path.resolveSibling("." + path.getFileName() + ".lock");
    }

    private static void sparse(Path file, long bytes) throws IOException {
        try (RandomAccessFile disk = new RandomAccessFile(file.toFile(), "rw")) {
            disk.setLength(0);
            disk.setLength(bytes);
        }
    }

    private static void convert(String from, Path source, String to, Path target) {
        Proc.of("qemu-img", "convert", "-f", from, "-O", to, source.toString(), target.toString()).check();
    }

    /** All that was written is on the disk, and a file has its name. */
    public void commit() throws IOException {
        Proc.of("sync", raw.toString()).check();
        if (isBeside()) {
            Path whole = raw;
            if (qcow2) {
                whole = path.resolveSibling("." + path.getFileName() + ".tmp");
                convert("raw", raw, "qcow2", whole);
                Proc.of("sync", whole.toString()).check();
            }
            AtomicFile.rename(whole, path);
            Files.deleteIfExists(raw);
            AtomicFile.sync(path.getParent());
        }
    }

    /** Nothing was changed: the file beside an image is not needed. */
    public void discard() throws IOException {
        if (isBeside()) {
            Files.deleteIfExists(raw);
        }
    }

    @Override
    public void close() throws IOException {
        if (lock != null) {
            Files.deleteIfExists(lockFile());
            lock.close();
        }
    }
}
