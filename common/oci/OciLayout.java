package common.oci;

//SOURCES ../cli/Json.java
//SOURCES ../cli/AtomicFile.java
//SOURCES ../cli/Cli.java
//SOURCES Descriptor.java
//SOURCES Digest.java
//SOURCES DiskNames.java
//SOURCES Manifest.java

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.AtomicFile;
import common.cli.Cli;
import common.cli.Json;

/**
 * One image set on disk: an OCI image layout (image specification, image-layout.md) whose {@code blobs} is a symlink to
 * a folder that several sets share.
 *
 * <pre>
 * BLOBS/sha256/HEX             a whole, verified blob: config, layer or manifest
 * BLOBS/sha256/.partial/HEX    one that is being fetched
 * FOLDER/oci-layout, index.json, blobs -> BLOBS
 * </pre>
 *
 * index.json has one descriptor per reference; its {@code org.opencontainers.image.ref.name} is the whole reference as
 * the image list has it.
 */
public record OciLayout(Path folder, Path blobs) {
    /** The layout in {@code folder}; its blobs are in {@code FOLDER/../blobs} unless said otherwise (null). */
    public static OciLayout at(Path folder, Path blobs) {
        Path absolute = folder.toAbsolutePath().normalize();
        return new OciLayout(absolute, blobs == null ? absolute.resolveSibling(DiskNames.BLOBS) : blobs.toAbsolutePath().normalize());
    }

    public Path index() {
        return folder.resolve("index.json");
    }

    public Path blob(Digest digest) {
        return blobs.resolve("sha256").resolve(digest.hex());
    }

    public Path partial(Digest digest) {
        return blobs.resolve("sha256").resolve(".partial").resolve(digest.hex());
    }

    /** Whether the blob is there with the size that its descriptor says; a name without a dot is whole (see {@link Download}). */
    public boolean holds(Descriptor blob) {
        File file = blob(blob.digest()).toFile(); // asked for each blob of each image, and java.nio throws for each "no"
        return file.length() == blob.size() && file.exists();
    }

    /** The images of index.json, in its order; none when there is no index.json. */
    public List<Descriptor> images() {
        return Files.exists(index()) ? images(Json.read(index()), index().toString()) : List.of();
    }

    /** The images that an index.json lists; {@code where} names it in the {@link Cli.Failure} that anything else throws. */
    public static List<Descriptor> images(JsonNode index, String where) {
        JsonNode manifests = index.path("manifests");
        if (!manifests.isArray()) {
            throw new Cli.Failure(where + ": not an OCI image index; pull the set again");
        }
        List<Descriptor> images = new ArrayList<>();
        manifests.forEach(m -> images.add(Descriptor.of(m, where)));
        return images;
    }

