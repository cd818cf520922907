package common.staging;

//SOURCES ../cli/Json.java
//SOURCES ../cli/AtomicFile.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/Parallel.java
//SOURCES ../http/ArtifactSource.java
//SOURCES ../http/Download.java
//SOURCES ../inventory/Inventory.java
//SOURCES ../oci/Descriptor.java
//SOURCES ../oci/Digest.java
//SOURCES ../oci/Manifest.java
//SOURCES ../oci/OciLayout.java
//SOURCES ServedRelease.java

import java.io.IOException;
import java.nio.file.Files;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

import common.cli.AtomicFile;
import common.cli.Cli;
import common.cli.Json;
import common.cli.Parallel;
import common.http.ArtifactSource;
import common.http.Download;
import common.inventory.Inventory;
import common.oci.Descriptor;
import common.oci.Digest;
import common.oci.Manifest;
import common.oci.OciLayout;

/**
 * One image set on its way from an artifact server to the partition: its documents (oci-layout, index.json, image list)
 * are held in memory until every blob that index.json reaches is there.
 */
public final class IncomingSet {
    private static final String INDEX = "index.json";

    private final String name;
    private final OciLayout layout;
    private final Map<String, byte[]> documents = new TreeMap<>();
    private final Set<Descriptor> reached = new LinkedHashSet<>();
    private List<Descriptor> images = List.of();
    private boolean broken;

    IncomingSet(String name, OciLayout layout) {
        this.name = name;
        this.layout = layout;
    }

    public String name() {
        return name;
    }

    /** How many references the set has; 0 for one of tarballs. */
    public int images() {
        return images.size();
    }

    /** All blobs to stage, manifests included; of an image whose manifest could not be had, the manifest. */
    Collection<Descriptor> reached() {
        return reached;
    }

    List<Descriptor> lacking() {
        return reached.stream().filter(b -> !layout.holds(b)).toList();
    }

    /** Whether an image has a fault that no blob of it shows. */
    boolean isBroken() {
        return broken;
    }

    boolean holds(Descriptor blob) {
        return layout.holds(blob);
    }

    /** Where a blob is on the server. */
    static String from(Descriptor blob) {
        return "blobs/sha256/" + blob.digest().hex();
    }

    Download download(Descriptor blob) {
        return new Download(layout.partial(blob.digest()), layout.blob(blob.digest()), blob.size(), blob.digest());
    }

    /** Throws {@link Cli.Failure} when a document is not what the inventory says, or no index. */
    byte[] checked(ServedRelease.File file, byte[] bytes) {
        if (file.sha256() != null && !(bytes.length == file.size() && Digest.of(bytes).equals(file.sha256()))) {
            throw new Cli.Failure("not the bytes that " + Inventory.FILE + " states; if the set was just pulled again, "
                    + "run the same command again");
        }
        if (file.name().equals(INDEX)) {
            index(bytes, file);
        }
        return bytes;
    }

    private static List<Descriptor> index(byte[] bytes, ServedRelease.File file) {
        return OciLayout.images(Json.parse(bytes, file.from()), file.from());
    }

    void add(ServedRelease.File file, byte[] bytes) {
        if (file.name().equals(INDEX)) {
            images = index(bytes, file);
        }
        documents.put(file.name(), bytes);
    }

    /**
     * Fetches the manifests of all images, then those of a list's manifests that the server has, and so finds out what
     * is to be staged of what the set reaches.
     *
     * @return what could not be had: name on the server -> reason
     */
    Map<String, String> resolve(ServedRelease.Selection wanted, int jobs) throws IOException {
        Map<String, String> failed = new TreeMap<>();
        if (images.isEmpty()) {
            return failed;
        }
        ArtifactSource server = wanted.of().source();
        layout.createFolders();
        Set<Digest> seen = new HashSet<>();
        List<Descriptor> round = images;
        for (boolean listed = true; !round.isEmpty(); listed = false) {
            boolean mayLack = !listed && wanted.of().blobs() == null;
            List<Descriptor> fresh = round.stream().filter(d -> seen.add(d.digest())).toList();
            Set<Descriptor> next = new LinkedHashSet<>();
            Parallel.run(jobs, fresh, d -> manifest(server, d), (d, m) -> next.addAll(m.manifests()), (d, e) -> {
                if (!(mayLack && e instanceof ArtifactSource.Missing)) {
                    failed.put(from(d), server.explain(e));
                }
            });
            round = next.stream().filter(wanted::mayHave).toList();
        }
        for (Descriptor image : images) {
            if (failed.containsKey(from(image))) {
                reached.add(image);
                continue;
            }
            try {
                layout.reach(image).stream().filter(wanted::wants).forEach(reached::add);
            } catch (Cli.Failure e) {
                failed.put(name + " " + image.name(), e.getMessage());
                broken = true;
            }
        }
        return failed;
    }

    private Manifest manifest(ArtifactSource server, Descriptor manifest) throws IOException {
        if (manifest.size() > Manifest.MAX_BYTES) {
            throw new Cli.Failure("too large for a manifest: " + manifest.size() + " bytes");
        }
        if (!layout.holds(manifest)) {
            download(manifest).from(server.source(from(manifest)), n -> { });
        }
        return layout.manifest(manifest.digest());
    }

    /** Writes the documents; comes after the blobs. The list is last: it says that the set is whole. */
    void commit() throws IOException {
        if (!reached.isEmpty()) {
            AtomicFile.sync(layout.blobs().resolve("sha256"));
            layout.linkBlobs();
        }
        List<String> order = documents.keySet().stream().sorted((a, b) -> rank(a) - rank(b)).toList();
        for (String document : order) {
            AtomicFile.write(layout.folder().resolve(document), documents.get(document));
        }
    }

    /** Takes away what says which images the set has, before blobs of them go. */
    void retract() throws IOException {
        if (Files.deleteIfExists(layout.index())) {
            AtomicFile.sync(layout.folder());
        }
    }

    private static int rank(String document) {
        return document.equals(INDEX) ? 1 : document.endsWith(".txt") ? 2 : 0;
    }
}
