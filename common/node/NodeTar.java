package common.node;

//SOURCES ../cli/AtomicFile.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/FileTree.java
//DEPS org.apache.commons:commons-compress:1.28.0

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

import common.cli.AtomicFile;
import common.cli.Cli;
import common.cli.FileTree;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.archivers.tar.TarFile;

/**
 * node.tar, which holds the content of the partition's {@code node/}: the Java runtime and the scripts for the node.
 * Where it is unpacked it came over the network, so it may hold only regular files, folders and symlinks that stay
 * inside; anything else is refused, and nothing of it is kept. Permission bits are kept, set-user-id and owners not.
 */
public final class NodeTar {
    /** Of every file, packed and unpacked: {@link ClassArchive} holds that of the jars. */
    static final FileTime TIME = FileTime.fromMillis(0);

    private static final PosixFilePermission[] BITS = PosixFilePermission.values(); // from 0400 down to 0001

    private final Path root;

    private NodeTar(Path root) {
        this.root = root;
    }

    /** Unpacks {@code tar} as {@code target}, which must not exist: it appears whole or not at all. */
    public static void unpack(Path tar, Path target) throws IOException {
        Path temp = target.resolveSibling("." + target.getFileName() + ".tmp");
        FileTree.delete(temp);
        Files.createDirectory(temp);
        try {
            new NodeTar(temp).entries(tar);
            AtomicFile.rename(temp, target);
        } catch (IOException | RuntimeException e) {
            FileTree.delete(temp);
            throw e;
        }
        AtomicFile.sync(target.toAbsolutePath().getParent());
    }

    /** Packs what is in {@code folder}, sorted, without times and owners; {@code tar} appears whole or not at all. */
    public static void pack(Path folder, Path tar) throws IOException {
        Path temp = tar.resolveSibling("." + tar.getFileName() + ".tmp");
        try (FileChannel file = FileChannel.open(temp, StandardOpenOption.CREATE, StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING);
                TarArchiveOutputStream out = new TarArchiveOutputStream(
                        new BufferedOutputStream(Channels.newOutputStream(file), 128 << 10), "UTF-8");
                Stream<Path> paths = Files.walk(folder)) {
            out.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            for (Path path : paths.skip(1).sorted().toList()) {
                pack(path, folder.relativize(path).toString(), out);
            }
            out.finish();
            out.flush();
            file.force(true);
        }
        AtomicFile.rename(temp, tar);
        AtomicFile.sync(tar.toAbsolutePath().getParent());
    }

