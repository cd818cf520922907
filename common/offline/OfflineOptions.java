package common.offline;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/JsonOption.java
//SOURCES ../disk/FileSystemOptions.java
//SOURCES ../disk/HintOptions.java
//SOURCES ../disk/ListedDisk.java
//SOURCES ../disk/PartitionLabel.java
//SOURCES ../inventory/StagingMode.java
//SOURCES ../oci/DiskNames.java
//SOURCES ../vm/KcliPlan.java
//SOURCES OfflineRequest.java
//SOURCES OfflineStaging.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.JsonOption;
import common.disk.FileSystemOptions;
import common.disk.HintOptions;
import common.disk.ListedDisk;
import common.disk.PartitionLabel;
import common.oci.DiskNames;
import common.inventory.StagingMode;
import common.vm.KcliPlan;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** create-vm without the VM: the options that only this has, and what it does (picocli argument group). */
public final class OfflineOptions {
    @Option(names = "--offline", required = true, description = "No VM: this host stages --disk by itself.")
    private boolean offline;

    @ArgGroup(multiplicity = "1")
    private Disk which;

    private static class Disk {
        @Option(names = "--disk", required = true, paramLabel = "FILE|DEV", description = "With --offline: a disk, a raw "
                + "file or a qcow2 image; a file is made if need be, of the size of the profile's last disk.")
        private Path disk;

        @ArgGroup(exclusive = false)
        private HintOptions hints;
    }

    @Option(names = "--copy-to", arity = "1..*", paramLabel = "FILE|DEV", description = "With --offline: more disks, "
            + "to be copies of it, all at once; without --artifacts, of a disk that is staged already.")
    private List<Path> copies = List.of();

    @ArgGroup(exclusive = false)
    private FileSystemOptions fileSystem = new FileSystemOptions();

    /** The script's other options that count here; {@code startSector} and {@code size} may be null. */
    public record Shared(String artifacts, String release, StagingMode mode, String label, Long startSector, Long size,
            boolean force, boolean dryRun, Path certDir, JsonOption json) {
    }

    /** The disks of the profile, which is read only for the size of a file that is not there. */
    public interface Profile {
        List<KcliPlan.Disk> disks() throws IOException;
    }

    public int run(Shared shared, Profile profile) throws IOException, InterruptedException {
        PartitionLabel label = new PartitionLabel(shared.label);
        if (which.hints != null && which.hints.isExplanation()) {
            which.hints.explain(label, shared.json.text());
            return Cli.DONE;
        }
        boolean stage = shared.artifacts != null && !shared.artifacts.isBlank();
        if (!stage && copies.isEmpty()) {
            throw new Cli.Failure(Cli.USAGE, "--offline: give --artifacts to stage, or --copy-to for copies of a "
                    + "staged disk");
        }
        if (!stage && fileSystem.isFresh()) {
            throw new Cli.Failure(Cli.USAGE, "--fresh gives up what is on the disk; give --artifacts to stage it anew");
        }
        ListedDisk hinted = which.hints == null ? null : which.hints.disk(label);
        Path disk = hinted == null ? which.disk : hinted.path();
        if (hinted != null) {
            shared.json.text().println((shared.dryRun ? "# disk: " : "disk: ") + hinted.shown());
        }
        long newBytes = 0;
        if (!Files.exists(disk)) {
            List<KcliPlan.Disk> known = profile.disks();
            newBytes = known.isEmpty() ? 0 : (long) known.get(known.size() - 1).size() << 30;
        }
        OfflineStaging staging = new OfflineStaging(new OfflineRequest(disk, hinted, copies,
                stage ? shared.artifacts : null, shared.certDir, shared.release, shared.mode, shared.label,
                shared.startSector == null ? DiskNames.START_SECTOR : shared.startSector,
                shared.size, newBytes, shared.force, fileSystem, null, "create-vm --offline"), shared.json.text());
        if (shared.dryRun) {
            staging.dryRun();
            return Cli.DONE;
        }
        ObjectNode report = staging.run();
        OfflineStaging.failures(report).forEach(System.err::println);
        shared.json.text().println(OfflineStaging.text(report));
        int exit = report.path("failed").isEmpty() ? Cli.DONE : Cli.PARTIAL;
        shared.json.print(report, exit);
        return exit;
    }
}
