package common.distribution;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../oci/Descriptor.java
//SOURCES ../oci/Digest.java
//SOURCES ../oci/DiskNames.java
//SOURCES ../oci/Manifest.java
//SOURCES ../oci/OciLayout.java
//SOURCES Mirrors.java
//SOURCES Reference.java

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import common.cli.Cli;
import common.oci.Descriptor;
import common.oci.Digest;
import common.oci.DiskNames;
import common.oci.Manifest;
import common.oci.OciLayout;

/**
 * The images that a staged folder holds, of all its sets: a folder with an {@code index.json} each, on a server
 * ({@code images-4.10.3/}) or on a partition ({@code ai-images/}), and {@code blobs/} beside them. What a repository has is
 * read once; whether an image is whole, and its bytes, are looked up on the disk for each question. Safe for use from
 * several threads.
 */
public final class StagedImages {
    private final OciLayout layout;
    private final Path store;
    private final Set<Digest> images = new HashSet<>();
    private final SortedSet<String> repositories = new TreeSet<>();
    /** By the repository's path, then by tag. */
    private final Map<String, SortedMap<String, Descriptor>> tags = new TreeMap<>();
    private final Map<Digest, Long> sizes = new ConcurrentHashMap<>();
    private final List<String> also;
    private final CountDownLatch surveyed = new CountDownLatch(1);

    /** A blob's file, of the size that its manifest says. */
    public record Blob(Path file, long size) {
    }

    /** How many images there are, and how many of them lack a layer or more. */
    public record Survey(int images, int incomplete) {
    }

    /**
     * Reads the indexes and lists of the sets. What is wrong with one is a warning.
     *
     * @param store where this node mounts its image store; nothing need be there
     * @param also names, or beginnings of names, under which a site has the same images: under these a tag is answered
     *     that only one image here has
     * @throws Cli.Failure when there is no set
     */
    public StagedImages(Path folder, Path store, Collection<String> also) throws IOException {
        Path root = folder.toAbsolutePath().normalize();
        layout = new OciLayout(root, root.resolve(DiskNames.BLOBS));
        this.store = store;
        this.also = also.stream().map(Mirrors::checked).map(Reference::path).toList();
        for (OciLayout set : sets(root)) {
            try {
                read(set);
            } catch (Cli.Failure | IOException | UncheckedIOException e) {
                Cli.warn("not served, or not all of it: " + set.folder() + ": " + Cli.describe(e));
            }
        }
        if (images.isEmpty()) {
            throw new Cli.Failure("no images in " + folder + ": no folder in it has an index.json; name "
                    + "container-images, or where the data partition is mounted");
        }
    }

    private static List<OciLayout> sets(Path root) throws IOException {
        List<OciLayout> sets = new ArrayList<>();
        try (Stream<Path> folders = Files.list(root)) {
            folders.filter(f -> Files.isRegularFile(f.resolve("index.json"))).sorted()
                    .forEach(f -> sets.add(OciLayout.at(f, null)));
        }
        return sets;
    }

    private void read(OciLayout set) throws IOException {
        Map<String, Descriptor> listed = new HashMap<>();
        for (Descriptor image : set.images()) {
            try {
                add(Reference.parse(String.valueOf(image.name())), image);
                listed.put(image.name(), image);
            } catch (Cli.Failure e) {
                Cli.warn("not served: " + set.index() + ": " + e.getMessage());
            }
        }
        try (DirectoryStream<Path> lists = Files.newDirectoryStream(set.folder(), "*.txt")) {
            for (Path list : lists) { // a line is REFERENCE [TAG]
                for (String line : Files.readAllLines(list)) {
                    String[] words = line.replaceFirst("(^|\\s)#.*", "").strip().split("\\s+");
                    if (words.length == 2 && listed.containsKey(words[0]) && Reference.isTag(words[1])) {
                        add(new Reference(Reference.parse(words[0]).repository(), words[1]), listed.get(words[0]));
                    }
                }
            }
        }
    }

    private void add(Reference reference, Descriptor image) {
        images.add(image.digest());
        repositories.add(reference.repository());
        SortedMap<String, Descriptor> there =
                tags.computeIfAbsent(Reference.path(reference.repository()), r -> new TreeMap<>());
        Descriptor first = reference.tag() == null ? null : there.putIfAbsent(reference.tag(), image);
        if (first != null && !first.digest().equals(image.digest())) {
            Cli.warn(reference.repository() + ":" + reference.tag() + " is two images here; served: " + first.digest()
                    + ", by its digest only: " + image.digest());
        }
    }

