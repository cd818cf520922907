//SOURCES ../common/cli/AtomicFile.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/FileTree.java
//SOURCES ../common/cli/Packages.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/oci/Digest.java
//SOURCES LiveIso.java
//SOURCES NodeDisk.java

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import common.cli.AtomicFile;
import common.cli.Cli;
import common.cli.FileTree;
import common.cli.Packages;
import common.cli.Proc;
import common.oci.Digest;

/**
 * The lab's stand-in for a CoreOS node, made from Debian packages as {@code lab/node/} says: Ignition 2.14 in the
 * initramfs, user core, podman, skopeo, XFS, NetworkManager, and no Java. The folder has {@code vmlinuz},
 * {@code initrd.img}, {@code node.qcow2} (boots by itself, BIOS and UEFI; its configuration comes from QEMU's fw_cfg,
 * {@code opt/com.coreos/config}) and {@code live.iso} (boots in RAM, see {@link LiveIso}). It is made once for a state
 * of {@code lab/node/}, this program and the host's Debian release, and kept below the user's cache folder.
 */
record NodeImage(Path folder) {
    /** What the build needs of the host; the names with a slash are data files. */
    static final List<String> PROGRAMS = Stream.of(List.of("mmdebstrap", "unshare", "sfdisk", "mke2fs", "qemu-img"),
            LiveIso.PROGRAMS, NodeDisk.PROGRAMS).flatMap(List::stream).toList();

    private static final Pattern DOWNLOAD_SETTING = Pattern.compile("Acquire::(https?|Check-[\\w-]+)\\b.*");
    private static final List<String> NOT_IN_THE_IMAGE =
            List.of("doc", "man", "info", "locale").stream().map(f -> "--dpkgopt=path-exclude=/usr/share/" + f + "/*")
                    .toList();

    Path kernel() {
        return folder.resolve("vmlinuz");
    }

    Path initramfs() {
        return folder.resolve("initrd.img");
    }

    Path disk() {
        return folder.resolve("node.qcow2");
    }

    Path iso() {
        return folder.resolve("live.iso");
    }

    /** The image of this checkout; if the cache has none, builds it: 200 MB of packages, a minute of two cores. */
    static synchronized NodeImage of(Path repository) throws IOException {
        Path lab = repository.resolve("lab").toAbsolutePath().normalize();
        Path images = cache().resolve("lab-node");
        NodeImage image = new NodeImage(images.resolve(fingerprint(lab)));
        Files.createDirectories(images);
        try (FileChannel file = FileChannel.open(images.resolve(".lock"), StandardOpenOption.CREATE,
                StandardOpenOption.WRITE); FileLock lock = file.lock()) {
            if (!Files.exists(image.folder)) {
                image.build(lab.resolve("node"));
            }
        }
        return image;
    }

    static Path cache() {
        String xdg = System.getenv("XDG_CACHE_HOME");
        return xdg == null || xdg.isEmpty() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(xdg);
    }

    private void build(Path node) throws IOException {
        if (Packages.family() != Packages.Family.DEBIAN) {
            throw new Cli.Failure(Cli.MISSING, "the lab node is made from Debian packages with the host's own package"
                    + " sources: build and rehearse it on a Debian host");
        }
        Proc.need(PROGRAMS.stream().filter(p -> !p.startsWith("/")).toArray(String[]::new));
        System.err.println("building the lab node (once): " + folder);
        Path temp = folder.resolveSibling(folder.getFileName() + ".building");
        removeTree(temp); // of a build that was interrupted
        Files.createDirectories(temp);
        try {
            Path root = temp.resolve("root");
            install(lines(node.resolve("packages.txt")), temp, root);
            customise(node, root);
            NodeImage made = new NodeImage(temp);
            initramfs(root, made);
            LiveIso.build(node, made, root);
            NodeDisk.build(node, made, root);
            removeTree(root);
            AtomicFile.rename(temp, folder);
        } finally {
            Thread.interrupted(); // after Ctrl-C, too
            removeTree(temp);
        }
    }

    /** Makes ROOT from packages of the host's Debian release. */
    static void install(List<String> packages, Path temp, Path root) throws IOException {
        install(packages, release(), packageSources(), temp, root);
    }

    /**
     * Makes ROOT from packages of a release, which the files of sources have. What mmdebstrap mounts is seen by it alone,
     * and gone when it ends, however it does.
     */
    static void install(List<String> packages, String release, List<Path> sources, Path temp, Path root)
            throws IOException {
        Path settings = temp.resolve("apt.conf");
        Files.write(settings, Proc.of("apt-config", "dump").check().lines()
                .filter(l -> DOWNLOAD_SETTING.matcher(l).matches()).toList());
        List<String> argv = new ArrayList<>(List.of("unshare", "--mount", "mmdebstrap", "--quiet",
                "--mode=root", "--variant=minbase", "--format=directory", "--aptopt=" + settings,
                "--dpkgopt=force-unsafe-io", "--include=" + String.join(",", packages)));
        argv.addAll(NOT_IN_THE_IMAGE);
        argv.addAll(List.of(release, root.toString()));
        sources.forEach(s -> argv.add(s.toString()));
        Proc.of(argv).env("INITRD", "No").check(); // Debian's kernel package: do not run dracut yet
        Files.delete(settings);
    }

