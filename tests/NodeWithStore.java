//SOURCES ../common/cli/Proc.java
//SOURCES ImageStore.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import common.cli.Proc;

/** A store image as a node has it: mounted read-only, additional to an image store of the node's own. */
final class NodeWithStore implements AutoCloseable {
    final Path root;
    /** The node's. */
    final ImageStore images;
    private final boolean mounted;

    private NodeWithStore(Path root, ImageStore images, boolean mounted) {
        this.root = root;
        this.images = images;
        this.mounted = mounted;
    }

    /** Mounts a file; all else goes into the folder. */
    static NodeWithStore of(Path file, Path folder) throws IOException {
        Path root = Files.createDirectories(folder.resolve("mounted"));
        Proc.of("mount", "-t", "squashfs", "-o", "ro,loop", file.toString(), root.toString()).check();
        return new NodeWithStore(root, new ImageStore(folder.resolve("node")).with(root), true);
    }

    /** One that was left unpacked. */
    static NodeWithStore unpacked(Path root, Path folder) throws IOException {
        return new NodeWithStore(root, new ImageStore(folder.resolve("node")).with(root), false);
    }

    boolean has(String reference) {
        return images.has(reference);
    }

    Proc podman(String... args) {
        List<String> argv = new ArrayList<>(List.of("podman"));
        argv.addAll(List.of(args));
        return images.on(Proc.of(argv));
    }

    /** Runs a program of an image without network; what it printed. Limits as {@link PrivateStorage} has them. */
    String run(String reference, String... command) {
        List<String> argv = new ArrayList<>(List.of("--runtime", "runc", "run", "--rm", "--ulimit", "nofile=1024:1024",
                "--ulimit", "nproc=1024:1024", "--pull=never", "--network=none", reference));
        argv.addAll(List.of(command));
        return podman(argv.toArray(String[]::new)).check().strip();
    }

    /** What a shell on the node asks, see {@link common.storage.PackedStore}. */
    Proc check() {
        String command = "podman image exists \"$(head -n 1 " + root + "/names.txt)\"";
        return images.on(Proc.of("sh", "-c", command));
    }

    /**
     * The folder where the image's files are until this is closed: as a container's, since {@code podman image mount}
     * (4.3) does not find the layers of an additional store.
     */
    Path files(String reference) {
        String container = podman("create", "--pull=never", "--network=none", reference, "none").check().strip();
        return Path.of(podman("mount", container).check().strip());
    }

    @Override
    public void close() throws IOException {
        podman("rm", "--all", "--force").run();
        images.close();
        if (mounted) {
            Proc.of("umount", root.toString()).check();
        }
    }
}
