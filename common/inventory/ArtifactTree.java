package common.inventory;

//SOURCES ../cli/Json.java
//SOURCES ../oci/DiskNames.java
//SOURCES ../oci/OciLayout.java
//SOURCES Inventory.java

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Json;
import common.oci.DiskNames;
import common.oci.OciLayout;

/**
 * A folder as section "On disk" of the design describes it: container-images of a factory server, or a data partition.
 *
 * @param partition whether it is the latter, where the files have the names that an inventory gives them as path
 * @param kinds of files that are there: on a partition what staged.json names, on a server all
 * @param release what a partition was staged for; null on a server
 * @param files all regular files and symlinks, by name, with sizes; but blobs, what is below node/, and on a server
 *         the folders in which build-store unpacks images
 * @param blobs the whole blobs by their file, with sizes
 */
public record ArtifactTree(Path root, boolean partition, Set<String> kinds, String release, Map<Path, Long> files,
        Map<Path, Long> blobs) {
    private static final Set<String> SKIPPED = Set.of(DiskNames.NODE, "lost+found");
    private static final Set<String> KINDS = Set.of("blob", "set", "node", "store");

    /** One image set: its name on the partition, its layout, and the image list that the inventory names, or null. */
    public record ImageSet(String name, String release, OciLayout layout, Path list) {
    }

    /** Looks at what is in the folder; reads staged.json only. */
    public static ArtifactTree at(Path folder) throws IOException {
        Path root = folder.toRealPath();
        boolean partition = Stream.of(DiskNames.STAGED, DiskNames.AI_IMAGES, DiskNames.OCP_IMAGES, DiskNames.STAGING_LOCK)
                .anyMatch(n -> Files.exists(root.resolve(n)));
        Set<String> kinds = KINDS;
        String release = null;
        if (partition) {
            JsonNode staged = Files.exists(root.resolve(DiskNames.STAGED)) ? Json.read(root.resolve(DiskNames.STAGED)) : Json.object();
            kinds = new TreeSet<>();
            for (JsonNode kind : staged.path("kinds")) {
                kinds.add(kind.asText());
            }
            release = staged.path("release").asText(null);
        }
        Map<Path, Long> files = new TreeMap<>();
        Map<Path, Long> blobs = new TreeMap<>();
        Path shared = root.resolve("blobs/sha256");
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) {
                String name = root.relativize(dir).toString();
                boolean unpacked = !partition && (name.equals("store") || name.matches("\\.[^/]+")); // by build-store
                return unpacked || SKIPPED.contains(name) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                boolean blob = file.getParent().equals(shared) && attributes.isRegularFile()
                        && file.getFileName().toString().matches("[0-9a-f]{64}");
                (blob ? blobs : files).put(file, attributes.size());
                return FileVisitResult.CONTINUE;
            }
        });
        return new ArtifactTree(root, partition, kinds, release, files, blobs);
    }

    /** The large ones, which all are to be hashed: blobs, tarballs of sets, node.tar, store.sqfs. */
    public Map<Path, Long> large() {
        Map<Path, Long> large = new TreeMap<>(blobs);
        files.forEach((file, size) -> {
            if (file.toString().endsWith(".tgz") || size > 1 << 20 && file.getParent().equals(root)) {
                large.put(file, size);
            }
        });
        return large;
    }

    /** Where this tree has a file of the inventory. */
    public Path file(Inventory.Entry entry) {
        return root.resolve(partition ? entry.path() : entry.from());
    }

    /** Whether an inventory's file must be here. Blobs of a partition are those that its sets need, not all. */
    public boolean isStaged(Inventory.Entry entry) {
        boolean ours = entry.release() == null || !partition || entry.release().equals(release);
        return ours && (kinds.contains(entry.kind()) || !KINDS.contains(entry.kind()))
                && !(partition && entry.kind().equals("blob")) && !leftOut(entry);
    }

    /** A store's partition has the documents of sets, not their tarballs. */
    private boolean leftOut(Inventory.Entry entry) {
        return partition && entry.path().endsWith(".tgz") && kinds.contains("store") && !kinds.contains("blob");
    }

    /** The sets, also one that the inventory lists and that is not here; {@code inventory} may be null. */
    public List<ImageSet> sets(Inventory inventory) {
        Map<Path, ImageSet> sets = new TreeMap<>();
        for (Path file : files.keySet()) {
            Path folder = file.getParent();
            if (file.getFileName().toString().matches("index\\.json|.*\\.tgz") && root.equals(folder.getParent())) {
                String name = folder.getFileName().toString();
                String of = partition ? release : DiskNames.release(name);
                sets.put(folder, new ImageSet(name, of, OciLayout.at(folder, null), null));
            }
        }
        for (Inventory.Entry e : inventory == null ? List.<Inventory.Entry>of() : inventory.files()) {
            if (e.kind().equals("set") && isStaged(e)) {
                Path folder = file(e).getParent();
                String name = e.path().split("/")[0];
                Path list = e.path().equals(name + "/" + name + ".txt") ? file(e)
                        : sets.containsKey(folder) ? sets.get(folder).list : null;
                sets.put(folder, new ImageSet(name, e.release(), OciLayout.at(folder, null), list));
            }
        }
        return List.copyOf(sets.values());
    }

    /** Packed image stores with the release that each is for; null where that is not known. */
    public Map<Path, String> stores(Inventory inventory) {
        Map<Path, String> stores = new TreeMap<>();
        if (files.containsKey(root.resolve(DiskNames.STORE)) && kinds.contains("store")) {
            stores.put(root.resolve(DiskNames.STORE), null);
        }
        for (Inventory.Entry e : inventory == null ? List.<Inventory.Entry>of() : inventory.files()) {
            if (e.kind().equals("store") && isStaged(e) && files.containsKey(file(e))) {
                stores.put(file(e), e.release());
            }
        }
        return stores;
    }

    /** Files that have no place on a partition with this inventory; on a server anything may lie beside. */
    public List<Path> foreign(Inventory inventory) {
        Set<Path> known = new HashSet<>();
        inventory.files().forEach(e -> known.add(root.resolve(e.path())));
        for (String own : List.of(DiskNames.STAGED, Inventory.FILE, Inventory.SIGNATURE, DiskNames.STAGING_LOCK,
                DiskNames.BLOBS + "/.lock")) {
            known.add(root.resolve(own));
        }
        List<Path> foreign = new ArrayList<>();
        for (Path file : files.keySet()) {
            boolean link = file.getFileName().toString().equals(DiskNames.BLOBS) && Files.isSymbolicLink(file)
                    && file.getParent().getParent().equals(root);
            boolean half = file.startsWith(root.resolve("blobs/sha256/.partial"));
            if (!known.contains(file) && !link && !half) {
                foreign.add(file);
            }
        }
        Path node = root.resolve(DiskNames.NODE);
        if (Files.exists(node, LinkOption.NOFOLLOW_LINKS) && !known.contains(root.resolve(DiskNames.NODE_TAR))) {
            foreign.add(node);
        }
        return foreign;
    }
}
