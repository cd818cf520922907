package common.registry;

//SOURCES ../cli/Json.java
//SOURCES ../cli/AtomicFile.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/DryRunOption.java
//SOURCES ../cli/JobsOption.java
//SOURCES ../cli/JsonOption.java
//SOURCES ../cli/LockFile.java
//SOURCES ../cli/Parallel.java
//SOURCES ../cli/ScriptFolder.java
//SOURCES ../inventory/Inventory.java
//SOURCES ../oci/Descriptor.java
//SOURCES ../oci/DiskNames.java
//SOURCES ../oci/ImageList.java
//SOURCES ../oci/LegacyTarball.java
//SOURCES ../oci/OciLayout.java
//SOURCES ../oci/RegistriesConf.java
//SOURCES Puller.java
//SOURCES RegistryOptions.java

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.AtomicFile;
import common.cli.Cli;
import common.cli.DryRunOption;
import common.cli.JobsOption;
import common.cli.Json;
import common.cli.JsonOption;
import common.cli.LockFile;
import common.cli.Parallel;
import common.cli.ScriptFolder;
import common.inventory.Inventory;
import common.oci.Descriptor;
import common.oci.DiskNames;
import common.oci.ImageList;
import common.oci.LegacyTarball;
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
        if (format == Format.TGZ) {
            tarballNames(list); // refused before anything is fetched
        }
        Puller puller = new Puller(registries.registry(), Parallel.join(conf), layout, allPlatforms ? null : platform,
                jobs.jobs());

        Puller.Plan plan = puller.plan(list);
        long free = free(layout.blobs());
        text.printf(Locale.ROOT,
                "Plan: %d images, %d layers, %s unique (%s listed); %s here, %s to fetch, %s free in %s%n",
                plan.images().size(), plan.layers(), mb(plan.uniqueBytes()), mb(plan.listedBytes()),
                mb(plan.presentBytes()), mb(plan.fetchBytes()), mb(free), layout.blobs());
        Map<String, String> failed = new TreeMap<>(plan.failed());
        List<Descriptor> whole = List.of();
        if (!dryRun.isOn() && !plan.images().isEmpty()) {
            if (plan.fetchBytes() > free) {
                throw new Cli.Failure("does not fit: " + mb(plan.fetchBytes()) + " to fetch, " + mb(free) + " free in "
                        + layout.blobs() + "; free some space or name another folder with --blobs");
            }
            whole = pull(puller, plan, list, layout, failed);
        }
        failed.forEach((reference, reason) -> System.err.println("failed: " + reference + ": " + reason));
        int done = dryRun.isOn() ? plan.images().size() : whole.size();
        double seconds = (System.nanoTime() - begun) / 1e9;
        int exit = failed.isEmpty() ? Cli.DONE : done == 0 ? Cli.FAILED : Cli.PARTIAL;
        json.print(document(plan, layout, done, failed, seconds), exit);
        if (!json.isOn() && !dryRun.isOn()) {
            text.printf(Locale.ROOT, "%d of %d images in %s, %.1f s%n", done, list.entries().size(), layout.folder(),
                    seconds);
        }
        return exit;
    }

    private String release(OciLayout layout) {
        return release != null ? release : DiskNames.release(layout.folder().getFileName().toString());
    }

    /** A variable that is set but empty counts as not set, as in a shell's {@code ${FOLDER:-}}. */
    private static boolean given(Path path) {
        return path != null && !path.toString().isEmpty();
    }

    private List<Descriptor> pull(Puller puller, Puller.Plan plan, ImageList list, OciLayout layout,
            Map<String, String> failed) throws IOException {
        layout.createFolders();
        try (LockFile lock = LockFile.tryTake(layout.blobs().resolve(".lock")).orElseThrow(() -> new Cli.Failure(
                "another pull is writing to " + layout.blobs() + "; wait for it to end"))) {
            List<Descriptor> whole = puller.fetch(plan, failed);
            Path copy = copyTo(layout.folder(), list);
            List<Path> files = new ArrayList<>(format == Format.TGZ ? tarballs(layout, list, whole)
                    : commit(layout, list, whole));
            if (!same(copy, list.file())) {
                AtomicFile.write(copy, exclude.isEmpty() ? Files.readAllBytes(list.file()) : list.text());
            }
            files.add(copy);
            String of = puller.platform() == null ? "all" : puller.platform();
            Inventory.update(layout, new Inventory.SetOf(set, release(layout), of, whole.size(),
                    List.copyOf(failed.keySet())), copy, files);
            return whole;
        }
    }

    /**
     * The list that goes with the set. With --exclude that is not the one given, which may lie in the same folder: it gets
     * the name that it has on the partition, which the extract scripts look for first.
     */
    private Path copyTo(Path folder, ImageList list) throws IOException {
        Path onPartition = folder.resolve(set + ".txt");
        if (exclude.isEmpty()) {
            if (!same(onPartition, list.file())) {
                Files.deleteIfExists(onPartition); // of an earlier pull with --exclude
            }
            return folder.resolve(list.file().getFileName());
        }
        if (same(onPartition, list.file())) {
            throw new Cli.Failure("--exclude would overwrite the list " + list.file() + "; name a copy of it with --list");
        }
        return onPartition;
    }

    private static boolean same(Path file, Path other) throws IOException {
        return Files.exists(file) && Files.isSameFile(file, other);
    }

    /** Writes index.json. Images of earlier pulls stay, but with --rm-stale only those that are still listed. */
    private List<Path> commit(OciLayout layout, ImageList list, List<Descriptor> whole) throws IOException {
        Set<String> listed = list.entries().stream().map(ImageList.Entry::text).collect(Collectors.toSet());
        List<Descriptor> before = layout.images();
        Stream<Descriptor> kept = before.stream().filter(i -> !rmStale || listed.contains(i.name()));
        layout.commit(Stream.concat(kept, whole.stream()).toList()); // of one name the last counts
        long stale = before.stream().filter(i -> !listed.contains(i.name())).count();
        if (rmStale) {
            layout.prune(before); // with the images that a moved tag named before
        } else if (stale > 0) {
            Cli.warn(stale + " images in " + layout.folder() + " are not on the list; --rm-stale removes them");
        }
        return List.of(layout.folder().resolve("oci-layout"), layout.index());
    }

    /** Tarball name → reference. */
    private static Map<String, String> tarballNames(ImageList list) {
        Map<String, String> names = new LinkedHashMap<>();
        for (ImageList.Entry entry : list.entries()) {
            String other = names.put(entry.tarballName(), entry.text());
            if (other != null) {
                throw new Cli.Failure("--format tgz: " + other + " and " + entry.text() + " would both be "
                        + entry.tarballName() + ".tgz; pull them into two folders");
            }
        }
        return names;
    }

    private List<Path> tarballs(OciLayout layout, ImageList list, List<Descriptor> whole) throws IOException {
        Map<String, Descriptor> images = whole.stream().collect(Collectors.toMap(Descriptor::name, d -> d));
        List<Path> written = new ArrayList<>();
        for (Map.Entry<String, String> name : tarballNames(list).entrySet()) {
            if (images.containsKey(name.getValue())) {
                Path tgz = layout.folder().resolve(name.getKey() + ".tgz");
                LegacyTarball.write(layout, images.get(name.getValue()), name.getKey(), tgz);
                written.add(tgz);
            }
        }
        if (rmStale) {
            try (DirectoryStream<Path> there = Files.newDirectoryStream(layout.folder(), "*.tgz")) {
                for (Path tgz : there) {
                    if (!written.contains(tgz)) {
                        Files.delete(tgz);
                    }
                }
            }
        }
        return written;
    }

    private ObjectNode document(Puller.Plan plan, OciLayout layout, int done, Map<String, String> failed,
            double seconds) {
        ObjectNode document = Json.object().put("set", set).put("release", release(layout))
                .put("folder", layout.folder().toString()).put("blobs", layout.blobs().toString())
                .put("dryRun", dryRun.isOn()).put("images", done).put("layers", plan.layers())
                .put("listedBytes", plan.listedBytes()).put("uniqueBytes", plan.uniqueBytes())
                .put("presentBytes", plan.presentBytes()).put("fetchBytes", plan.fetchBytes())
                .put("seconds", Math.round(seconds * 10) / 10.0);
        document.putArray("failed");
        failed.forEach((reference, reason) -> document.withArray("failed").addObject().put("reference", reference)
                .put("reason", reason));
        return document;
    }

    /** Bytes free where the folder is or will be. FileStore, which looks for the mount, fails in a chroot. */
    private static long free(Path folder) {
        Path there = folder;
        while (!Files.exists(there)) {
            there = there.getParent();
        }
        return there.toFile().getUsableSpace();
    }

    private static String mb(long bytes) {
        return String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
    }
}
