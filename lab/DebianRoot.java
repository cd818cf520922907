//SOURCES ../common/cli/AtomicFile.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Packages.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/oci/Digest.java
//SOURCES NodeImage.java

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import common.cli.AtomicFile;
import common.cli.Cli;
import common.cli.Packages;
import common.cli.Proc;
import common.oci.Digest;

/**
 * Another Debian release in a folder, to meet the product with another generation of programs: podman 5.4 and skopeo 1.18
 * are those of trixie. It is made once for a release and a list of packages, from the host's own package sources, and
 * kept below the user's cache folder; nobody writes into it.
 */
record DebianRoot(Path root) {
    /** What is mounted is seen by the program alone. The root is a mount, since skopeo remounts it. */
    private static final String ENTER = """
            set -e
            mount --bind "$1" "$1"
            mount -o remount,bind,ro "$1"
            mount --bind "$2" "$1/mnt"
            mount -t tmpfs tmpfs "$1/run"
            mount -t tmpfs tmpfs "$1/tmp"
            mount -t tmpfs tmpfs "$1/var/tmp"
            mount -t tmpfs tmpfs "$1/var/lib/containers"
            mount -t proc proc "$1/proc"
            mount --rbind /sys "$1/sys"
            mount --rbind /dev "$1/dev"
            root=$1
            shift 2
            exec chroot "$root" "$@"
            """;

    /** The one in the cache; if there is none, makes it: a minute or two, 150 MB of packages. */
    static synchronized DebianRoot of(String release, List<String> packages) throws IOException {
        if (Packages.family() != Packages.Family.DEBIAN) {
            throw new Cli.Failure(Cli.MISSING, "a Debian " + release + " is made with a Debian host's package sources");
        }
        Path cache = Files.createDirectories(NodeImage.cache().resolve("debian-root"));
        Path root = cache.resolve(release + "-" + Digest.of(packages.toString().getBytes()).hex().substring(0, 16));
        try (FileChannel file = FileChannel.open(cache.resolve(".lock"), StandardOpenOption.CREATE,
                StandardOpenOption.WRITE); FileLock lock = file.lock()) {
            if (!Files.exists(root)) {
                make(release, packages, root);
            }
        }
        return new DebianRoot(root);
    }

    private static void make(String release, List<String> packages, Path root) throws IOException {
        Path work = Files.createTempDirectory(root.getParent(), "building-");
        try {
            List<Path> sources = new ArrayList<>();
            for (Path source : NodeImage.packageSources()) {
                String text = of(release, Files.readString(source), NodeImage.release());
                if (!text.isEmpty()) {
                    sources.add(Files.writeString(work.resolve(source.getFileName().toString()), text));
                }
            }
            NodeImage.install(packages, release, sources, work, work.resolve("root"));
            Files.createDirectories(work.resolve("root/var/lib/containers"));
            AtomicFile.rename(work.resolve("root"), root);
        } finally {
            Thread.interrupted(); // after Ctrl-C, too
            Proc.of("rm", "-rf", "--one-file-system", work.toString()).check();
        }
    }

    /** Those entries of a file of sources (sources.list(5), both forms) that are of the host's release, for another one. */
    static String of(String release, String sources, String here) {
        String suite = here + "(-updates|-security)?";
        if (!sources.contains("Suites:")) {
            return sources.lines().filter(l -> l.matches("deb\\s+(\\[.*?]\\s+)?\\S+\\s+" + suite + "\\s.*"))
                    .map(l -> l.replaceFirst("(\\s)" + here + "((-updates|-security)?\\s)", "$1" + release + "$2") + "\n")
                    .collect(Collectors.joining());
        }
        return Stream.of(sources.split("\n\\s*\n"))
                .filter(s -> s.lines().anyMatch(l -> l.matches("Suites:(\\s+" + suite + ")+\\s*")))
                .map(s -> s.lines().map(l -> l.startsWith("Suites:") ? l.replaceAll("(\\s)" + here, "$1" + release) : l)
                        .collect(Collectors.joining("\n")))
                .collect(Collectors.joining("\n\n", "", "\n"));
    }

    /**
     * A program in it, on the host's network; it sees {@code work} as /mnt, its home, and can write there only what is to
     * stay.
     */
    Proc program(Path work, String... argv) {
        List<String> all = new ArrayList<>(List.of("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c",
                ENTER, "enter", root.toString(), work.toString()));
        all.addAll(List.of(argv));
        return Proc.of(all).env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("HOME", "/mnt");
    }
}
