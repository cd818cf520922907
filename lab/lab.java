///usr/bin/env LC_ALL=C.UTF-8 jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Packages.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/cli/ScriptFolder.java
//SOURCES Corpus.java
//SOURCES HostPackages.java
//SOURCES LabFolder.java
//SOURCES LabScripts.java
//SOURCES Rehearsal.java
//SOURCES StandingLab.java
//SOURCES VmRehearsal.java

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

import common.cli.Cli;
import common.cli.Packages;
import common.cli.Proc;
import common.cli.ScriptFolder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Registry, artifact server, disk and node on one machine, with made-up images: no OpenShift account is needed. */
@Command(name = "lab", description = "Rehearse the pre-staging on this machine: local registry, made-up images.",
        footer = {"", "Examples, the whole way at once, and servers that stay to go it by hand:",
            "  ./jbang lab/lab.java rehearse", "  ./jbang lab/lab.java up",
            "With a factory VM and a node on site, emulated; the node's image is made first, once:",
            "  ./jbang lab/lab.java rehearse --vm"})
class Lab extends Cli.Command {
    enum Action { REHEARSE, UP, STATUS, DOWN }

    private static final List<String> PROGRAMS = List.of("skopeo", "podman", "docker-registry", "nginx", "mkfs.xfs",
            "sfdisk", "partx", "losetup", "lsblk", "wipefs", "mount", "setsid", "mksquashfs", "unsquashfs");

    @Parameters(paramLabel = "rehearse|up|status|down", description = "What to do.")
    Action action;

    @Option(names = "--images", paramLabel = "N", defaultValue = "24",
            description = "Images to make, 6 or more (default: ${DEFAULT-VALUE}; 46 are the size of our benchmark).")
    int images;

    @Option(names = "--vm", description = "With virtual machines and 9 small images: create-vm, "
            + "discovery ISO, first boot.")
    boolean vm;

    @Option(names = "--all", description = "With --vm: the nodes on site in every mode with every network.")
    boolean all;

    @Option(names = "--yes", description = "Install missing packages without asking.")
    boolean yes;

    @Option(names = "--dir", paramLabel = "DIR",
            defaultValue = "${env:XDG_CACHE_HOME:-${sys:user.home}/.cache}/pre-staging-lab",
            description = "Where the lab has its files (default: ${DEFAULT-VALUE}).")
    Path dir;

    public static void main(String... args) {
        System.exit(Cli.run(new Lab(), args));
    }

    @Override
    public Integer call() throws IOException {
        LabFolder folder = new LabFolder(dir);
        Path script = ScriptFolder.beside(Path.of("lab/lab.java")).toAbsolutePath().normalize();
        Corpus corpus = Corpus.of(images, 1);
        LabScripts scripts = new LabScripts(script.getParent().getParent(), folder);
        switch (action) {
            case REHEARSE -> {
                install();
                if (!Cli.isRoot()) {
                    throw new Cli.Failure(Cli.MISSING, "a rehearsal mounts disks and runs nodes: run it as root");
                }
                if (vm) {
                    HostPackages.install(VmRehearsal.PROGRAMS, yes);
                    new VmRehearsal(folder, scripts, all).run();
                } else {
                    new Rehearsal(folder, scripts, corpus).run();
                }
            }
            case UP -> {
                install();
                new StandingLab(folder).up(scripts, corpus);
            }
            case STATUS -> new StandingLab(folder).status();
            default -> down(folder);
        }
        return Cli.DONE;
    }

    private void install() throws IOException {
        HostPackages.install(PROGRAMS, yes);
        if (Packages.family() == Packages.Family.DEBIAN) { // RHEL's crun needs no help, and RHEL 10 has no runc
            HostPackages.install(List.of("runc"), yes);
        }
    }

    private static void down(LabFolder folder) throws IOException {
        folder.release();
        folder.delete();
        System.out.println("Nothing of the lab is left.");
    }
}
