//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Packages.java
//SOURCES ../common/cli/Proc.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Scanner;

import common.cli.Cli;
import common.cli.Packages;
import common.cli.Proc;

/** Installs the distribution's packages of programs that are missing, without letting them start servers. */
final class HostPackages {
    /** What Debian's maintainer scripts ask before they start a service: 101 is "not allowed" (invoke-rc.d). */
    private static final Path POLICY = Path.of("/usr/sbin/policy-rc.d");
    private static final String DENY = "#!/bin/sh\n# temporary: the lab is installing packages\nexit 101\n";

    private static final Map<String, List<String>> UNITS = Map.of("nginx", List.of("nginx"),
            "docker-registry", List.of("docker-registry", "docker-distribution"));

    private HostPackages() {
    }

    /**
     * Does nothing when all programs are there. Asks first when a person is at the terminal, unless {@code yes}.
     * Without root, or when the person says no, a {@link Cli.Failure} with exit code 4 names the one command to run.
     */
    static void install(List<String> programs, boolean yes) throws IOException {
        List<String> missing = programs.stream().filter(p -> !isThere(p)).toList();
        if (missing.isEmpty()) {
            return;
        }
        Collection<String> packages = Packages.having(missing);
        String command = Packages.installCommand(packages);
        if (!Cli.isRoot() || !(yes || agrees(command))) {
            throw new Cli.Failure(Cli.MISSING,
                    "not installed: " + String.join(", ", missing) + "; as root: " + command);
        }
        System.err.println("installing " + String.join(" ", packages));
        List<String> idle = missing.stream().flatMap(p -> UNITS.getOrDefault(p, List.of()).stream())
                .filter(u -> !isActive(u)).toList();
        boolean denied = denyStarts();
        try {
            if (Packages.family() == Packages.Family.DEBIAN) {
                Proc.of("apt-get", "update").run(); // if it fails, the next one says why
            }
            Proc.of(command.split(" ")).env("DEBIAN_FRONTEND", "noninteractive").check();
        } finally {
            if (denied) {
                Files.deleteIfExists(POLICY);
            }
            idle.forEach(HostPackages::disable);
        }
        System.err.println("installed " + String.join(" ", packages));
    }

    /** A program, or a data file by its path. RHEL's name of {@code docker-registry} is {@code registry}. */
    private static boolean isThere(String program) {
        return program.startsWith("/") ? Files.exists(Path.of(program))
                : Proc.find(program).isPresent() || program.equals("docker-registry") && Proc.find("registry").isPresent();
    }

    private static boolean agrees(String command) throws IOException {
        if (!Files.readSymbolicLink(Path.of("/proc/self/fd/0")).toString().matches("/dev/(pts/|tty|console).*")) {
            return true;
        }
        System.err.print("To install: " + command + "\nGo on? [Y/n] ");
        Scanner stdin = new Scanner(System.in);
        return stdin.hasNextLine() && !stdin.nextLine().strip().toLowerCase().startsWith("n");
    }

    /** Whether we made the policy, or an interrupted run of ours did, and so have to remove it. */
    private static boolean denyStarts() throws IOException {
        if (Packages.family() != Packages.Family.DEBIAN) {
            return false;
        }
        if (Files.exists(POLICY)) {
            return Files.readString(POLICY).equals(DENY);
        }
        Files.createFile(POLICY, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        Files.writeString(POLICY, DENY);
        return true;
    }

    private static boolean isActive(String unit) {
        return Files.isDirectory(Path.of("/run/systemd/system"))
                && Proc.of("systemctl", "is-active", "--quiet", unit).run().ok();
    }

    /** Packages enable their service (Debian) and start it (others); one that was not running stays so. */
    private static void disable(String unit) {
        if (Files.isDirectory(Path.of("/run/systemd/system")) && Proc.of("systemctl", "cat", unit).run().ok()) {
            Proc.of("systemctl", "disable", "--now", unit).run();
        }
    }
}