    /** A stored manifest, its bytes checked against its digest. */
    public Manifest manifest(Digest digest) {
        try {
            Path file = blob(digest);
            if (Files.size(file) > Manifest.MAX_BYTES) {
                throw new Cli.Failure(file + ": too large for a manifest");
            }
            Manifest manifest = Manifest.parse(Files.readAllBytes(file), file.toString());
            if (!manifest.descriptor().digest().equals(digest)) {
                throw new Cli.Failure(file + ": corrupted, its bytes have " + manifest.descriptor().digest());
            }
            return manifest;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Every blob an image needs here: its manifest, config and layers; of a list the list itself and those of its
     * manifests that are stored. Throws {@link Cli.Failure} when a list has none of its manifests here.
     */
    public Set<Descriptor> reach(Descriptor image) {
        Set<Descriptor> reached = new LinkedHashSet<>();
        Manifest manifest = manifest(image.digest());
        reached.add(manifest.descriptor());
        reached.addAll(manifest.blobs());
        List<Descriptor> stored = manifest.manifests().stream().filter(this::holds).toList();
        if (manifest.isList() && stored.isEmpty()) {
            throw new Cli.Failure(image.digest() + ": none of the list's manifests is in " + blobs);
        }
        stored.forEach(m -> reached.addAll(reach(m)));
        return reached;
    }

    /**
     * What {@link #reach} returns, when all of it is here: the bytes of manifests are checked, of other blobs the sizes.
     * Throws a {@link Cli.Failure} that names the first blob that is not.
     */
    public Set<Descriptor> whole(Descriptor image) {
        try {
            Set<Descriptor> reached = reach(image);
            for (Descriptor blob : reached) {
                if (!holds(blob)) {
                    Path file = blob(blob.digest());
                    throw new Cli.Failure(file + (Files.exists(file) ? ": has " + Files.size(file) + " bytes instead of "
                            + blob.size() : ": missing"));
                }
            }
            return reached;
        } catch (UncheckedIOException e) {
            String file = e.getCause() instanceof NoSuchFileException ? e.getCause().getMessage() + ": missing" : null;
            throw new Cli.Failure(Cli.FAILED, file == null ? Cli.describe(e) : file, e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public void createFolders() throws IOException {
        Files.createDirectories(folder);
        Files.createDirectories(blobs.resolve("sha256/.partial"));
    }

    /** Stores a manifest under the digest of its bytes; {@link #commit} makes the name durable. */
    public void put(Manifest manifest) throws IOException {
        if (!holds(manifest.descriptor())) {
            Path partial = partial(manifest.descriptor().digest());
            try (FileChannel out = FileChannel.open(partial, Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE,
                    StandardOpenOption.TRUNCATE_EXISTING, LinkOption.NOFOLLOW_LINKS))) {
                AtomicFile.writeAll(partial, out, manifest.bytes());
            }
            AtomicFile.rename(partial, blob(manifest.descriptor().digest()));
        }
    }

    /** Makes FOLDER an OCI layout that holds these images; comes after their blobs. One image per name, sorted by name. */
    public void commit(List<Descriptor> images) throws IOException {
        Map<String, Descriptor> byName = new TreeMap<>();
        images.forEach(i -> byName.put(i.name(), i));
        ObjectNode index = Json.object().put("schemaVersion", 2).put("mediaType", Manifest.OCI_INDEX);
        index.putArray("manifests"); // also when there is none: image-index.md wants the property
        byName.values().forEach(i -> index.withArray("manifests").add(i.json()));
        registerUse();
        AtomicFile.sync(blobs.resolve("sha256"));
        linkBlobs();
        AtomicFile.write(folder.resolve("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}\n".getBytes());
        Json.write(index(), index);
    }

    /** Makes FOLDER/blobs the symlink it should be; throws {@link Cli.Failure} when something else has that name. */
    public void linkBlobs() throws IOException {
        Path link = folder.resolve(DiskNames.BLOBS);
        Path target = folder.relativize(blobs);
        if (link.equals(blobs) || Files.isSymbolicLink(link) && Files.readSymbolicLink(link).equals(target)) {
            return;
        }
        if (Files.exists(link, LinkOption.NOFOLLOW_LINKS) && !Files.isSymbolicLink(link)) {
            throw new Cli.Failure(link + ": in the way, should be a symlink to " + blobs + "; move it there with --blobs");
        }
        Path temp = folder.resolve(".blobs.tmp");
        Files.deleteIfExists(temp);
        Files.createSymbolicLink(temp, target);
        AtomicFile.rename(temp, link);
    }

    /**
     * Removes the blobs that these images needed and that no image of any set needs: of those beside the blobs, and of
     * those elsewhere that {@link #commit} noted. While one of them cannot be read nothing is removed, which is a warning.
     */
    public void prune(List<Descriptor> dropped) throws IOException {
        Set<Digest> unneeded = new LinkedHashSet<>();
        for (Descriptor image : dropped) {
            if (holds(image)) {
                reach(image).forEach(b -> unneeded.add(b.digest()));
            }
        }
        for (OciLayout set : sharing()) {
            try {
                if (!Files.exists(set.index())) {
                    throw new Cli.Failure("not there now; if it is gone for good, remove its line from " + users());
                }
                set.images().forEach(image -> set.reach(image).forEach(b -> unneeded.remove(b.digest())));
            } catch (Cli.Failure | UncheckedIOException e) {
                Cli.warn("no blob was removed: " + set.folder + " has its blobs here, too: " + Cli.describe(e));
                return;
            }
        }
        for (Digest digest : unneeded) {
            Files.deleteIfExists(blob(digest));
        }
    }

    /** The layouts that use the blobs, this one included. */
    private List<OciLayout> sharing() throws IOException {
        Set<Path> sets = new LinkedHashSet<>(Set.of(folder));
        try (Stream<Path> folders = Files.list(blobs.getParent())) {
            folders.filter(f -> Files.exists(f.resolve("index.json"))).forEach(sets::add);
        }
        for (String elsewhere : Files.exists(users()) ? Files.readAllLines(users()) : List.<String>of()) {
            sets.add(Path.of(elsewhere));
        }
        return sets.stream().map(f -> new OciLayout(f, blobs)).toList();
    }

    /** The sets that are not beside the blobs, a folder a line: nobody would find them. */
    private Path users() {
        return blobs.resolve(".users");
    }

    private void registerUse() throws IOException {
        List<String> known = Files.exists(users()) ? Files.readAllLines(users()) : List.of();
        if (!folder.getParent().equals(blobs.getParent()) && !known.contains(folder.toString())) {
            AtomicFile.write(users(), Stream.concat(known.stream(), Stream.of(folder.toString()))
                    .collect(Collectors.joining("\n", "", "\n")).getBytes(StandardCharsets.UTF_8));
        }
    }
}
