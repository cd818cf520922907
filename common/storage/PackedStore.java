package common.storage;

//SOURCES ../cli/Json.java
//SOURCES ../cli/AtomicFile.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/FileTree.java
//SOURCES ../cli/Proc.java
//SOURCES ../cli/Progress.java
//SOURCES MountedStore.java
//SOURCES StoreEstimate.java
//SOURCES StoreNormalizer.java
//SOURCES StoreSource.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

import common.cli.AtomicFile;
import common.cli.Cli;
import common.cli.FileTree;
import common.cli.Json;
import common.cli.Proc;
import common.cli.Progress;

/**
 * All images of a release as one file that is mounted instead of unpacked: a squashfs whose root is an overlay
 * graphroot, used as an additional image store (containers-storage.conf(5), {@code additionalimagestores}).
 *
 * <pre>
 * overlay/ overlay-layers/ overlay-images/  what containers-storage wrote, see {@link StoreNormalizer}
 * names.txt                                 every reference that the store answers, a line each, sorted
 * store.json                                {"version": 1, "release": V, "input": HEX, "format": "squashfs gzip"}
 * </pre>
 *
 * Whether a store answers, a shell on the node asks with the store mounted at DIR:
 *
 * <pre>
 * STORAGE_OPTS=overlay.imagestore=DIR podman image exists "$(head -n 1 DIR/names.txt)"
 * </pre>
 *
 * Exit 0: it does. Anything else, also when nothing is mounted at DIR or the file is damaged where the store's index
 * is: it does not. (A truncated file does not even mount. Damage inside a layer shows only when the file is read as a
 * whole: compare its sha256 with the inventory's.) {@code STORAGE_OPTS} has no effect on {@code podman --root}.
 */
public final class PackedStore {
    private static final String ABOUT = "store.json";

    /** One file, or a folder for a file system that wants it unpacked. */
    public enum Format { SQUASHFS, DIR }

    /** Of the squashfs; the levels are those beyond which a little space costs much time. */
    public enum Compression {
        GZIP("1", 0.014, 1.1), ZSTD("6", 0.026, 1.05), XZ(null, 0.2, 1.0), LZ4(null, 0.01, 1.8);

        private final String level;
        private final double seconds;
        private final double ratio;

        /**
         * @param seconds of CPU time for one unpacked MB, measured on 383 MB of made-up images
         * @param ratio of the squashfs to the gzip blobs, at most
         */
        Compression(String level, double seconds, double ratio) {
            this.level = level;
            this.seconds = seconds;
            this.ratio = ratio;
        }

        private List<String> options() {
            List<String> options = new ArrayList<>(List.of("-comp", name().toLowerCase(Locale.ROOT)));
            if (level != null) {
                options.addAll(List.of("-Xcompression-level", level));
            }
            return options;
        }
    }

    private final Path out;
    private final Format format;
    private final Compression compression;

    /** @param out the file or folder that the store is or becomes */
    public PackedStore(Path out, Format format, Compression compression) {
        this.out = out.toAbsolutePath().normalize();
        this.format = format;
        this.compression = compression;
    }

    public Path out() {
        return out;
    }

    public boolean isFile() {
        return format == Format.SQUASHFS;
    }

    /** Seconds of CPU time for one unpacked MB. */
    double packing() {
        return isFile() ? compression.seconds : 0;
    }

    /** How large it will be, at most. */
    long atMost(StoreEstimate size) {
        return isFile() ? (long) (compression.ratio * size.blobBytes()) : size.unpackedBytes();
    }

    /** How large it is; an unpacked one as its file system counts it. */
    public long bytes() throws IOException {
        return isFile() ? Files.size(out) : FileTree.bytes(out);
    }

    /** Format and compression. */
    public String kind() {
        return format == Format.DIR ? "dir" : "squashfs " + compression.name().toLowerCase(Locale.ROOT);
    }

