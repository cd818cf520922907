package common.staging;

//SOURCES ../cli/Cli.java
//SOURCES ../http/ArtifactServer.java
//SOURCES ../http/Listing.java
//SOURCES ../inventory/Inventory.java
//SOURCES ../oci/Descriptor.java
//SOURCES ../oci/Digest.java
//SOURCES ../oci/DiskNames.java

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import common.cli.Cli;
import common.http.ArtifactServer;
import common.http.Listing;
import common.inventory.Inventory;
import common.oci.Descriptor;
import common.oci.Digest;
import common.oci.DiskNames;

/**
 * What an artifact server has for one release: by its inventory.json, or, where there is none, by its listings. Blobs
 * are not among the files: which ones are needed, the fetched index.json files tell.
 *
 * @param inventory the bytes of inventory.json; null when there is none
 * @param signature those of inventory.json.sig; null when there is none
 * @param blobs the digests that the inventory lists; null when there is none
 * @param files what goes onto the partition, by its name there
 * @param notes what the operator should know: what is there and was left out
 */
public record ServedRelease(Mode mode, String release, byte[] inventory, byte[] signature, Set<String> blobs,
        Map<String, File> files, List<String> notes) {
    private static final Pattern IN_SET = Pattern.compile("(ai|ocp)-images/([^/]+)");
    private static final Set<String> OURS = Set.of(DiskNames.BLOBS, DiskNames.NODE, DiskNames.AI_IMAGES,
            DiskNames.OCP_IMAGES, DiskNames.STAGED, Inventory.FILE, Inventory.SIGNATURE);

    /**
     * Which way the images take on the node (kinds of files, see {@link Inventory}). With the store come the documents
     * of the sets, which say what must be in it, but neither blobs nor tarballs.
     */
    public enum Mode {
        LOAD("blob", "set", "node"), STORE("set", "node", "store"), BOTH("blob", "set", "node", "store");

        private final List<String> kinds;

        Mode(String... kinds) {
            this.kinds = List.of(kinds);
        }

        List<String> kinds() {
            return kinds;
        }

        boolean wants(File file) {
            boolean images = kinds.contains("blob") || !file.kind.equals("set") || file.isDocument();
            return images && (kinds.contains(file.kind) || !BOTH.kinds.contains(file.kind));
        }

        boolean wantsBlobs() {
            return kinds.contains("blob");
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
    }

    /** Whether it is worth to ask for a blob: an inventory lists them all. */
    boolean mayHave(Descriptor blob) {
        return blobs == null || blobs.contains(blob.digest().hex());
    }

    /** Asks the server. {@code release} may be null when it has only one; else that is a {@link Cli.Failure}. */
    public static ServedRelease of(ArtifactServer server, String release, Mode mode) {
        Listing base = server.list("");
        ServedRelease offer = base.files().contains(Inventory.FILE) ? inventoried(server, base, release, mode)
                : listed(server, base, release, mode);
        boolean store = mode != Mode.LOAD && offer.files.values().stream().noneMatch(f -> f.kind.equals("store"));
        boolean sets = mode != Mode.STORE && offer.files.values().stream().noneMatch(f -> f.kind.equals("set"));
        if (store || sets) {
            throw new Cli.Failure(server.url("") + ": no " + (store ? "store.sqfs; make it with build-store.java"
                    : "image set of release " + offer.release + "; pull it first"));
        }
        return offer;
    }

    private static ServedRelease inventoried(ArtifactServer server, Listing base, String wanted, Mode mode) {
        byte[] bytes = server.read(Inventory.FILE);
        String where = server.url(Inventory.FILE).toString();
        Inventory inventory = Inventory.parse(bytes, where);
        List<String> releases = inventory.files().stream().map(Inventory.Entry::release)
                .filter(Objects::nonNull).toList();
        String release = choose(releases, wanted, mode, server);
        Set<String> blobs = new HashSet<>();
        Map<String, File> files = new LinkedHashMap<>();
        Set<String> known = new TreeSet<>();
        for (Inventory.Entry e : inventory.files()) {
            known.add(e.from().split("/")[0]);
            if (e.kind().equals("blob")) {
                blobs.add(e.sha256().hex());
            } else if (e.release() == null || e.release().equals(release)) {
                File file = new File(e.path(), e.from(), e.size(), e.sha256(), e.kind());
                if (mode.wants(file) && (!fits(file) || e.size() < 0 || files.put(e.path(), file) != null)) {
                    throw new Cli.Failure(where + ": " + e.path() + " has no place on a data partition; "
                            + "is this inventory made by the pull scripts?");
                }
            }
        }
        List<String> notes = new ArrayList<>();
        List<String> left = Stream.concat(base.files().stream(), base.folders().stream())
                .filter(n -> !known.contains(n) && !OURS.contains(n)).toList();
        if (!left.isEmpty()) {
            String names = String.join(", ", left.subList(0, Math.min(10, left.size())));
            notes.add("left out, not in " + Inventory.FILE + ": " + names
                    + (left.size() > 10 ? " and " + (left.size() - 10) + " more" : ""));
        }
        inventory.sets().stream().filter(s -> s.path("release").asText().equals(release))
                .filter(s -> !s.path("missing").isEmpty())
                .forEach(s -> notes.add(s.path("name").asText() + " lacks " + s.path("missing").size()
                        + " images that could not be pulled; pull again, or go on without them"));
        byte[] signature = base.files().contains(Inventory.SIGNATURE) ? server.read(Inventory.SIGNATURE) : null;
        return new ServedRelease(mode, release, bytes, signature, blobs, files, notes);
    }

    private static ServedRelease listed(ArtifactServer server, Listing base, String wanted, Mode mode) {
        Map<String, String> releases = new TreeMap<>();
        for (String folder : base.folders()) {
            if (DiskNames.isSetFolder(folder)) {
                releases.put(folder, DiskNames.release(folder));
            }
        }
        String release = choose(releases.values(), wanted, mode, server);
        List<String> notes = new ArrayList<>();
        notes.add("no " + Inventory.FILE + " on the server: files other than blobs are taken unverified");
        Map<String, File> files = new LinkedHashMap<>();
        for (String name : base.files()) {
            String kind = name.equals(DiskNames.NODE_TAR) ? "node" : name.equals(DiskNames.STORE) ? "store" : "other";
            File file = new File(name, name, -1, null, kind);
            if (!OURS.contains(name) && mode.wants(file)) {
                files.put(name, file);
            }
        }
        for (String set : release == null ? List.<String>of() : DiskNames.SETS) {
            String folder = DiskNames.setFolder(set, release);
            if (!base.folders().contains(folder)) {
                notes.add("no folder " + folder + " on the server: " + set + " is not staged");
                continue;
            }
            Listing listing = server.list(folder);
            List<String> lists = listing.files().stream().filter(n -> n.endsWith(".txt")).toList();
            for (String name : listing.files()) {
                String path = set + "/" + (lists.size() == 1 && name.endsWith(".txt") ? set + ".txt" : name);
                File file = new File(path, folder + "/" + name, -1, null, "set");
                if (mode.wants(file)) {
                    files.put(path, file);
                }
            }
        }
        return new ServedRelease(mode, release, null, null, null, files, notes);
    }

    /** Whether the file has one of the names that section "On disk" of the design gives to a partition. */
    private static boolean fits(File file) {
        Matcher inSet = IN_SET.matcher(file.path);
        boolean path = file.kind.equals("set") ? inSet.matches() && Listing.isPlain(inSet.group(2))
                && !inSet.group(2).equals(DiskNames.BLOBS) : Listing.isPlain(file.path) && !OURS.contains(file.path);
        String[] from = file.from.split("/", -1);
        return path && from.length <= 2 && Stream.of(from).allMatch(Listing::isPlain);
    }

    private static String choose(Collection<String> found, String wanted, Mode mode, ArtifactServer server) {
        Set<String> releases = new TreeSet<>(found);
        if (releases.isEmpty() && mode == Mode.STORE) {
            return wanted;
        }
        if (wanted != null && releases.contains(wanted) || wanted == null && releases.size() == 1) {
            return wanted != null ? wanted : releases.iterator().next();
        }
        throw new Cli.Failure(server.url("") + ": " + (releases.isEmpty()
                ? "lists no image set; is this the container-images folder, with directory listings on?"
                : wanted != null ? "no release " + wanted + ", only " + String.join(", ", releases)
                : "has several releases: " + String.join(", ", releases) + "; choose one with --release"));
    }
}
