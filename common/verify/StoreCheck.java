package common.verify;

//SOURCES ../cli/Cli.java
//SOURCES ../cli/Proc.java
//SOURCES ../inventory/ArtifactTree.java
//SOURCES ../storage/MountedStore.java
//SOURCES Fault.java
//SOURCES Findings.java

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

import common.cli.Cli;
import common.cli.Proc;
import common.inventory.ArtifactTree;
import common.storage.MountedStore;

/** Whether a packed image store mounts, and podman finds in it the images of the sets. Nothing is written into it. */
final class StoreCheck {
    private final Path store;
    private final Findings findings;

    StoreCheck(Path store, Findings findings) {
        this.store = store;
        this.findings = findings;
    }

    /**
     * @param sets the references by which the images of each must answer
     * @param alone whether the images are nowhere else; else a set may be missing, and is loaded the ordinary way
     * @param deep read every file in it, too
     */
    void run(Map<ArtifactTree.ImageSet, List<String>> sets, boolean alone, boolean deep) throws IOException {
        boolean root = Cli.isRoot();
        if (!root || Proc.find("podman").isEmpty()) {
            findings.unchecked(store, root ? "its images; podman is not installed"
                    : "whether it mounts; that needs root");
            return;
        }
        try (MountedStore mount = MountedStore.of(store)) {
            Set<String> names = new TreeSet<>(Files.readAllLines(mount.root().resolve(MountedStore.NAMES)));
            Set<String> silent = mount.lacking();
            silent.forEach(r -> findings.wrong(Fault.INCONSISTENT, store, "does not answer " + r));
            sets.forEach((set, wanted) -> compare(set, wanted, names, alone));
            if (deep) {
                read(mount.root());
            }
        } catch (Cli.Failure | IOException e) {
            if (e instanceof Cli.Failure f && f.exitCode == Cli.INTERRUPTED) {
                throw e;
            }
            boolean squashfs = Files.readString(Path.of("/proc/filesystems")).contains("squashfs");
            if (squashfs) {
                findings.wrong(Fault.DAMAGED, store, Cli.describe(e).replace(store + " ", ""));
            } else {
                findings.unchecked(store, "whether it mounts; this kernel has no squashfs");
            }
        }
    }

    private void compare(ArtifactTree.ImageSet set, List<String> wanted, Set<String> names, boolean alone) {
        List<String> missing = wanted.stream().filter(r -> !names.contains(r)).toList();
        String of = set.layout().folder().getFileName().toString();
        if (missing.isEmpty()) {
            findings.note(store, "mounts; all " + wanted.size() + " names of " + of + " answer");
        } else if (missing.size() == wanted.size() && !alone) {
            findings.note(store, "has none of " + of + "; these images will be loaded");
        } else {
            missing.forEach(r -> findings.wrong(Fault.INCONSISTENT, store, "lacks " + r + " of " + of));
        }
    }

    private void read(Path mounted) throws IOException {
        List<Path> files = new ArrayList<>();
        try (Stream<Path> all = Files.walk(mounted)) {
            all.filter(f -> Files.isRegularFile(f, LinkOption.NOFOLLOW_LINKS)).forEach(files::add);
        }
        for (Path file : files) {
            try (InputStream in = Files.newInputStream(file)) {
                in.transferTo(OutputStream.nullOutputStream());
            } catch (IOException e) {
                findings.wrong(Fault.DAMAGED, store, mounted.relativize(file) + " in it cannot be read: "
                        + Cli.describe(e));
                return; // one says that the file is damaged
            }
        }
    }
}