    /**
     * Whether the store is there, made of this input in this format.
     *
     * @throws Cli.Failure when something is there that it may not replace
     */
    public boolean isOf(StoreSource input) throws IOException {
        boolean foreign = isFile() ? Files.isDirectory(out)
                : Files.exists(out) && !Files.exists(out.resolve(ABOUT));
        if (foreign) {
            throw new Cli.Failure(out + " is there and no store; remove it or name another --out");
        }
        return about(input).equals(read(ABOUT).orElse(null));
    }

    private String about(StoreSource input) throws IOException {
        return new String(Json.pretty(Json.object().put("version", 1).put("release", input.release())
                .put("input", input.fingerprint()).put("format", kind())));
    }

    /** A small file in the root of the store that is there. */
    private Optional<String> read(String name) throws IOException {
        if (!Files.exists(out)) {
            return Optional.empty();
        }
        if (format == Format.DIR) {
            return text(out.resolve(name));
        }
        Path temp = Files.createTempDirectory("store");
        try {
            Proc.of("unsquashfs", "-no-progress", "-force", "-dest", temp.toString(), out.toString(), name).run();
            return text(temp.resolve(name));
        } finally {
            FileTree.delete(temp);
        }
    }

    private static Optional<String> text(Path file) throws IOException {
        return Files.exists(file) ? Optional.of(Files.readString(file)) : Optional.empty();
    }

    /**
     * Makes it of a loaded store, by temp and rename.
     *
     * @param store the graphroot, with nothing mounted below it; it is changed, and used up by {@link Format#DIR}
     * @param names what it answers
     * @param newest the store's own times and later ones in it become this; null: they stay
     */
    public void write(StoreSource input, Path store, Collection<String> names, Instant newest) throws IOException {
        new StoreNormalizer(store, newest == null ? Instant.EPOCH.toString() : newest.toString()).make();
        Files.write(store.resolve(MountedStore.NAMES), new TreeSet<>(names));
        Files.writeString(store.resolve(ABOUT), about(input));
        Path temp = out.resolveSibling("." + out.getFileName() + ".tmp");
        try {
            remove(temp);
            if (format == Format.DIR) {
                Proc.of("mv", "--no-target-directory", store.toString(), temp.toString()).check();
                replaceFolder(temp);
            } else {
                Proc mksquashfs = Proc.of(pack(store, temp));
                if (newest != null) {
                    mksquashfs.env("SOURCE_DATE_EPOCH", String.valueOf(newest.getEpochSecond()));
                }
                Proc.Result packed;
                try (Progress progress = Progress.start("Packing", -1, () -> temp.toFile().length())) {
                    packed = mksquashfs.run();
                }
                if (!packed.ok()) { // its last line only says that it failed
                    String reason = packed.err().lines().filter(l -> l.contains("because")).findFirst()
                            .orElse(packed.reason());
                    throw new Cli.Failure("cannot pack " + out + ": " + reason + "; run the same command again");
                }
                AtomicFile.sync(temp);
                check(temp);
                AtomicFile.rename(temp, out);
            }
            AtomicFile.sync(out.getParent());
        } finally {
            remove(temp);
        }
    }

    private static void check(Path file) throws IOException {
        try (MountedStore mount = MountedStore.of(file)) {
            Set<String> lacking = mount.lacking();
            if (!lacking.isEmpty()) {
                throw new Cli.Failure(file + " does not answer " + String.join(", ", lacking) + "; this is a bug");
            }
        }
    }

    /** The argv; xattrs, capabilities among them, and hard links are kept by default, and files sorted by name. */
    List<String> pack(Path store, Path file) {
        List<String> argv = new ArrayList<>(List.of("mksquashfs", store.toString(), file.toString(), "-noappend",
                "-no-progress", "-quiet", "-exit-on-error"));
        argv.addAll(compression.options());
        return argv;
    }

    private void replaceFolder(Path temp) throws IOException {
        Path old = out.resolveSibling("." + out.getFileName() + ".old");
        remove(old);
        if (Files.exists(out)) {
            AtomicFile.rename(out, old);
        }
        AtomicFile.rename(temp, out);
        remove(old);
    }

    private static void remove(Path file) {
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            Proc.of("rm", "-rf", "--one-file-system", file.toString()).check();
        }
    }
}
