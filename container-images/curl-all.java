///usr/bin/env LC_ALL=C.UTF-8 jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/JobsOption.java
//SOURCES ../common/cli/JsonOption.java
//SOURCES ../common/cli/ProgressOption.java
//SOURCES ../common/disk/TrialMount.java
//SOURCES ../common/http/ArtifactServer.java
//SOURCES ../common/http/CertDirOption.java
//SOURCES ../common/inventory/StagingMode.java
//SOURCES ../common/staging/IncomingSet.java
//SOURCES ../common/staging/PartitionStager.java
//SOURCES ../common/staging/ServedRelease.java

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.JobsOption;
import common.cli.Json;
import common.cli.JsonOption;
import common.cli.ProgressOption;
import common.disk.TrialMount;
import common.http.ArtifactServer;
import common.http.CertDirOption;
import common.inventory.StagingMode;
import common.staging.IncomingSet;
import common.staging.PartitionStager;
import common.staging.ServedRelease;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "curl-all", description = "Copies the image sets of the factory's web server onto the data partition: "
        + "in parallel, resumable, every blob verified. Run it again after a failure: what is whole stays.",
        footer = {"", "Example: curl-all.java 192.0.2.10 /var/mnt"})
class CurlAll extends Cli.Command {
    private static final int SHOWN = 20;

    @Parameters(paramLabel = "HTTP_BASE", description = "Where container-images is served: HOST, HOST:PORT or a URL.")
    String base;

    @Parameters(paramLabel = "FOLDER", description = "Where the data partition is mounted.")
    Path folder;

    @Option(names = "--release", paramLabel = "VERSION", description = "4.10.3, say; needed when there are several.")
    String release;

    @Option(names = "--mode", paramLabel = "auto|load|store|both", defaultValue = "auto",
            description = "load: the images' blobs; store: the packed image store store.sqfs, and of the blobs only "
                    + "manifests, configs and the operating system's; auto: both where there is a store, else load "
                    + "(default: ${DEFAULT-VALUE}).")
    StagingMode mode;

    @Option(names = "--rm-stale", description = "Remove what an earlier staging left and this one does not need: when all "
            + "of the new is there, or first, if there is no room for both.")
    boolean removeStale;

    @Mixin
    JobsOption jobs;

    @Mixin
    CertDirOption certificates;

    @Mixin
    ProgressOption progress;

    @Mixin
    JsonOption json;

    @Spec
    CommandSpec spec;

    public static void main(String... args) {
        System.exit(Cli.run(new CurlAll(), args));
    }

    @Override
    public Integer call() throws IOException {
        long begun = System.nanoTime();
        if (!Files.isDirectory(folder)) {
            throw new Cli.Failure(Cli.MISSING, "no folder " + folder + ": mount the data partition there first "
                    + "(create-gpt-partition.java)");
        }
        ArtifactServer server = ArtifactServer.at(base, certificates.dir());
        ServedRelease.Selection wanted = ServedRelease.of(server, release).in(mode);
        wanted.notes().forEach(Cli::warn);
        PrintStream text = json.text();
        PartitionStager.Plan plan;
        PartitionStager.Outcome outcome;
        try (PartitionStager staging = new PartitionStager(wanted, folder, jobs.jobs())) {
            plan = staging.plan();
            text.printf(Locale.ROOT, "Plan: release %s, mode %s, %s, %.1f MB; %.1f MB here, %.1f MB to fetch, "
                    + "%.1f MB free in %s%n", wanted.of().release(), wanted.mode(), Cli.count(plan.files(), "file"),
                    plan.bytes() / 1e6,
                    plan.presentBytes() / 1e6, plan.fetchBytes() / 1e6, plan.freeBytes() / 1e6, folder);
            if (plan.staleFiles() > 0) {
                text.printf(Locale.ROOT, "Stale: %s, %.1f MB, from an earlier staging; %s%n", Cli.count(plan.staleFiles(),
                        "file"), plan.staleBytes() / 1e6, !removeStale ? "--rm-stale removes them" : plan.fits()
                        ? "they go when all of the new is there" : "they go first: there is no room for both");
            }
            outcome = staging.run(plan, spec.name() + " " + spec.version()[0], removeStale);
        }
        boolean whole = outcome.failed().isEmpty();
        if (whole) {
            TrialMount.ofStaged(folder);
        }
        double seconds = (System.nanoTime() - begun) / 1e9;
        report(outcome);
        int exit = whole ? Cli.DONE : Cli.PARTIAL;
        json.print(document(wanted, plan, outcome, seconds), exit);
        text.printf(Locale.ROOT, "%s: %s in %s, %.1f MB fetched in %.1f s%s%n", whole ? "Staged" : "Not whole",
                Cli.count(plan.files(), "file"), folder, outcome.fetchedBytes() / 1e6, seconds,
                outcome.kept() == null ? "" : "; release " + outcome.kept() + " is whole there as before");
        return exit;
    }

    private void report(PartitionStager.Outcome outcome) {
        for (IncomingSet set : outcome.whole()) {
            json.text().println("Whole: " + set.name() + (set.images() > 0 ? ", " + Cli.count(set.images(), "image") : ""));
        }
        List<String> failed = outcome.failed().entrySet().stream().map(f -> f.getKey() + ": " + f.getValue()).toList();
        failed.stream().limit(SHOWN).forEach(f -> System.err.println("failed: " + f));
        if (failed.size() > SHOWN) {
            System.err.println("failed: " + (failed.size() - SHOWN) + " more files (--json lists all)");
        }
    }

    private ObjectNode document(ServedRelease.Selection wanted, PartitionStager.Plan plan,
            PartitionStager.Outcome outcome, double seconds) {
        ObjectNode document = Json.object().put("release", wanted.of().release()).put("folder", folder.toString())
                .put("mode", wanted.mode().toString()).put("files", plan.files()).put("bytes", plan.bytes())
                .put("presentBytes", plan.presentBytes()).put("fetchedBytes", outcome.fetchedBytes())
                .put("staleBytes", plan.staleBytes())
                .put("seconds", Math.round(seconds * 10) / 10.0);
        ArrayNode sets = document.putArray("sets");
        outcome.whole().forEach(s -> sets.addObject().put("name", s.name()).put("images", s.images()));
        ArrayNode failed = document.putArray("failed");
        outcome.failed().forEach((file, why) -> failed.addObject().put("file", file).put("reason", why));
        return document;
    }
}
