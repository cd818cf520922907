package common.registry;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/DryRunOption.java
//SOURCES ../cli/JobsOption.java
//SOURCES ../cli/JsonOption.java
//SOURCES ../cli/Parallel.java
//SOURCES ../cli/Progress.java
//SOURCES ../cli/ProgressOption.java
//SOURCES ../cli/ScriptFolder.java
//SOURCES ../oci/ImageList.java
//SOURCES ../oci/LegacyTarball.java
//SOURCES ../oci/OciLayout.java
//SOURCES ../oci/RegistriesConf.java
//SOURCES PulledSet.java
//SOURCES Puller.java
//SOURCES RegistryOptions.java

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.DryRunOption;
import common.cli.JobsOption;
import common.cli.Json;
import common.cli.JsonOption;
import common.cli.Parallel;
import common.cli.Progress;
import common.cli.ProgressOption;
import common.cli.ScriptFolder;
import common.oci.ImageList;
import common.oci.OciLayout;
import common.oci.RegistriesConf;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What the pull scripts share: the options, and the way from an image list to a set on disk. */
public abstract class PullCommand extends Cli.Command {
    enum Format { OCI, TGZ }

    @Option(names = "--list", paramLabel = "FILE", defaultValue = "${env:OCP_RELEASE_LIST}",
            description = "Image list, a line is REFERENCE [TAG] (default: beside this script; or OCP_RELEASE_LIST).")
    Path listFile;

    @Option(names = "--folder", paramLabel = "DIR", defaultValue = "${env:FOLDER}",
            description = "Where the set goes (default: beside this script; or FOLDER).")
    Path folder;

    @Option(names = "--blobs", paramLabel = "DIR",
            description = "Where all sets keep their blobs (default: FOLDER/../blobs).")
    Path blobs;

    @Mixin
    RegistryOptions registries;

    @Option(names = "--platform", paramLabel = "OS/ARCH", defaultValue = "linux/amd64",
            description = "What to take of a multi-arch image (default: ${DEFAULT-VALUE}).")
    String platform;

    @Option(names = "--all-platforms", description = "Take every platform of a multi-arch image.")
    boolean allPlatforms;

    @Mixin
    JobsOption jobs;

    @Option(names = "--format", paramLabel = "oci|tgz", defaultValue = "oci",
            description = "tgz writes the original's NAME.tgz, for nodes with the old extract scripts.")
    Format format;

    @Option(names = "--exclude", paramLabel = "REGEX", arity = "1..*",
            description = "Leave out references in which it is found.")
    List<Pattern> exclude = List.of();

    @Option(names = "--rm-stale",
            description = "Remove images that the list no longer has, and the blobs only they needed.")
    boolean rmStale;

    @Mixin
    ProgressOption progress;

    @Mixin
    DryRunOption dryRun;

    @Mixin
    JsonOption json;

    private final String set;
    private final String release;
    private final Path defaultList;

    /**
     * @param set the set's name on the data partition: ai-images or ocp-images
     * @param release null when the list is no release's own: then the folder's name says it, {@code ocp-images-4.12.0}
     * @param list where the default image list is in the repository, beside the script
     */
    protected PullCommand(String set, String release, String list) {
        this.set = set;
        this.release = release;
        this.defaultList = Path.of(list);
    }

