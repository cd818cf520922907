//SOURCES ../common/Proc.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import common.Cli;
import common.Proc;

/** A containers-storage of its own, which leaves the host's alone; {@code conf} is for CONTAINERS_STORAGE_CONF. */
record PrivateStorage(Path root, Path runRoot, String driver, Path conf) {
    /** Below the folder; with overlay, or with vfs where overlay does not work (on top of an overlay). */
    static PrivateStorage in(Path folder) throws IOException {
        for (String driver : List.of("overlay", "vfs")) {
            Path home = Files.createDirectories(folder.resolve(driver));
            Path conf = folder.resolve("storage.conf");
            PrivateStorage storage = new PrivateStorage(home.resolve("root"), home.resolve("run"), driver, conf);
            Files.writeString(storage.conf, """
                    [storage]
                    driver = "%s"
                    graphroot = "%s"
                    runroot = "%s"
                    """.formatted(driver, storage.root, storage.runRoot));
            if (storage.podman("images").run().ok()) {
                return storage;
            }
        }
        throw new Cli.Failure("podman can use neither overlay nor vfs below " + folder + "; try podman info");
    }

    Proc podman(String... arguments) {
        List<String> argv = new ArrayList<>(List.of("podman", "--root", root.toString(),
                "--runroot", runRoot.toString(), "--storage-driver", driver));
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