    private static void pack(Path path, String name, TarArchiveOutputStream out) throws IOException {
        boolean link = Files.isSymbolicLink(path);
        TarArchiveEntry entry = link ? new TarArchiveEntry(name, TarConstants.LF_SYMLINK)
                : new TarArchiveEntry(Files.isDirectory(path) ? name + "/" : name);
        entry.setModTime(TIME);
        if (link) {
            entry.setLinkName(Files.readSymbolicLink(path).toString());
        } else {
            entry.setMode(isExecutable(path) ? 0755 : 0644);
            entry.setSize(Files.isDirectory(path) ? 0 : Files.size(path));
        }
        out.putArchiveEntry(entry);
        if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
            Files.copy(path, out);
        }
        out.closeArchiveEntry();
    }

    /** By its bits: to root every file with one of them is. */
    private static boolean isExecutable(Path path) throws IOException {
        return Files.getPosixFilePermissions(path).contains(PosixFilePermission.OWNER_EXECUTE);
    }

    /** One file of a node.tar; empty when the tar is not there or no such file in it. */
    public static Optional<byte[]> read(Path tar, String name) throws IOException {
        if (!Files.exists(tar)) {
            return Optional.empty();
        }
        try (TarFile file = new TarFile(tar)) {
            for (TarArchiveEntry entry : file.getEntries()) {
                if (entry.getName().equals(name)) {
                    return Optional.of(file.getInputStream(entry).readAllBytes());
                }
            }
            return Optional.empty();
        }
    }

    /** How an unpacked folder differs from the tar: a line for each file, none when it does not. */
    public static List<String> differences(Path tar, Path folder) throws IOException {
        List<String> differences = new ArrayList<>();
        Set<Path> known = new HashSet<>(Set.of(folder));
        try (TarFile file = new TarFile(tar)) {
            for (TarArchiveEntry entry : file.getEntries()) {
                Path path = folder.resolve(entry.getName()).normalize();
                for (Path at = path; at.startsWith(folder); at = at.getParent()) {
                    known.add(at);
                }
                if (!isSame(path, entry, file)) {
                    differences.add(entry.getName() + (Files.exists(path, LinkOption.NOFOLLOW_LINKS)
                            ? ": not what " + tar.getFileName() + " has" : ": missing"));
                }
            }
        }
        try (Stream<Path> there = Files.walk(folder)) {
            there.filter(p -> !known.contains(p))
                    .forEach(p -> differences.add(folder.relativize(p) + ": not in " + tar.getFileName()));
        }
        return differences;
    }

    private static boolean isSame(Path path, TarArchiveEntry entry, TarFile tar) throws IOException {
        if (entry.isSymbolicLink()) {
            return Files.isSymbolicLink(path) && Files.readSymbolicLink(path).toString().equals(entry.getLinkName());
        }
        if (entry.isDirectory()) {
            return Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS) && bits(path) == (entry.getMode() & 0777 | 0700);
        }
        boolean alike = Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS) && Files.size(path) == entry.getSize()
                && bits(path) == (entry.getMode() & 0777);
        try (InputStream packed = tar.getInputStream(entry)) {
            return alike && Arrays.equals(Files.readAllBytes(path), packed.readAllBytes());
        }
    }

    /** All twelve: a set-user-id bit is a difference, too. */
    private static int bits(Path path) throws IOException {
        return (Integer) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS) & 07777;
    }

    private void entries(Path tar) throws IOException {
        List<Path> links = new ArrayList<>();
        try (InputStream file = new BufferedInputStream(Files.newInputStream(tar), 128 << 10);
                TarArchiveInputStream in = new TarArchiveInputStream(file, "UTF-8")) {
            for (TarArchiveEntry entry; (entry = in.getNextEntry()) != null;) {
                Path path = inside(entry.getName());
                if (path.equals(root)) {
                    continue;
                }
                folder(path.getParent(), entry);
                if (entry.isSymbolicLink()) {
                    Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
                    links.add(path);
                } else if (entry.isDirectory()) {
                    folder(path, entry);
                    mode(path, entry.getMode() | 0700); // the next entries go into it
                } else if (isPlain(entry)) {
                    write(path, in);
                    mode(path, entry.getMode());
                    Files.setLastModifiedTime(path, TIME);
                } else {
                    throw refused(entry.getName(), "neither file, folder nor symlink");
                }
            }
        } catch (InvalidPathException e) {
            throw refused(e.getInput(), "not a file name");
        } catch (FileAlreadyExistsException e) {
            throw refused(root.relativize(Path.of(e.getFile())).toString(), "is there twice");
        }
        for (Path link : links) { // only now: a chain of links leads where its last one does
            boolean stays = !Files.readSymbolicLink(link).isAbsolute() && Files.exists(link)
                    && link.toRealPath().startsWith(root.toRealPath());
            if (!stays) {
                throw refused(root.relativize(link).toString(), "a link that leads nowhere or out of the folder");
            }
        }
    }

    /** The library's isFile() also says yes to devices. */
    private static boolean isPlain(TarArchiveEntry entry) {
        byte type = entry.getLinkFlag();
        return (type == TarConstants.LF_NORMAL || type == TarConstants.LF_OLDNORM) && !entry.isSparse();
    }

    private Path inside(String name) {
        Path path = Path.of(name);
        for (Path part : path) {
            if (path.isAbsolute() || part.toString().equals("..")) {
                throw refused(name, "leaves the folder");
            }
        }
        return root.resolve(path).normalize();
    }

    /** Makes the folder; it and those above are real folders, never links that an earlier entry made. */
    private void folder(Path folder, TarArchiveEntry entry) throws IOException {
        Path at = root;
        for (Path part : root.relativize(folder)) {
            at = at.resolve(part).normalize();
            if (!Files.exists(at, LinkOption.NOFOLLOW_LINKS)) {
                Files.createDirectory(at);
            }
            if (!Files.isDirectory(at, LinkOption.NOFOLLOW_LINKS)) {
                throw refused(entry.getName(), root.relativize(at) + " is not a folder");
            }
        }
    }

    private static void write(Path path, InputStream in) throws IOException {
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                OutputStream out = Channels.newOutputStream(file)) {
            in.transferTo(out);
            file.force(true);
        }
    }

    private static void mode(Path path, int mode) throws IOException {
        Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
        for (int i = 0; i < BITS.length; i++) {
            if ((mode & 0400 >> i) != 0) {
                permissions.add(BITS[i]);
            }
        }
        Files.setPosixFilePermissions(path, permissions);
    }

    private static Cli.Failure refused(String name, String why) {
        return new Cli.Failure("node.tar is refused: " + name + ": " + why);
    }
}
