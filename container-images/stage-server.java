///usr/bin/env LC_ALL=C.UTF-8 jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/DryRunOption.java
//SOURCES ../common/cli/JsonOption.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/cli/ProgressOption.java
//SOURCES ../common/disk/FileSystemOptions.java
//SOURCES ../common/disk/HintOptions.java
//SOURCES ../common/disk/ListedDisk.java
//SOURCES ../common/disk/PartitionLabel.java
//SOURCES ../common/http/ArtifactServer.java
//SOURCES ../common/http/CertDirOption.java
//SOURCES ../common/inventory/StagingMode.java
//SOURCES ../common/line/Heartbeat.java
//SOURCES ../common/line/KeptReport.java
//SOURCES ../common/line/LineOptions.java
//SOURCES ../common/line/ServerIdentity.java
//SOURCES ../common/line/StageReport.java
//SOURCES ../common/oci/DiskNames.java
//SOURCES ../common/offline/OfflineRequest.java
//SOURCES ../common/offline/OfflineStaging.java
//SOURCES ../common/offline/PlaceOptions.java
//SOURCES ../common/staging/ServedRelease.java

import java.io.IOException;
import java.time.Instant;
import java.util.List;

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.DryRunOption;
import common.cli.JsonOption;
import common.cli.Proc;
import common.cli.ProgressOption;
import common.disk.FileSystemOptions;
import common.disk.HintOptions;
import common.disk.ListedDisk;
import common.disk.PartitionLabel;
import common.http.ArtifactServer;
import common.http.CertDirOption;
import common.inventory.StagingMode;
import common.line.Heartbeat;
import common.line.KeptReport;
import common.line.LineOptions;
import common.line.ServerIdentity;
import common.line.StageReport;
import common.oci.DiskNames;
import common.offline.OfflineRequest;
import common.offline.OfflineStaging;
import common.offline.PlaceOptions;
import common.staging.ServedRelease;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "stage-server", description = {"Stages the server that it runs on: checks it, finds its disk, partitions it, "
        + "copies the artifacts, verifies them, and reports.", "Run it again after a failure or a power cut: it goes on."},
        footer = {"", "Example: stage-server.java 192.0.2.10 --hint minSizeGigabytes=400 rotational=false --public-key "
                + "factory-public.pem"})
class StageServer extends Cli.Command {
    @Parameters(paramLabel = "HTTP_BASE", description = "Where container-images is served: HOST, HOST:PORT or a URL.")
    private String base;

    @ArgGroup(exclusive = false, multiplicity = "1")
    private HintOptions hints;

    @Mixin
    private LineOptions options;

    @Option(names = "--release", paramLabel = "VERSION", description = "4.10.3, say; needed when there are several.")
    private String release;

    @Option(names = "--mode", paramLabel = "auto|load|store|both", defaultValue = "auto",
            description = "What is staged, see curl-all (default: ${DEFAULT-VALUE}).")
    private StagingMode mode;

    @ArgGroup
    private PlaceOptions place = new PlaceOptions();

    @Option(names = "--label", paramLabel = "NAME", defaultValue = PartitionLabel.DEFAULT,
            description = "Partition label (default: ${DEFAULT-VALUE}).")
    private String label;

    @Option(names = "--power-off", description = "Switch the server off when it is staged and the report is taken.")
    private boolean powerOff;

    @Mixin
    private CertDirOption certificates;

    @Mixin
    private ProgressOption progress;

    @Mixin
    private DryRunOption dryRun;

    @Mixin
    private JsonOption json;

    public static void main(String... args) {
        System.exit(Cli.run(new StageServer(), args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        PartitionLabel partition = new PartitionLabel(label);
        if (hints.isExplanation()) {
            hints.explain(partition, json.text());
            return Cli.DONE;
        }
        Cli.requireRoot("partitioning and mounting");
        LineOptions.Line line = options.read();
        ServerIdentity identity = line.identity();
        StageReport report = new StageReport(identity, line.collector(), certificates.dir(), json.text());
        report.started();
        try (Heartbeat alive = report.heartbeat()) {
            line.admit(identity);
            stage(line, identity, partition, report);
        } catch (RuntimeException | IOException e) {
            report.failed(e);
            throw e;
        }
        report.passed(dryRun.isOn());
        json.print(report.document());
        if (powerOff && !dryRun.isOn()) {
            Proc.of("systemctl", "poweroff").check();
        }
        return Cli.DONE;
    }

    private void stage(LineOptions.Line line, ServerIdentity identity, PartitionLabel partition, StageReport report)
            throws IOException, InterruptedException {
        ArtifactServer server = ArtifactServer.at(base, certificates.dir());
        if (line.signer() != null) { // staging asks again, but the write speed is measured before
            ServedRelease.of(server, release).checkSigned(line.signer());
        }
        report.checks(line.preflight().server(identity, Instant.now(), server.time().orElse(null)));
        ListedDisk disk = hints.disk(partition);
        report.disk(disk);
        report.checks(line.preflight().disk(disk, !dryRun.isOn()));
        report.checked();
        OfflineStaging staging = new OfflineStaging(new OfflineRequest(disk.path(), disk, List.of(), base,
                certificates.dir(), release, mode, label,
                place.startSector() == null ? DiskNames.START_SECTOR : place.startSector(), place.size(), 0, false,
                new FileSystemOptions(), line.signer(), "stage-server"), json.text());
        if (dryRun.isOn()) {
            staging.dryRun();
            return;
        }
        ObjectNode staged = staging.run();
        OfflineStaging.failures(staged).forEach(System.err::println);
        report.staged(staged);
        json.text().println(OfflineStaging.text(staged));
        KeptReport.write(disk.path(), partition, report.document());
    }
}