    /** As their references name them, host included. */
    public SortedSet<String> repositories() {
        return Collections.unmodifiableSortedSet(repositories);
    }

    /** By their paths, see {@link Reference#path}. */
    Set<String> paths() {
        return tags.keySet();
    }

    /** The tags of a repository whose images can be had; empty when there is no such repository. */
    Optional<List<String>> tags(String path) throws IOException {
        SortedMap<String, Descriptor> all = tags.get(path);
        if (all == null) {
            return Optional.empty();
        }
        List<String> there = new ArrayList<>();
        for (Map.Entry<String, Descriptor> tag : all.entrySet()) {
            if (manifest(tag.getValue().digest()).isPresent()) {
                there.add(tag.getKey());
            }
        }
        return Optional.of(there);
    }

    Optional<Digest> tagged(String path, String tag) {
        SortedMap<String, Descriptor> there = tags.get(path);
        if (there != null || also.stream().noneMatch(a -> path.equals(a) || path.startsWith(a + "/"))) {
            return Optional.ofNullable(there).map(t -> t.get(tag)).map(Descriptor::digest);
        }
        Set<Digest> found = tags.values().stream().map(t -> t.get(tag)).filter(Objects::nonNull).map(Descriptor::digest)
                .collect(Collectors.toSet());
        return found.size() == 1 ? Optional.of(found.iterator().next()) : Optional.empty();
    }

    /**
     * A manifest whose image can be had: all that it needs is here with the right sizes, or the node has the image in its
     * store. A client that gets a manifest asks nobody else for the layers.
     *
     * @throws IOException when the disk does not answer
     */
    Optional<Manifest> manifest(Digest digest) throws IOException {
        if (blob(digest).isEmpty()) {
            return Optional.empty();
        }
        try {
            Manifest manifest = layout.manifest(digest);
            return isWhole(manifest) || isInStore(digest) ? Optional.of(manifest) : Optional.empty();
        } catch (Cli.Failure e) {
            return Optional.empty(); // no manifest, or not the bytes of that digest
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** Also learns the sizes of what the manifest names. */
    private boolean isWhole(Manifest image) {
        boolean whole = true;
        Set<Digest> seen = new HashSet<>();
        Deque<Manifest> left = new ArrayDeque<>(List.of(image));
        while (!left.isEmpty()) {
            Manifest manifest = left.pop();
            for (Descriptor blob : manifest.blobs()) {
                sizes.putIfAbsent(blob.digest(), blob.size());
                whole &= layout.holds(blob);
            }
            List<Descriptor> here = manifest.manifests().stream().filter(layout::holds).toList();
            whole &= !manifest.isList() || !here.isEmpty(); // of a list the node's platform is enough
            here.stream().filter(m -> seen.add(m.digest())).forEach(m -> left.add(layout.manifest(m.digest())));
        }
        return whole;
    }

    private boolean isInStore(Digest digest) throws IOException {
        Path names = store.resolve(DiskNames.STORE_NAMES); // missing when nothing is mounted
        if (!Files.exists(names)) {
            return false;
        }
        try (Stream<String> lines = Files.lines(names, StandardCharsets.UTF_8)) {
            return lines.anyMatch(l -> l.endsWith("@" + digest));
        }
    }

    /**
     * A blob that is here, of the size that a manifest says; while the survey runs the answer may wait for it.
     *
     * @throws IOException when the disk does not answer
     */
    Optional<Blob> blob(Digest digest) throws IOException {
        Path file = layout.blob(digest);
        try {
            BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            boolean right = found.isRegularFile() && found.size() == sizes.getOrDefault(digest, found.size());
            return right ? Optional.of(new Blob(file, found.size())) : Optional.empty();
        } catch (NoSuchFileException e) {
            if (!Files.isDirectory(file.getParent())) {
                throw new IOException(file.getParent() + " is gone; is the disk still mounted?", e);
            }
            return Optional.empty();
        }
    }

    /** A blob that a client asks for: its size may be one that only {@link #survey} finds. */
    Optional<Blob> sizedBlob(Digest digest) throws IOException {
        if (!sizes.containsKey(digest)) {
            try {
                surveyed.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        return blob(digest);
    }

    /** Looks at all images, for a moment's work in the background: a registry answers before. */
    public Survey survey() {
        int incomplete = 0;
        try {
            for (Digest image : images) {
                try {
                    incomplete += blob(image).isPresent() && isWhole(layout.manifest(image)) ? 0 : 1;
                } catch (Cli.Failure | IOException | UncheckedIOException e) {
                    incomplete++;
                }
            }
        } finally {
            surveyed.countDown();
        }
        return new Survey(images.size(), incomplete);
    }
}