    /** The files below {@code node/root}, and what cannot be a file there. */
    private static void customise(Path node, Path root) throws IOException {
        for (String name : List.of("etc/hostname", "etc/apt/apt.conf.d/99mmdebstrap", "etc/apt/sources.list",
                "var/lib/dbus/machine-id", "mnt", "etc/ssh/ssh_host_ecdsa_key", "etc/ssh/ssh_host_ecdsa_key.pub",
                "etc/ssh/ssh_host_ed25519_key", "etc/ssh/ssh_host_ed25519_key.pub", "etc/ssh/ssh_host_rsa_key",
                "etc/ssh/ssh_host_rsa_key.pub")) {
            Files.deleteIfExists(root.resolve(name));
        }
        Files.writeString(root.resolve("etc/resolv.conf"), ""); // mmdebstrap copied the host's
        Files.createDirectories(root.resolve("var/mnt"));
        Files.createSymbolicLink(root.resolve("mnt"), Path.of("var/mnt"));
        Path units = root.resolve("etc/systemd/system");
        try (Stream<Path> enabled = Files.list(units)) { // by packages; ours is what the presets enable
            for (Path wants : enabled.filter(f -> f.toString().endsWith(".wants")).toList()) {
                FileTree.delete(wants);
            }
        }
        for (String unit : lines(node.resolve("masked.txt"))) {
            Files.deleteIfExists(units.resolve(unit));
            Files.createSymbolicLink(units.resolve(unit), Path.of("/dev/null"));
        }
        Proc.of("cp", "--recursive", "--preserve=mode", "--no-target-directory", node.resolve("root").toString(),
                root.toString()).check();
    }

    private static void initramfs(Path root, NodeImage made) throws IOException {
        String version;
        try (Stream<Path> modules = Files.list(root.resolve("usr/lib/modules"))) {
            version = modules.findFirst().orElseThrow().getFileName().toString();
        }
        Proc.of("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
                "--root=" + root, "dracut", "--force", "--quiet", "/boot/initrd.img-" + version, version).check();
        Files.move(root.resolve("boot/vmlinuz-" + version), made.kernel());
        Files.move(root.resolve("boot/initrd.img-" + version), made.initramfs());
    }

    /** As apt reads them: the host's Debian is the node's. */
    static List<Path> packageSources() throws IOException {
        Path apt = Path.of("/etc/apt");
        List<Path> sources = new ArrayList<>(List.of(apt.resolve("sources.list")));
        if (Files.isDirectory(apt.resolve("sources.list.d"))) {
            try (Stream<Path> files = Files.list(apt.resolve("sources.list.d"))) {
                files.filter(f -> f.toString().matches(".*\\.(list|sources)")).sorted().forEach(sources::add);
            }
        }
        return sources.stream().filter(Files::isRegularFile).toList();
    }

    static String release() throws IOException {
        return Files.readAllLines(Path.of("/etc/os-release")).stream().filter(l -> l.startsWith("VERSION_CODENAME="))
                .map(l -> l.substring("VERSION_CODENAME=".length()).replace("\"", "")).findFirst().orElse("");
    }

    private static List<String> lines(Path file) throws IOException {
        return Files.readAllLines(file).stream().filter(l -> !l.isBlank() && !l.startsWith("#")).toList();
    }

    private static void removeTree(Path folder) {
        Proc.of("rm", "-rf", "--one-file-system", folder.toString()).check();
    }

    /** Of all that decides what comes out, but not of the packages' versions: a cached image stays as it is. */
    private static String fingerprint(Path lab) throws IOException {
        try (Stream<Path> tree = Files.walk(lab.resolve("node"))) {
            MessageDigest sha256 = Digest.sha256();
            sha256.update(release().getBytes(StandardCharsets.UTF_8));
            List<Path> inputs = Stream.concat(Stream.of("NodeImage.java", "NodeDisk.java", "LiveIso.java")
                    .map(lab::resolve), tree.filter(f -> Files.isRegularFile(f, LinkOption.NOFOLLOW_LINKS)).sorted())
                    .toList();
            for (Path file : inputs) {
                String name = lab.relativize(file) + (Files.isExecutable(file) ? " x\n" : "\n");
                sha256.update(name.getBytes(StandardCharsets.UTF_8));
                sha256.update(Files.readAllBytes(file));
            }
            return Digest.of(sha256).hex().substring(0, 16);
        }
    }
}
