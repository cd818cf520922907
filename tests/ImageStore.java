//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/FileTree.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../container-images/images-4.10.3/extract-initial-4.10.3.java

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

import common.cli.FileTree;
import common.cli.Proc;

/** A containers-storage root of its own, and the extract scripts run against it, each as a process of its own. */
final class ImageStore implements AutoCloseable {
    /** Where a script and the skopeo that it runs may leave nothing. */
    final Path temp;
    private final Path folder;
    private final Path conf;
    private String options = "";

    ImageStore(Path folder) throws IOException {
        this.folder = Files.createDirectories(folder);
        temp = Files.createDirectory(folder.resolve("temp"));
        conf = Files.writeString(folder.resolve("storage.conf"), """
                [storage]
                driver = "overlay"
                graphroot = "%s/root"
                runroot = "%s/run"
                """.formatted(folder, folder));
    }

    /** This store with the images of another one beside it, which stays as it is. */
    ImageStore with(Path additional) {
        options = "overlay.imagestore=" + additional;
        return this;
    }

    /** Whether the store has the image by exactly this reference. */
    boolean has(String reference) {
        return on(Proc.of("podman", "image", "exists", reference)).run().ok();
    }

    Proc on(Proc program) {
        return program.env("CONTAINERS_STORAGE_CONF", conf.toString()).env("TMPDIR", temp.toString())
                .env("STORAGE_OPTS", options);
    }

    Proc.Result extract(String... args) {
        return on(Proc.of(argv(ExtractInitial4103.class, args))).run();
    }

    /** The argv that runs a script from the classes of this test run; with Ctrl-C as in the foreground. */
    static List<String> argv(Class<?> script, String... args) {
        List<String> argv = new ArrayList<>(List.of("env", "--default-signal=INT", Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp", System.getProperty("java.class.path"), script.getName()));
        argv.addAll(Arrays.asList(args));
        return argv;
    }

    /** A PATH whose {@code skopeo} is this shell script; {@code "$SKOPEO"} in it is the real one. */
    String pathWithSkopeo(String script) throws IOException {
        Path bin = Files.createTempDirectory(folder, "bin");
        Path skopeo = Files.writeString(bin.resolve("skopeo"),
                "#!/bin/sh\nSKOPEO=" + Proc.find("skopeo").orElseThrow() + "\n" + script + "\n");
        Files.setPosixFilePermissions(skopeo, PosixFilePermissions.fromString("rwxr-xr-x"));
        return bin + ":" + System.getenv("PATH");
    }

    List<Path> leftovers() {
        try (Stream<Path> files = Files.list(temp)) {
            return files.toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        Path overlay = folder.resolve("root/overlay"); // skopeo leaves it mounted on itself
        while (Proc.of("mountpoint", "-q", overlay.toString()).run().ok()) {
            Proc.of("umount", overlay.toString()).check();
        }
        FileTree.delete(folder);
    }
}
