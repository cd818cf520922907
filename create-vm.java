///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES common/Json.java
//SOURCES common/KcliPlan.java

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

import common.Cli;
import common.KcliPlan;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "create-vm",
        description = {"Creates the factory VM, stages the images on its second disk, and shuts it down: ready to ship.",
            "Run it again after a failure: it finds the VM, the partition and the blobs, and goes on."},
        footer = {"", "Example: ./jbang create-vm.java --artifacts 192.0.2.2 --release 4.10.3 --dry-run"})
class CreateVm extends Cli.Command {
    enum Backend { AUTO, LIBVIRT, QEMU, KCLI }

    @Option(names = "--profile", paramLabel = "FILE", defaultValue = "profile-sno-rhcos.yaml",
            description = "kcli plan with the VM (default: ${DEFAULT-VALUE}).")
    private Path profile;

    @Option(names = "--name", paramLabel = "VM", description = "Its name (default: as in the profile).")
    private String name;

    @Option(names = "--backend", paramLabel = "auto|libvirt|qemu|kcli", defaultValue = "auto",
            description = "What runs it; auto: libvirt if it answers, else qemu (default: ${DEFAULT-VALUE}).")
    private Backend backend;

    @Option(names = "--connect", paramLabel = "URI", defaultValue = "qemu:///system",
            description = "libvirt's address (default: ${DEFAULT-VALUE}).")
    private String connect;

    @Option(names = "--accel", paramLabel = "auto|kvm|tcg", defaultValue = "auto",
            description = "auto: kvm where a guest really runs on it, else tcg, software emulation.")
    private String accel;

    @Option(names = "--artifacts", paramLabel = "HTTP_BASE", defaultValue = "${ARTIFACTS:-${HTTP_IP}}",
            description = "Where container-images is served (default: $ARTIFACTS, $HTTP_IP).")
    private String artifacts;

    @Option(names = "--release", paramLabel = "VERSION", description = "4.10.3, say; needed when there are several.")
    private String release;

    @ArgGroup
    private Place place = new Place();

    private static class Place {
        @Option(names = "--size", paramLabel = "SIZE", description = "Of the partition, such as 100GiB.")
        private String size;

        @Option(names = "--start-sector", paramLabel = "N", description = "Its first sector (default: 120000000).")
        private Long startSector;
    }

    @Option(names = "--label", paramLabel = "NAME", defaultValue = "data",
            description = "Partition label (default: ${DEFAULT-VALUE}).")
    private String label;

    @Option(names = "--mode", paramLabel = "load|store|both", defaultValue = "load",
            description = "What is staged, see curl-all (default: ${DEFAULT-VALUE}).")
    private String mode;

    @Option(names = "--image", paramLabel = "FILE", description = "Disk image (default: the profile's, or downloaded).")
    private Path image;

    @Option(names = "--mirror", paramLabel = "URL", defaultValue = "${RHCOS_MIRROR}",
            description = "Folder with the image and sha256sum.txt (default: Red Hat's, by the image's name).")
    private String mirror;

    @Option(names = "--ssh-key", paramLabel = "FILE", description = "Private key; FILE.pub is beside it.")
    private Path sshKey;

    @Option(names = "--state", paramLabel = "DIR", description = "Where VMs keep their key, log, and with qemu disks.")
    private Path state;

    @Option(names = "--timeout", paramLabel = "SECONDS", defaultValue = "900",
            description = "How long to wait for ssh (default: ${DEFAULT-VALUE}).")
    private long timeout;

    @Option(names = "--keep-running", description = "Do not shut it down at the end.")
    private boolean keepRunning;

    @Option(names = "--force", description = "Make it anew; removes only what this script created.")
    private boolean force;

    @Option(names = "--delete", description = "Remove the VM and its disks, if this script created them, and end.")
    private boolean delete;

    @Option(names = "--dry-run", description = "Print what would be run, run nothing.")
    private boolean dryRun;

    @Option(names = "--json", description = "A JSON document on stdout, text on stderr.")
    private boolean json;

    public static void main(String... args) {
        System.exit(Cli.run(new CreateVm(), args));
    }

    @Override
    public Integer call() throws IOException {
        KcliPlan plan = KcliPlan.read(profile, name);
        plan.warnings().forEach(Cli::warn);
        Cli.text(json).println(plan);
        return Cli.DONE;
    }
}
