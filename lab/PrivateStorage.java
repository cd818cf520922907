//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import common.cli.Cli;
import common.cli.Proc;

/**
 * A containers-storage of its own, which leaves the host's alone; {@code conf} is for CONTAINERS_STORAGE_CONF.
 * {@code additional} is the root of an additional image store, or null.
 */
record PrivateStorage(Path root, Path runRoot, String driver, Path conf, Path additional) {
    /**
     * An empty one below the folder; with overlay, or with vfs where overlay does not work (on top of an overlay).
     * {@code runRoots} is a folder with a short path for its run root: podman 4 refuses one of more than 50 characters.
     */
    static PrivateStorage in(Path folder, Path runRoots) throws IOException {
        String reason = "";
        for (String driver : List.of("overlay", "vfs")) {
            int number = 0;
            while (Files.exists(runRoots.resolve(String.valueOf(number)))) {
                number++;
            }
            Path runRoot = Files.createDirectory(runRoots.resolve(String.valueOf(number)));
            Path conf = Files.createDirectories(folder).resolve("storage.conf");
            PrivateStorage storage = new PrivateStorage(folder.resolve(driver), runRoot, driver, conf, null);
            Files.writeString(storage.conf, """
                    [storage]
                    driver = "%s"
                    graphroot = "%s"
                    runroot = "%s"
                    """.formatted(driver, storage.root, storage.runRoot));
            Proc.Result images = storage.podman("images").run();
            if (images.ok()) {
                return storage;
            }
            reason = images.reason();
        }
        throw new Cli.Failure("podman can use neither overlay nor vfs below " + folder + ": " + reason);
    }

    boolean isOverlay() {
        return driver.equals("overlay");
    }

    /** The same with the images of a mounted store. */
    PrivateStorage with(Path store) {
        return new PrivateStorage(root, runRoot, driver, conf, store);
    }

    Proc podman(String... arguments) {
        List<String> argv = new ArrayList<>(List.of("podman", "--root", root.toString(),
                "--runroot", runRoot.toString(), "--storage-driver", driver));
        if (additional != null) {
            argv.addAll(List.of("--storage-opt", "overlay.imagestore=" + additional));
        }
        argv.addAll(List.of(arguments));
        return Proc.of(argv);
    }

    boolean has(String reference) {
        return podman("image", "exists", reference).run().ok();
    }

    /**
     * Runs an image's own command without network and registry; what it printed. With runc where there is one and
     * limits of its own: hosts with hybrid cgroups and low hard limits refuse crun and podman's defaults.
     */
    String runContainer(String reference) {
        List<String> arguments = new ArrayList<>();
        if (Proc.find("runc").isPresent()) {
            arguments.addAll(List.of("--runtime", "runc"));
        }
        arguments.addAll(List.of("run", "--rm", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024",
                "--pull=never", "--network=none", reference));
        return podman(arguments.toArray(String[]::new)).check();
    }
}
