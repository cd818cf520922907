///usr/bin/env LC_ALL=C.UTF-8 jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES common/cli/Cli.java
//SOURCES common/cli/DryRunOption.java
//SOURCES common/cli/JsonOption.java
//SOURCES common/cli/Proc.java
//SOURCES common/disk/BlockDevice.java
//SOURCES common/disk/DiskSize.java
//SOURCES common/disk/FileSystemOptions.java
//SOURCES common/disk/GptPlan.java
//SOURCES common/disk/HintOptions.java
//SOURCES common/disk/ListedDisk.java
//SOURCES common/disk/PartitionLabel.java
//SOURCES common/oci/DiskNames.java
//SOURCES common/release/ReleaseModel.java
//SOURCES common/release/ReleaseVersion.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import common.cli.Cli;
import common.cli.DryRunOption;
import common.cli.JsonOption;
import common.cli.Proc;
import common.disk.BlockDevice;
import common.disk.DiskSize;
import common.disk.FileSystemOptions;
import common.disk.GptPlan;
import common.disk.HintOptions;
import common.disk.ListedDisk;
import common.disk.PartitionLabel;
import common.oci.DiskNames;
import common.release.ReleaseModel;
import common.release.ReleaseVersion;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "create-gpt-partition",
        description = {"Adds a partition with a label and XFS to a disk, up to its end, and mounts it.",
            "A blank disk gets a GPT; a GPT keeps its partitions; a partition with that label and XFS is reused."},
        footer = {"", "Examples, the second for a disk by what it is, as Metal3's rootDeviceHints have it:",
            "  ./jbang create-gpt-partition.java --device /dev/vdb --size 60GiB --dry-run",
            "  ./jbang create-gpt-partition.java --hint serialNumber=S4EWNX0R --size 60GiB --explain"})
class CreateGptPartition extends Cli.Command {
    @ArgGroup
    private Disk disk = new Disk();

    private static class Disk {
        @Option(names = "--device", paramLabel = "DISK", description = "Disk, or a file as one (default: /dev/vdb).")
        private Path device = Path.of("/dev/vdb");

        @ArgGroup(exclusive = false)
        private HintOptions hints;
    }

    @ArgGroup
    private Place place = new Place();

    private static class Place {
        @Option(names = "--start-sector", paramLabel = "N",
                description = "First sector, moved down to a multiple of 1 MiB (default: "
                        + DiskNames.START_SECTOR + ").")
        private long startSector = DiskNames.START_SECTOR;

        @Option(names = "--size", paramLabel = "SIZE", converter = DiskSize.class,
                description = "Size, such as 100GiB, counted from the end of the disk.")
        private Long size;
    }

    @Option(names = "--label", paramLabel = "NAME", defaultValue = PartitionLabel.DEFAULT,
            description = "Partition label (default: ${DEFAULT-VALUE}).")
    private String label;

    @ArgGroup
    private Mount mount = new Mount();

    private static class Mount {
        @Option(names = "--mount", paramLabel = "DIR", description = "Where to mount it (default: "
                + DiskNames.MOUNT + ").")
        private Path folder = Path.of(DiskNames.MOUNT);

        @Option(names = "--no-mount", description = "Do not mount it.")
        private boolean not;
    }

    @Mixin
    private DryRunOption dryRun;

    @Option(names = "--force", description = "Overwrite a file system or partition table of another kind.")
    private boolean force;

    @Mixin
    private FileSystemOptions fileSystem;

    @Option(names = "--release", paramLabel = "VERSION", converter = ReleaseVersion.class,
            description = "The oldest OpenShift whose nodes are to mount it (default: 4.10).")
    private ReleaseModel release = ReleaseModel.OLDEST;

    @Mixin
    private JsonOption json;

    public static void main(String... args) {
        System.exit(Cli.run(new CreateGptPartition(), args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        PartitionLabel partitionLabel = new PartitionLabel(label);
        Cli.requireRoot("reading and partitioning disks");
        Proc.need("lsblk", "sfdisk", "wipefs", "blkid", "partx", "losetup", "mkfs.xfs", "mount");
        if (disk.hints != null && disk.hints.isExplanation()) {
            disk.hints.explain(partitionLabel, json.text());
            return Cli.DONE;
        }
        Path folder = mount.not ? null
                : Files.exists(mount.folder) ? mount.folder.toRealPath() : mount.folder.toAbsolutePath().normalize();
        GptPlan.Request wanted = new GptPlan.Request(partitionLabel.name(), place.startSector, place.size, folder, force,
                fileSystem.isFresh(), fileSystem.kernel(release.kernel()));
        if (disk.hints != null) {
            ListedDisk hinted = disk.hints.disk(partitionLabel);
            say("disk: " + hinted.shown());
            if (dryRun.isOn() && !hinted.foreign().isEmpty()) {
                hinted.wiping().forEach(wipe -> json.text().println(wipe.shown()));
                say("and then the commands for a blank disk");
                return Cli.DONE;
            }
            hinted.wipe(wanted);
            disk.device = hinted.path();
        }
        GptPlan plan = GptPlan.of(BlockDevice.of(disk.device), wanted);
        if (plan.action() == GptPlan.Action.CREATE && place.size == null
                && plan.partition().start() != place.startSector) {
            say("start sector " + place.startSector + " moved down to " + plan.partition().start() + ", a multiple of "
                    + GptPlan.alignment(plan.disk()));
        }
        if (dryRun.isOn()) {
            plan.steps().forEach(step -> json.text().println(step.shown()));
        } else {
            plan.run();
        }
        say(plan.summary(folder, dryRun.isOn()));
        json.print(plan.document(folder, dryRun.isOn()));
        return Cli.DONE;
    }

    /** What a dry run prints can be given to a shell as it is. */
    private void say(String line) {
        json.text().println((dryRun.isOn() ? "# " : "") + line);
    }
}