    @Override
    public Integer call() throws IOException {
        long begun = System.nanoTime();
        PrintStream text = json.text();
        if (!platform.matches("\\w+/\\w+(/\\w+)?")) {
            throw new Cli.Failure(Cli.USAGE, "--platform " + platform + ": expected OS/ARCH, e.g. linux/amd64");
        }
        // beside what follows: together they are what a pull does before its first request
        CompletableFuture<RegistriesConf> conf = CompletableFuture.supplyAsync(registries::conf);
        ImageList list = ImageList.read(given(listFile) ? listFile : ScriptFolder.beside(defaultList)).without(exclude);
        OciLayout layout = OciLayout.at(given(folder) ? folder : ScriptFolder.beside(defaultList).getParent(), blobs);
        PulledSet pulled = new PulledSet(set, release, layout, list, !exclude.isEmpty(), format == Format.TGZ, rmStale);
        pulled.check();
        Puller puller = new Puller(registries.registry(), Parallel.join(conf), layout, allPlatforms ? null : platform,
                jobs.jobs());

        Puller.Plan plan = puller.plan(list);
        long free = free(layout.blobs());
        text.printf(Locale.ROOT,
                "Plan: %s, %s, %s unique (%s listed); %s here, %s to fetch, %s free in %s%n",
                Cli.count(plan.images().size(), "image"), Cli.count(plan.layers(), "layer"), mb(plan.uniqueBytes()),
                mb(plan.listedBytes()), mb(plan.presentBytes()), mb(plan.fetchBytes()), mb(free), layout.blobs());
        Puller.Outcome outcome = new Puller.Outcome(List.of(), plan.failed());
        if (!dryRun.isOn() && !plan.images().isEmpty()) {
            // a tarball is about as large as its image; those of an earlier pull are replaced one by one
            long tarballs = format == Format.TGZ ? Math.max(0, plan.listedBytes() - pulled.tarballBytes()) : 0;
            checkRoom(plan.fetchBytes(), tarballs, layout, free);
            outcome = pulled.pull(puller, plan, Progress.onTerminal() && !json.isOn() && !Cli.verbose());
        }
        Map<String, String> failed = outcome.failed();
        failed.forEach((reference, reason) -> System.err.println("failed: " + reference + ": " + reason));
        int done = dryRun.isOn() ? plan.images().size() : outcome.whole().size();
        double seconds = (System.nanoTime() - begun) / 1e9;
        int exit = failed.isEmpty() ? Cli.DONE : done == 0 ? Cli.FAILED : Cli.PARTIAL;
        json.print(document(plan, pulled, done, failed, seconds), exit);
        if (!json.isOn() && !dryRun.isOn()) {
            text.printf(Locale.ROOT, "%d of %s in %s, %.1f s%n", done, Cli.count(list.entries().size(), "image"),
                    layout.folder(), seconds);
        }
        return exit;
    }

    /** A variable that is set but empty counts as not set, as in a shell's {@code ${FOLDER:-}}. */
    private static boolean given(Path path) {
        return path != null && !path.toString().isEmpty();
    }

    private ObjectNode document(Puller.Plan plan, PulledSet pulled, int done, Map<String, String> failed,
            double seconds) {
        ObjectNode document = Json.object().put("set", set).put("release", pulled.release())
                .put("folder", pulled.layout().folder().toString()).put("blobs", pulled.layout().blobs().toString())
                .put("dryRun", dryRun.isOn()).put("images", done).put("layers", plan.layers())
                .put("listedBytes", plan.listedBytes()).put("uniqueBytes", plan.uniqueBytes())
                .put("presentBytes", plan.presentBytes()).put("fetchBytes", plan.fetchBytes())
                .put("seconds", Math.round(seconds * 10) / 10.0);
        document.putArray("failed");
        failed.forEach((reference, reason) -> document.withArray("failed").addObject().put("reference", reference)
                .put("reason", reason));
        return document;
    }

    /** Blobs and tarballs may lie on two file systems, or share one. */
    private static void checkRoom(long blobs, long tarballs, OciLayout layout, long free) throws IOException {
        boolean shared = Files.getAttribute(existing(layout.blobs()), "unix:dev")
                .equals(Files.getAttribute(existing(layout.folder()), "unix:dev"));
        if (blobs + (shared ? tarballs : 0) > free) {
            throw new Cli.Failure("does not fit: " + mb(blobs) + " to fetch"
                    + (shared && tarballs > 0 ? " and " + mb(tarballs) + " of tarballs" : "") + ", " + mb(free) + " free in "
                    + layout.blobs() + "; free some space or name another folder with --blobs");
        }
        if (!shared && tarballs > free(layout.folder())) {
            throw new Cli.Failure("does not fit: " + mb(tarballs) + " of tarballs, " + mb(free(layout.folder()))
                    + " free in " + layout.folder() + "; free some space or name another --folder");
        }
    }

    /** Bytes free where the folder is or will be. FileStore, which looks for the mount, fails in a chroot. */
    private static long free(Path folder) {
        return existing(folder).toFile().getUsableSpace();
    }

    private static Path existing(Path folder) {
        Path there = folder;
        while (!Files.exists(there)) {
            there = there.getParent();
        }
        return there;
    }

    private static String mb(long bytes) {
        return String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
    }
}
