package common.inventory;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../oci/DiskNames.java
//SOURCES ../oci/OciLayout.java
//SOURCES Inventory.java

import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;
import common.oci.DiskNames;
import common.oci.OciLayout;

/**
 * A folder as section "On disk" of the design describes it: container-images of a factory server, or a data partition.
 *
 * @param partition whether it is the latter, where the files have the names that an inventory gives them as path
 * @param kinds of files that must be there: on a server all, on a partition what staged.json names until
 *         {@link #expecting} says better. Whatever else is there is checked all the same.
 * @param release what a partition was staged for; null on a server, and where it is not known
 * @param files all regular files by name, with sizes, but blobs; of a server what it would serve: also behind links, but
 *         not the images that build-store unpacks; of a partition no link is followed, and what is below node/ is left out
 * @param blobs the whole blobs by their file, with sizes
 * @param odd what is neither a regular file nor a folder, nor the link to the blobs that a set has: file -> what it is
 */
public record ArtifactTree(Path root, boolean partition, Set<String> kinds, String release, Map<Path, Long> files,
        Map<Path, Long> blobs, Map<Path, String> odd) {
    private static final Set<String> KINDS = Set.of("blob", "set", "node", "store");

    /** One image set: its name on the partition, its layout, and the image list that the inventory names, or null. */
    public record ImageSet(String name, String release, OciLayout layout, Path list) {
    }

    /** Looks at what is in the folder; reads staged.json only. */
    public static ArtifactTree at(Path folder) throws IOException {
        Path root = folder.toRealPath();
        boolean partition = Stream.of(DiskNames.STAGED, DiskNames.AI_IMAGES, DiskNames.OCP_IMAGES, DiskNames.STAGING_LOCK)
                .anyMatch(n -> Files.exists(root.resolve(n), LinkOption.NOFOLLOW_LINKS));
        Set<String> kinds = KINDS;
        String release = null;
        if (partition) {
            JsonNode staged = Files.isRegularFile(root.resolve(DiskNames.STAGED), LinkOption.NOFOLLOW_LINKS)
                    ? Json.read(root.resolve(DiskNames.STAGED)) : Json.object();
            kinds = new TreeSet<>();
            for (JsonNode kind : staged.path("kinds")) {
                kinds.add(kind.asText());
            }
            release = staged.path("release").asText(null);
        }
        ArtifactTree tree = new ArtifactTree(root, partition, kinds, release, new TreeMap<>(), new TreeMap<>(),
                new TreeMap<>());
        Set<FileVisitOption> links = partition ? Set.of() : Set.of(FileVisitOption.FOLLOW_LINKS);
        Files.walkFileTree(root, links, Integer.MAX_VALUE, tree.new Visitor());
        return tree;
    }

    /** The same folder, where these kinds of files of this release must be; {@code release} null: it has none. */
    public ArtifactTree expecting(Set<String> kinds, String release) {
        return new ArtifactTree(root, partition, kinds, release, files, blobs, odd);
    }

    private final class Visitor extends SimpleFileVisitor<Path> {
        private final Path shared = root.resolve("blobs/sha256");

        @Override
        public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) throws IOException {
            String name = root.relativize(dir).toString();
            boolean node = partition && name.equals(DiskNames.NODE); // compared with node.tar
            boolean unpacked = !partition && (name.equals(".build-store") // its own workspace
                    || name.matches("store/overlay.*") && Files.isDirectory(root.resolve("store/overlay-images")));
            return node || unpacked || isLinkToBlobs(dir) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            boolean among = shared.equals(file.getParent());
            if (isLinkToBlobs(file)) {
                return FileVisitResult.CONTINUE;
            } else if (attributes.isSymbolicLink() || among && Files.isSymbolicLink(file)) {
                odd.put(file, "a link to " + Files.readSymbolicLink(file) + ", which is not followed; remove it");
            } else if (!attributes.isRegularFile()) {
                odd.put(file, "neither a file nor a folder; remove it");
            } else {
                (among && file.getFileName().toString().matches("[0-9a-f]{64}") ? blobs : files)
                        .put(file, attributes.size());
            }
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            if (file.equals(root)) {
                throw e;
            }
            if (!file.equals(root.resolve("lost+found"))) { // root's alone
                odd.put(file, "cannot be looked at: " + (e instanceof FileSystemLoopException
                        ? "a link to a folder that it is in; remove it" : Cli.describe(e)));
            }
            return FileVisitResult.CONTINUE;
        }

        /** {@code SET/blobs}, where it leads to {@code blobs} beside the set, the one place that is looked at. */
        private boolean isLinkToBlobs(Path file) throws IOException {
            return file.endsWith(DiskNames.BLOBS) && !file.equals(root) && root.equals(file.getParent().getParent())
                    && Files.isSymbolicLink(file) && Files.readSymbolicLink(file).equals(Path.of("../blobs"));
        }
    }

    /** The large ones, which all are to be hashed: blobs, tarballs of sets, node.tar, store.sqfs. */
    public Map<Path, Long> large() {
        Map<Path, Long> large = new TreeMap<>(blobs);
        files.forEach((file, size) -> {
            if (!file.startsWith(root.resolve(DiskNames.INCOMING)) && file.toString().endsWith(".tgz") || size > 1 << 20 && file.getParent().equals(root)) {
                large.put(file, size);
            }
        });
        return large;
    }

    /** Where this tree has a file of the inventory. */
    public Path file(Inventory.Entry entry) {
        return root.resolve(partition ? entry.path() : entry.from());
    }

    /** Whether a file of the inventory may be here: on a partition not one of another release. */
    public boolean isOurs(Inventory.Entry entry) {
        return entry.release() == null || !partition || entry.release().equals(release);
    }

    /** Whether an inventory's file must be here. Blobs of a partition are those that its sets need, not all. */
    public boolean isStaged(Inventory.Entry entry) {
        return isOurs(entry) && (kinds.contains(entry.kind()) || !KINDS.contains(entry.kind()))
                && !(partition && entry.kind().equals("blob")) && !leftOut(entry);
    }

    /** Whether every blob of every image must be here: always, but where a store has the images. */
    public boolean needsBlobs(Inventory inventory) {
        return kinds.contains("blob") || stores(inventory).isEmpty();
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
            if (e.kind().equals("set") && (isStaged(e) || isOurs(e) && files.containsKey(file(e)))) {
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
        if (files.containsKey(root.resolve(DiskNames.STORE))) {
            stores.put(root.resolve(DiskNames.STORE), null);
        }
        for (Inventory.Entry e : inventory == null ? List.<Inventory.Entry>of() : inventory.files()) {
            if (e.kind().equals("store") && isOurs(e) && files.containsKey(file(e))) {
                stores.put(file(e), e.release());
            }
        }
        return stores;
    }

    /** Files that have no place on a partition with this inventory; on a server anything may lie beside. */
    public List<Path> foreign(Inventory inventory) {
        Set<Path> known = new HashSet<>();
        inventory.files().stream().filter(this::isOurs).forEach(e -> known.add(root.resolve(e.path())));
        for (String own : List.of(DiskNames.STAGED, Inventory.FILE, Inventory.SIGNATURE, DiskNames.STAGING_LOCK,
                DiskNames.STAGE_REPORT, DiskNames.BLOBS + "/.lock")) {
            known.add(root.resolve(own));
        }
        List<Path> halves = List.of(root.resolve("blobs/sha256/.partial"), root.resolve(DiskNames.INCOMING));
        return files.keySet().stream().filter(f -> !known.contains(f) && halves.stream().noneMatch(f::startsWith)).toList();
    }
}
