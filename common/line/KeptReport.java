package common.line;

//SOURCES ../cli/Json.java
//SOURCES ../cli/AtomicFile.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/Proc.java
//SOURCES ../disk/BlockDevice.java
//SOURCES ../disk/PartitionLabel.java
//SOURCES ../disk/TrialMount.java
//SOURCES ../oci/DiskNames.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.AtomicFile;
import common.cli.Cli;
import common.cli.Json;
import common.cli.Proc;
import common.disk.BlockDevice;
import common.disk.PartitionLabel;
import common.disk.TrialMount;
import common.oci.DiskNames;

/** The report that travels with the server, beside what it is about. */
public final class KeptReport {
    private KeptReport() {
    }

    /** Writes it onto the disk's partition, and sees whether a node can still mount that. Nothing is mounted afterwards. */
    public static void write(Path device, PartitionLabel label, ObjectNode report) throws IOException {
        BlockDevice disk = BlockDevice.of(device);
        BlockDevice.Partition partition = disk.partitions().stream().filter(p -> label.name().equals(p.name())).findFirst()
                .orElseThrow(() -> new Cli.Failure(device + ": its partition " + label.name() + " is gone"));
        Path folder = Files.createTempDirectory("partition");
        try {
            Proc.of("mount", "-t", "xfs", disk.node(partition.number()).toString(), folder.toString()).check();
            try {
                AtomicFile.write(folder.resolve(DiskNames.STAGE_REPORT), Json.pretty(report));
            } finally {
                Proc.of("umount", folder.toString()).check();
            }
        } finally {
            Files.delete(folder);
        }
        TrialMount.of(disk, partition).run();
    }
}
