package common.registry;

//SOURCES ../cli/AtomicFile.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/LockFile.java
//SOURCES ../inventory/Inventory.java
//SOURCES ../oci/Descriptor.java
//SOURCES ../oci/DiskNames.java
//SOURCES ../oci/ImageList.java
//SOURCES ../oci/LegacyTarball.java
//SOURCES ../oci/OciLayout.java
//SOURCES Puller.java

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import common.cli.AtomicFile;
import common.cli.Cli;
import common.cli.LockFile;
import common.inventory.Inventory;
import common.oci.Descriptor;
import common.oci.DiskNames;
import common.oci.ImageList;
import common.oci.LegacyTarball;
import common.oci.OciLayout;

/**
 * The set that a pull brings onto disk: blobs, index.json or tarballs, the image list, the entry in the inventory, in
 * this order.
 *
 * @param name on the data partition: ai-images or ocp-images
 * @param listRelease null when the list is no release's own: then the folder's name says it
 * @param excluded whether the list is shorter than its file
 * @param tarballs also write the original's NAME.tgz, and no index.json
 * @param rmStale remove what the list no longer has
 */
record PulledSet(String name, String listRelease, OciLayout layout, ImageList list, boolean excluded, boolean tarballs,
        boolean rmStale) {
    String release() {
        return listRelease != null ? listRelease : DiskNames.release(layout.folder().getFileName().toString());
    }

    /** Throws {@link Cli.Failure} on a list that cannot become such a set, before anything is fetched. */
    void check() throws IOException {
        if (tarballs) {
            tarballNames();
        }
        Path copy = copyOfList();
        if (excluded && same(copy, list.file())) {
            throw new Cli.Failure("--exclude would overwrite the list " + list.file() + "; name a copy of it with --list");
        }
        boolean equal = Files.exists(copy) && Arrays.equals(Files.readAllBytes(copy), listed());
        if (!same(copy, list.file()) && !equal && isForeign(copy)) {
            throw new Cli.Failure(copy + " is not of an earlier pull, and this one would overwrite it; move it away or name "
                    + "another --folder");
        }
    }

    /**
     * Fetches what the plan lacks and writes the set. One pull at a time writes to a blob folder. {@code brief}: its
     * lines name images as people do.
     */
    Puller.Outcome pull(Puller puller, Puller.Plan plan, boolean brief) throws IOException {
        layout.createFolders();
        try (LockFile lock = LockFile.tryTake(layout.blobs().resolve(".lock")).orElseThrow(() -> new Cli.Failure(
                "another pull is writing to " + layout.blobs() + "; wait for it to end"))) {
            Puller.Outcome outcome = puller.fetch(plan, brief);
            Path copy = copyOfList();
            removeExcluding();
            List<Path> files = new ArrayList<>(tarballs ? writeTarballs(outcome.whole()) : commit(outcome.whole()));
            if (!same(copy, list.file())) {
                AtomicFile.write(copy, listed());
            }
            files.add(copy);
            String platform = puller.platform() == null ? "all" : puller.platform();
            Inventory.update(layout, new Inventory.SetOf(name, release(), platform, outcome.whole().size(),
                    List.copyOf(outcome.failed().keySet())), copy, files);
            return outcome;
        }
    }

    /**
     * The list that goes with the set. With --exclude that is not the one given, which may lie in the same folder: it gets
     * the name that it has on the partition, which the extract scripts look for first.
     */
    private Path copyOfList() {
        return layout.folder().resolve(excluded ? Path.of(name + ".txt") : list.file().getFileName());
    }

    private byte[] listed() throws IOException {
        return excluded ? list.text() : Files.readAllBytes(list.file());
    }

    /** Removes the list of an earlier pull with --exclude, which the extract scripts would find first. */
    private void removeExcluding() throws IOException {
        Path left = layout.folder().resolve(name + ".txt");
        if (excluded || !Files.exists(left) || same(left, list.file())) {
            return;
        }
        if (isForeign(left) || !hasInventory()) {
            Cli.warn(left + " is not known to be of an earlier pull: it stays, and an extract script beside it reads it "
                    + "instead of " + list.file().getFileName() + "; move it away");
        } else {
            Files.delete(left);
        }
    }

    /** Whether a file is there that no pull wrote: the inventory names what one did. */
    private boolean isForeign(Path file) throws IOException {
        return hasInventory() && Files.exists(file) && !Inventory.names(layout.blobs().getParent(), file);
    }

    /** Without one nobody can tell whose a file is. */
    private boolean hasInventory() {
        return layout.folder().getParent().equals(layout.blobs().getParent());
    }

    private static boolean same(Path file, Path other) throws IOException {
        return Files.exists(file) && Files.isSameFile(file, other);
    }

    /** Writes index.json. Images of earlier pulls stay, but with --rm-stale only those that are still listed. */
    private List<Path> commit(List<Descriptor> whole) throws IOException {
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

    /** Tarball name -> reference. */
    private Map<String, String> tarballNames() {
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

    /** What the tarballs of this list take that are here already. */
    long tarballBytes() throws IOException {
        long bytes = 0;
        for (String tarball : tarballNames().keySet()) {
            Path tgz = layout.folder().resolve(tarball + ".tgz");
            bytes += Files.exists(tgz) ? Files.size(tgz) : 0;
        }
        return bytes;
    }

    private List<Path> writeTarballs(List<Descriptor> whole) throws IOException {
        Map<String, Descriptor> images = whole.stream().collect(Collectors.toMap(Descriptor::name, d -> d));
        List<Path> written = new ArrayList<>();
        for (Map.Entry<String, String> tarball : tarballNames().entrySet()) {
            if (images.containsKey(tarball.getValue())) {
                Path tgz = layout.folder().resolve(tarball.getKey() + ".tgz");
                LegacyTarball.write(layout, images.get(tarball.getValue()), tarball.getKey(), tgz);
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
}
