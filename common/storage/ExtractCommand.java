package common.storage;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/JobsOption.java
//SOURCES ../cli/JsonOption.java
//SOURCES ../cli/Proc.java
//SOURCES ../cli/ProgressOption.java
//SOURCES ../disk/DiskSize.java
//SOURCES ../oci/ImageList.java
//SOURCES ../oci/OciLayout.java
//SOURCES ../oci/OperatingSystemImage.java
//SOURCES ContainersStorage.java
//SOURCES FreeMemory.java
//SOURCES Loader.java
//SOURCES StoreEstimate.java
//SOURCES StoreSource.java

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.JobsOption;
import common.cli.Json;
import common.cli.JsonOption;
import common.cli.Proc;
import common.cli.ProgressOption;
import common.disk.DiskSize;
import common.oci.ImageList;
import common.oci.OciLayout;
import common.oci.OperatingSystemImage;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What the extract scripts share: the options, and the way from a set on disk to containers-storage. */
public abstract class ExtractCommand extends Cli.Command {
    @Option(names = "--folder", paramLabel = "DIR", defaultValue = "${env:FOLDER:-.}",
            description = "The set, or the folder it is in (default: the current folder; or FOLDER).")
    Path folder;

    @Option(names = "--blobs", paramLabel = "DIR",
            description = "Where the sets keep their blobs (default: beside the set).")
    Path blobs;

    @Option(names = "--list", paramLabel = "FILE", defaultValue = "${env:OCP_RELEASE_LIST}",
            description = "Image list, a line is REFERENCE [TAG] (default: the set's; or OCP_RELEASE_LIST).")
    Path listFile;

    @Mixin
    JobsOption jobs;

    @Option(names = "--retries", paramLabel = "N", defaultValue = "2",
            description = "How often an image is tried again that skopeo could not copy (default: ${DEFAULT-VALUE}).")
    int retries;

    @Option(names = "--spare-memory", paramLabel = "SIZE", converter = DiskSize.class, description = "Where the root is in "
            + "RAM: load nothing, and say so, unless so much memory stays free beside the unpacked images, such as 4GiB.")
    Long spareMemory;

    @Mixin
    ProgressOption progress;

    @Mixin
    JsonOption json;

    private final String name;

    /** @param name the set's name on the data partition: ai-images or ocp-images */
    protected ExtractCommand(String name) {
        this.name = name;
    }

    @Override
    public Integer call() throws IOException {
        if (retries < 0) {
            throw new Cli.Failure(Cli.USAGE, "--retries: at least 0");
        }
        long begun = System.nanoTime();
        OciLayout set = OciLayout.at(set(), blobs);
        ImageList list = OperatingSystemImage.mark(ImageList.read(list(set.folder())), set).runnable();
        Proc.need("skopeo", "podman");
        if (spareMemory != null && !fits(set, list)) {
            return Cli.DONE;
        }

        Loader.Outcome outcome = new Loader(ContainersStorage.ofHost(), set, list, retries, json.text())
                .load(jobs.jobs());

        double seconds = (System.nanoTime() - begun) / 1e9;
        int failed = outcome.failed().size();
        json.text().printf(Locale.ROOT, "%d loaded, %d already there, %d failed of %s, %.1f s%s%n",
                outcome.loaded().size(), outcome.present().size(), failed, Cli.count(list.entries().size(), "image"), seconds,
                failed == 0 ? "" : "; stage what is missing or damaged again, then run the same command again");
        int exit = failed == 0 ? Cli.DONE : failed == list.entries().size() ? Cli.FAILED : Cli.PARTIAL;
        json.print(document(set, outcome, seconds), exit);
        return exit;
    }

    /** Whether what is not there yet fits into memory, beside what is to stay free. */
    private boolean fits(OciLayout set, ImageList list) throws IOException {
        ImageList missing = list.without(ContainersStorage.ofHost().names());
        long unpacked = StoreEstimate.of(new StoreSource(set.folder(), null,
                List.of(new StoreSource.SourceSet(name, set, missing)))).unpackedBytes();
        long free = FreeMemory.bytes(Path.of("/proc/meminfo"));
        if (free - unpacked >= spareMemory) {
            return true;
        }
        json.text().printf(Locale.ROOT, "not loaded: the images unpack to %d MB, and of %d MB of free memory %d MB are to "
                + "stay free; pulls take them from the registry of this node%n", unpacked / 1_000_000, free / 1_000_000,
                spareMemory / 1_000_000);
        json.print(Json.object().put("set", name).put("unpackedBytes", unpacked).put("freeMemory", free), Cli.DONE);
        return false;
    }

    private Path set() {
        List<Path> folders = List.of(folder, folder.resolve(name));
        Stream<Path> layouts = folders.stream().filter(f -> Files.exists(f.resolve("index.json")));
        Stream<Path> tarballs = folders.stream().filter(f -> !files(f, "*.tgz").isEmpty());
        return Stream.concat(layouts, tarballs).findFirst().orElseThrow(() -> new Cli.Failure(
                folder.toAbsolutePath().normalize() + ": neither index.json nor tarballs are here or in " + name
                + "/; is the data partition mounted? Name the set with --folder"));
    }

    private Path list(Path set) {
        if (listFile != null && !listFile.toString().isEmpty()) { // as the original has it, the variable may hold a bare name
            return Stream.of(listFile, folder.resolve(listFile), set.resolve(listFile)).filter(Files::exists)
                    .findFirst().orElse(listFile);
        }
        Path above = folder.resolve(name + ".txt");
        return Files.exists(above) ? above : ImageList.in(set, name);
    }

    private static List<Path> files(Path folder, String glob) {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, glob)) {
            found.forEach(files::add);
        } catch (IOException e) {
            return List.of(); // no such folder
        }
        return files;
    }

    private ObjectNode document(OciLayout set, Loader.Outcome outcome, double seconds) {
        ObjectNode document = Json.object().put("set", name).put("folder", set.folder().toString())
                .put("blobs", set.blobs().toString()).put("seconds", Math.round(seconds * 10) / 10.0);
        outcome.loaded().stream().sorted().forEach(document.putArray("loaded")::add);
        outcome.present().forEach(document.putArray("present")::add);
        document.putArray("failed");
        outcome.failed().forEach((reference, reason) -> document.withArray("failed").addObject()
                .put("reference", reference).put("reason", reason));
        return document;
    }
}
