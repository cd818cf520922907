package common.staging;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../http/ArtifactSource.java
//SOURCES ../http/Listing.java
//SOURCES ../inventory/Inventory.java
//SOURCES ../inventory/InventorySignature.java
//SOURCES ../inventory/Role.java
//SOURCES ../inventory/StagingMode.java
//SOURCES ../oci/Descriptor.java
//SOURCES ../oci/Digest.java
//SOURCES ../oci/DiskNames.java

import java.security.PublicKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import common.cli.Cli;
import common.http.ArtifactSource;
import common.http.Listing;
import common.inventory.Inventory;
import common.inventory.InventorySignature;
import common.inventory.Role;
import common.inventory.StagingMode;
import common.oci.Descriptor;
import common.oci.Digest;
import common.oci.DiskNames;

/**
 * All that an artifact server has for one release, read once: by its inventory.json, or, where there is none, by its
 * listings. Blobs are not among the files: which ones are needed, the fetched index.json files tell.
 *
 * @param release null when the server has a store and no set that would name one
 * @param inventory the bytes of inventory.json; null when there is none
 * @param signature those of inventory.json.sig; null when there is none
 * @param blobs the digests that the inventory lists; null when there is none
 * @param roles those of the blobs as far as the inventory states them
 * @param files by the name that they get on the partition
 * @param notes what the operator should know
 */
