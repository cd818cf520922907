package common.storage;

//SOURCES ../cli/Cli.java
//SOURCES ../inventory/Inventory.java
//SOURCES ../oci/Digest.java
//SOURCES ../oci/DiskNames.java
//SOURCES ../oci/ImageList.java
//SOURCES ../oci/OciLayout.java
//SOURCES ../oci/OperatingSystemImage.java

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

import common.cli.Cli;
import common.inventory.Inventory;
import common.oci.Digest;
import common.oci.DiskNames;
import common.oci.ImageList;
import common.oci.OciLayout;
import common.oci.OperatingSystemImage;

/** What a store image is made of: the image sets of one release in a container-images folder. */
public record StoreSource(Path folder, String release, List<SourceSet> sets) {
    /** One set; {@code name} is the one that it has on the partition. */
    public record SourceSet(String name, OciLayout layout, ImageList list) {
    }

    /** Which sets. */
    public enum Which {
        AI(DiskNames.AI_IMAGES), OCP(DiskNames.OCP_IMAGES), ALL(DiskNames.AI_IMAGES, DiskNames.OCP_IMAGES);

        private final List<String> names;

        Which(String... names) {
            this.names = List.of(names);
        }
    }

    /**
     * Finds the sets {@code images-VERSION} and {@code ocp-images-VERSION}.
     *
     * @param wanted a release; may be null when the folder has only one
     * @throws Cli.Failure when there are none or those of several releases, and when a set has no list
     */
    public static StoreSource of(Path folder, Which which, String wanted) throws IOException {
        Path root = folder.toAbsolutePath().normalize();
        Map<String, Path> found = new HashMap<>();
        SortedSet<String> releases = new TreeSet<>();
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(root)) {
            for (Path set : folders) {
                String name = set.getFileName().toString();
                String onPartition = DiskNames.set(name);
                if (DiskNames.isSetFolder(name) && which.names.contains(onPartition) && holdsImages(set)) {
                    releases.add(DiskNames.release(name));
                    found.put(onPartition + " " + DiskNames.release(name), set);
                }
            }
        }
        String release = wanted != null || releases.size() != 1 ? wanted : releases.first();
        if (release == null || !releases.contains(release)) {
            String there = String.join(", ", releases);
            throw new Cli.Failure(root + (releases.isEmpty() ? ": no pulled image set; pull one first"
                    : release == null ? ": has several releases: " + there + "; choose one with --release"
                    : ": no release " + release + ", only " + there));
        }
        List<SourceSet> sets = new ArrayList<>();
        for (String name : which.names) {
            Path set = found.get(name + " " + release);
            if (set != null) {
                OciLayout layout = OciLayout.at(set, null);
                ImageList list = OperatingSystemImage.mark(ImageList.read(list(root, set, name, release)), layout);
                sets.add(new SourceSet(name, layout, list.runnable()));
            }
        }
        return new StoreSource(root, release, sets);
    }

    private static boolean holdsImages(Path set) throws IOException {
        return Files.exists(set.resolve("index.json")) || !tarballs(set).isEmpty();
    }

    /** Those of a set that was pulled with {@code --format tgz}. */
    static SortedSet<Path> tarballs(Path set) throws IOException {
        SortedSet<Path> tarballs = new TreeSet<>();
        if (Files.isDirectory(set)) {
            try (DirectoryStream<Path> found = Files.newDirectoryStream(set, "*.tgz")) {
                found.forEach(tarballs::add);
            }
        }
        return tarballs;
    }

    public int images() {
        return sets.stream().mapToInt(s -> s.list.entries().size()).sum();
    }

    /** The list that the set was last pulled by: the inventory knows it where several lie there. */
    private static Path list(Path root, Path set, String name, String release) throws IOException {
        Path inventory = root.resolve(Inventory.FILE);
        if (Files.exists(inventory)) {
            for (Inventory.Entry e : Inventory.parse(Files.readAllBytes(inventory), inventory.toString()).files()) {
                if (e.path().equals(name + "/" + name + ".txt") && release.equals(e.release())
                        && Files.exists(root.resolve(e.from()))) {
                    return root.resolve(e.from());
                }
            }
        }
        return ImageList.in(set, name);
    }

    /**
     * What tells this input from any other: lists and index.json by their bytes (manifests and layers follow, by
     * digest), tarballs by size and time.
     */
    public String fingerprint() throws IOException {
        StringBuilder text = new StringBuilder("release " + release + "\n");
        for (SourceSet set : sets) {
            text.append(set.name).append(' ').append(Digest.of(set.list.file()));
            if (Files.exists(set.layout.index())) {
                text.append(' ').append(Digest.of(set.layout.index()));
            }
            for (Path tgz : tarballs(set.layout.folder())) {
                text.append(' ').append(tgz.getFileName()).append(' ').append(Files.size(tgz)).append(' ')
                        .append(Files.getLastModifiedTime(tgz));
            }
            text.append('\n');
        }
        return Digest.of(text.toString().getBytes(StandardCharsets.UTF_8)).hex();
    }
}
