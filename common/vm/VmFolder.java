package common.vm;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/FileTree.java
//SOURCES ../cli/Proc.java

import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.FileTree;
import common.cli.Json;
import common.cli.Proc;

/**
 * What this host knows of one VM that it created: ssh key, host key, Ignition config, serial log; with the qemu backend
 * also its disks. {@code vm.json} says that the VM is ours and how it was made, and is written before anything else is.
 */
public record VmFolder(Path path) {
    private static final String DOCUMENT = "vm.json";

    /** DIR/NAME; DIR is {@code $XDG_STATE_HOME/create-vm} unless another is given. Made when it is first needed. */
    public static VmFolder of(Path states, String name) {
        String home = Optional.ofNullable(System.getenv("XDG_STATE_HOME")).filter(s -> !s.isEmpty())
                .orElse(System.getProperty("user.home") + "/.local/state");
        Path folder = states != null ? states : Path.of(home, "create-vm");
        return new VmFolder(folder.resolve(name).toAbsolutePath().normalize());
    }

    public Path file(String name) {
        return path.resolve(name);
    }

    public Path knownHosts() {
        return file("known_hosts");
    }

    /** Takes the lock that keeps a second run off this VM; it is beside the folder and stays. */
    public FileChannel lock() throws IOException {
        Files.createDirectories(path.getParent());
        FileChannel lock = FileChannel.open(path.resolveSibling("." + path.getFileName() + ".lock"),
                StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (lock.tryLock() == null) {
            lock.close();
            throw new Cli.Failure("another create-vm works on " + path + "; wait for it or stop it");
        }
        return lock;
    }

    /** How the VM was made, if this host made it. */
    public Optional<ObjectNode> document() {
        return Files.exists(file(DOCUMENT)) ? Optional.of((ObjectNode) Json.read(file(DOCUMENT))) : Optional.empty();
    }

    /** Makes the folder, for its owner alone, with that document in it. */
    public void remember(ObjectNode document) throws IOException {
        if (!Files.exists(path)) {
            Files.createDirectory(path,
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        Json.write(file(DOCUMENT), document);
    }

    /** Removes the folder. */
    public void delete() throws IOException {
        FileTree.delete(path);
    }

    /**
     * The private key to reach the VM with: the one asked for, else the user's own, as ssh would choose it, else one
     * that is made here for this VM. Its public half is in the same folder, with {@code .pub} at the end.
     */
    public Path key(Path asked) {
        if (asked != null) {
            Path key = Path.of(asked.toString().replaceFirst("\\.pub$", "")).toAbsolutePath();
            if (!Files.isReadable(key) || !Files.isReadable(publicKey(key))) {
                throw new Cli.Failure("--ssh-key " + asked + ": a private key and, beside it, its .pub are needed");
            }
            return key;
        }
        Path users = Path.of(System.getProperty("user.home"), ".ssh");
        return Stream.of("id_ed25519", "id_ecdsa", "id_rsa").map(users::resolve)
                .filter(k -> Files.isReadable(k) && Files.isReadable(publicKey(k))).findFirst()
                .orElse(file("id_ed25519"));
    }

    public static Path publicKey(Path key) {
        return Path.of(key + ".pub");
    }

    /** Makes the key of {@link #key} when it is this VM's own and not there yet. */
    public void makeKey(Path key) {
        if (key.startsWith(path) && !Files.exists(publicKey(key))) {
            Proc.of("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "create-vm " + path.getFileName(), "-f",
                    key.toString()).check();
        }
    }

    /** The last lines of a serial log, without terminal escapes. */
    public static List<String> tail(Path log, int lines) throws IOException {
        if (!Files.isReadable(log)) {
            return List.of("(no serial log " + log + ")");
        }
        try (FileChannel in = FileChannel.open(log)) {
            in.position(Math.max(0, in.size() - (64 << 10)));
            byte[] bytes = Channels.newInputStream(in).readAllBytes();
            List<String> text = new String(bytes, StandardCharsets.ISO_8859_1).replaceAll("\033\\[[\\d;?]*[A-Za-z]", "")
                    .lines().map(l -> l.replaceAll("[^\\x20-\\x7e]", "")).filter(l -> !l.isBlank()).toList();
            return text.subList(Math.max(0, text.size() - lines), text.size());
        }
    }
}
