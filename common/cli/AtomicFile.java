package common.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** Writes a file so that after a crash there is the old one or the new one: temp file, fsync, rename, fsync of the folder. */
public final class AtomicFile {
    private AtomicFile() {
    }

    public static void write(Path file, byte[] bytes) throws IOException {
        write(file, bytes, new FileAttribute<?>[0]);
    }

    /** Writes a file that only its owner can read (mode 0600), from its first byte on. */
    public static void writeSecret(Path file, byte[] bytes) throws IOException {
        write(file, bytes, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }

    /**
     * Writes a file that somebody else made, or what a link to it points to; mode, owner and group stay. Throws when we
     * may not give the file its owner: then nothing is written.
     */
    public static void replace(Path file, byte[] bytes) throws IOException {
        Path real = file.toRealPath();
        PosixFileAttributes before = Files.readAttributes(real, PosixFileAttributes.class);
        Path temp = real.resolveSibling("." + real.getFileName() + ".tmp");
        Files.deleteIfExists(temp);
        try (FileChannel out = FileChannel.open(temp, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            PosixFileAttributeView view = Files.getFileAttributeView(temp, PosixFileAttributeView.class);
            PosixFileAttributes made = view.readAttributes();
            if (!made.group().equals(before.group())) {
                view.setGroup(before.group());
            }
            if (!made.owner().equals(before.owner())) {
                view.setOwner(before.owner());
            }
            view.setPermissions(before.permissions());
            writeAll(temp, out, bytes);
        } catch (IOException e) {
            Files.deleteIfExists(temp);
            throw e;
        }
        rename(temp, real);
        sync(real.getParent());
    }

    private static void write(Path file, byte[] bytes, FileAttribute<?>... attributes) throws IOException {
        Path temp = file.resolveSibling("." + file.getFileName() + ".tmp");
        Files.deleteIfExists(temp); // a crash may have left one with another mode
        try (FileChannel out = FileChannel.open(temp, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                attributes)) {
            writeAll(temp, out, bytes);
        }
        rename(temp, file);
        sync(file.toAbsolutePath().getParent());
    }

    /** Writes and fsyncs the open {@code file}. */
    public static void writeAll(Path file, FileChannel out, byte[] bytes) throws FileSystemException {
        try {
            for (ByteBuffer buffer = ByteBuffer.wrap(bytes); buffer.hasRemaining();) {
                out.write(buffer);
            }
            out.force(true);
        } catch (IOException e) {
            throw named(file, e);
        }
    }

    /** The same fault with the name of the file, which a channel does not know. */
    public static FileSystemException named(Path file, IOException e) {
        FileSystemException named = new FileSystemException(file.toString(), null, // an interrupt has no message
                e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage());
        named.initCause(e);
        return named;
    }

    public static void rename(Path temp, Path file) throws IOException {
        Files.move(temp, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Makes what was written to a file durable, or the names in a folder. */
    public static void sync(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            writeAll(path, channel, new byte[0]);
        }
    }
}