public record ServedRelease(ArtifactSource source, String release, byte[] inventory, byte[] signature, Set<Digest> blobs,
        Map<Digest, Role> roles, Map<String, File> files, List<String> notes) {
    private static final Pattern IN_SET = Pattern.compile("(ai|ocp)-images/([^/]+)");
    private static final Set<String> OURS = Set.of(DiskNames.BLOBS, DiskNames.NODE, DiskNames.AI_IMAGES,
            DiskNames.OCP_IMAGES, DiskNames.STAGED, DiskNames.STAGE_REPORT, Inventory.FILE, Inventory.SIGNATURE);

    /**
     * What of it a mode stages.
     *
     * @param mode never {@link StagingMode#AUTO}
     * @param files those of {@link ServedRelease#files} that the mode wants
     */
    public record Selection(ServedRelease of, StagingMode mode, Map<String, File> files) {
        /** Whether the blob is staged and it is worth to ask for it: an inventory lists them all. */
        boolean mayHave(Descriptor blob) {
            return of.blobs == null || of.blobs.contains(blob.digest());
        }

        boolean wants(Descriptor blob) {
            return mode.stages(of.roles.get(blob.digest()));
        }

        /** What the operator should know before it is staged. */
        public List<String> notes() {
            List<String> notes = new ArrayList<>(of.notes);
            if (mode == StagingMode.STORE) {
                notes.add("--mode store leaves the layers out: whatever the store cannot give, such as an image that a pod "
                        + "always pulls with layers of its own, is then asked of the site's registry; --mode both has room for them");
            }
            return notes;
        }
    }

    /**
     * One file: {@code path} on the partition, {@code from} on the server, both relative. Without an inventory its size
     * is -1 and {@code sha256} is null.
     */
    public record File(String path, String from, long size, Digest sha256, String kind) {
        /** Small, and written only when all that it speaks of is there. */
        boolean isDocument() {
            return kind.equals("set") && name().matches("oci-layout|index\\.json|.*\\.txt");
        }

        /** The set's name, or "" at the base. */
        String folder() {
            return path.substring(0, Math.max(0, path.indexOf('/')));
        }

        String name() {
            return path.substring(path.indexOf('/') + 1);
        }

        /** A tarball is an image with its layers. */
        private boolean isFor(StagingMode mode) {
            return mode.stages(kind) && (mode.stagesLayers() || !kind.equals("set") || isDocument());
        }
    }

    /**
     * Asks the server. Throws {@link Cli.Failure} when it has nothing to stage, and when it has several releases and
     * {@code wanted} is null or none of them.
     */
    public static ServedRelease of(ArtifactSource source, String wanted) {
        byte[] inventory;
        try {
            inventory = source.read(Inventory.FILE);
        } catch (ArtifactSource.Missing none) {
            return listed(source, wanted);
        }
        return inventoried(source, inventory, wanted);
    }

    /** Throws {@link Cli.Failure} when the inventory that says what is served is not signed with the key. */
    public void checkSigned(PublicKey key) {
        if (inventory == null || signature == null || !InventorySignature.isOf(key, inventory, signature)) {
            throw new Cli.Failure(source.where(Inventory.FILE) + ": not signed with the key that was given; sign it there with "
                    + "verify.java --sign; nothing was written");
        }
    }

    /** What goes onto the partition in that mode. Throws {@link Cli.Failure} when the server lacks what the mode is about. */
    public Selection in(StagingMode asked) {
        StagingMode mode = asked.resolve(has("store"));
        boolean store = mode != StagingMode.LOAD && !has("store");
        if (store || mode != StagingMode.STORE && !has("set")) {
            throw new Cli.Failure(source.where("") + ": no " + (store ? DiskNames.STORE + "; make it with build-store.java"
                    : "image set of release " + release + "; pull it first"));
        }
        Map<String, File> wanted = new LinkedHashMap<>(files);
        wanted.values().removeIf(f -> !f.isFor(mode));
        return new Selection(this, mode, wanted);
    }

    private boolean has(String kind) {
        return files.values().stream().anyMatch(f -> f.kind.equals(kind));
    }

    /** The node bundle, whatever the mode. */
    Optional<File> node() {
        return Optional.ofNullable(files.get(DiskNames.NODE_TAR));
    }

    private static ServedRelease inventoried(ArtifactSource source, byte[] bytes, String wanted) {
        String where = source.where(Inventory.FILE);
        Inventory inventory = Inventory.parse(bytes, where);
        List<String> releases = inventory.files().stream().map(Inventory.Entry::release)
                .filter(Objects::nonNull).toList();
        boolean store = inventory.files().stream().anyMatch(e -> e.kind().equals("store"));
        String release = choose(releases, wanted, store, source);
        Set<Digest> blobs = new HashSet<>();
        Map<String, File> files = new LinkedHashMap<>();
        for (Inventory.Entry e : inventory.files()) {
            if (e.kind().equals("blob")) {
                blobs.add(e.sha256());
            } else if (e.release() == null || e.release().equals(release)) {
                File file = new File(e.path(), e.from(), e.size(), e.sha256(), e.kind());
                if (!fits(file) || e.size() < 0 || files.put(e.path(), file) != null) {
                    throw new Cli.Failure(where + ": " + e.path() + " has no place on a data partition; "
                            + "is this inventory made by the pull scripts?");
                }
            }
        }
        List<String> notes = new ArrayList<>();
        inventory.sets().stream().filter(s -> s.path("release").asText().equals(release))
                .filter(s -> !s.path("missing").isEmpty())
                .forEach(s -> notes.add(s.path("name").asText() + " lacks " + Cli.count(s.path("missing").size(), "image")
                        + " that could not be pulled; pull again, or go on without them"));
        byte[] signature = null;
        try {
            signature = source.read(Inventory.SIGNATURE);
        } catch (ArtifactSource.Missing unsigned) {
            // it is optional
        }
        return new ServedRelease(source, release, bytes, signature, blobs, inventory.roles(), files, notes);
    }

    private static ServedRelease listed(ArtifactSource source, String wanted) {
        Listing base = source.list("");
        List<String> releases = base.folders().stream().filter(DiskNames::isSetFolder).map(DiskNames::release).toList();
        String release = choose(releases, wanted, base.files().contains(DiskNames.STORE), source);
        List<String> notes = new ArrayList<>();
        notes.add("no " + Inventory.FILE + " on the server: files other than blobs are taken unverified");
        List<String> left = new ArrayList<>();
        Map<String, File> files = new LinkedHashMap<>();
        for (String name : base.files()) {
            String kind = name.equals(DiskNames.NODE_TAR) ? "node" : name.equals(DiskNames.STORE) ? "store" : null;
            if (kind != null) {
                files.put(name, new File(name, name, -1, null, kind));
            } else if (!OURS.contains(name)) {
                left.add(name); // the folder may be the checkout, with all its scripts
            }
        }
        if (!left.isEmpty()) {
            notes.add("left out, neither a set nor " + DiskNames.NODE_TAR + " nor " + DiskNames.STORE + ": "
                    + String.join(", ", left.subList(0, Math.min(10, left.size()))));
        }
        for (String set : release == null ? List.<String>of() : DiskNames.SETS) {
            String folder = DiskNames.setFolder(set, release);
            if (!base.folders().contains(folder)) {
                notes.add("no folder " + folder + " on the server: " + set + " is not staged");
                continue;
            }
            Listing listing = source.list(folder);
            List<String> lists = listing.files().stream().filter(n -> n.endsWith(".txt")).toList();
            for (String name : listing.files()) {
                String path = set + "/" + (lists.size() == 1 && name.endsWith(".txt") ? set + ".txt" : name);
                files.put(path, new File(path, folder + "/" + name, -1, null, "set"));
            }
        }
        return new ServedRelease(source, release, null, null, null, Map.of(), files, notes);
    }

    /** Whether the file has one of the names that section "On disk" of the design gives to a partition. */
    private static boolean fits(File file) {
        Matcher inSet = IN_SET.matcher(file.path);
        boolean path = file.kind.equals("set") ? inSet.matches() && Listing.isPlain(inSet.group(2))
                && !inSet.group(2).equals(DiskNames.BLOBS) : Listing.isPlain(file.path) && !OURS.contains(file.path);
        String[] from = file.from.split("/", -1);
        return path && from.length <= 2 && Stream.of(from).allMatch(Listing::isPlain);
    }

    private static String choose(Collection<String> found, String wanted, boolean store, ArtifactSource source) {
        Set<String> releases = new TreeSet<>(found);
        if (releases.isEmpty() && store) {
            return wanted;
        }
        if (wanted != null && releases.contains(wanted) || wanted == null && releases.size() == 1) {
            return wanted != null ? wanted : releases.iterator().next();
        }
        throw new Cli.Failure(source.where("") + ": " + (releases.isEmpty()
                ? "lists no image set; is this the container-images folder, with directory listings on?"
                : wanted != null ? "no release " + wanted + ", only " + String.join(", ", releases)
                : "has several releases: " + String.join(", ", releases) + "; choose one with --release"));
    }
}
