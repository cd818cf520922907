package common.inventory;

//SOURCES ../cli/Json.java
//SOURCES ../cli/AtomicFile.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/LockFile.java
//SOURCES ../oci/Digest.java
//SOURCES ../oci/DiskNames.java
//SOURCES ../oci/OciLayout.java
//SOURCES BlobRoles.java
//SOURCES Role.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.AtomicFile;
import common.cli.Cli;
import common.cli.Json;
import common.cli.LockFile;
import common.oci.Digest;
import common.oci.DiskNames;
import common.oci.OciLayout;

/**
 * inventory.json: what a staged tree holds, written last by whoever adds to the tree.
 *
 * <pre>
 * {"version": 1,
 *  "sets":  [{"name": "ai-images", "release": "4.10.3", "platform": "linux/amd64", "images": 20, "missing": [REF...]}],
 *  "files": [{"path": "ai-images/index.json", "from": "images-4.10.3/index.json", "release": "4.10.3",
 *             "size": 4711, "sha256": HEX, "kind": "set"},
 *            {"path": "blobs/sha256/HEX", "size": 42, "sha256": HEX, "kind": "blob", "role": "layer"}]}
 * </pre>
 *
 * {@code path} is the name on the data partition, so that the file is copied there unchanged; {@code from} is the name on
 * the factory server where it differs. A server may hold several releases whose sets share the partition's names:
 * {@code release} tells them apart. {@code role} of a blob: what it is, see {@link Role}; where it is absent, the blob is
 * needed in every mode. No times: the same tree gives the same bytes.
 */
public record Inventory(List<JsonNode> sets, List<Entry> files) {
    public static final String FILE = DiskNames.INVENTORY;
    /** Its detached signature; whatever changes the inventory removes it. */
    public static final String SIGNATURE = DiskNames.SIGNATURE;

    /** One file; {@code from} equals {@code path}, {@code release} and {@code role} are null where the document has none. */
    public record Entry(String path, String from, String release, long size, Digest sha256, String kind, Role role) {
        public Entry(String path, String from, String release, long size, Digest sha256, String kind) {
            this(path, from, release, size, sha256, kind, null);
        }

        ObjectNode json() {
            ObjectNode json = Json.object().put("path", path);
            if (!from.equals(path)) {
                json.put("from", from);
            }
            if (release != null) {
                json.put("release", release);
            }
            json.put("size", size).put("sha256", sha256.hex()).put("kind", kind);
            return role == null ? json : json.put("role", role.toString());
        }
    }

    /** A set as it was asked for; {@code missing} are references that could not be had. */
    public record SetOf(String name, String release, String platform, int images, List<String> missing) {
        ObjectNode json() {
            ObjectNode json = Json.object().put("name", name).put("release", release).put("platform", platform)
                    .put("images", images);
            missing.forEach(json.putArray("missing")::add);
            return json;
        }
    }

    /** Throws {@link Cli.Failure} on anything but the documented form, also on a path that leaves the tree. */
    public static Inventory parse(byte[] bytes, String where) {
        JsonNode json = Json.parse(bytes, where);
        if (json.path("version").asInt() != 1 || !json.path("files").isArray()) {
            throw new Cli.Failure(where + ": not an inventory of version 1");
        }
        List<JsonNode> sets = new ArrayList<>();
        json.path("sets").forEach(sets::add);
        List<Entry> files = new ArrayList<>();
        for (JsonNode f : json.get("files")) {
            String path = f.path("path").asText();
            files.add(new Entry(inside(path, where), inside(f.path("from").asText(path), where),
                    f.path("release").asText(null), f.path("size").asLong(-1), new Digest(f.path("sha256").asText()),
                    f.path("kind").asText(), Role.of(f.path("role").asText())));
        }
        return new Inventory(sets, files);
    }

    /**
     * Brings ROOT/inventory.json up to date after a pull: the files of this set, and every whole blob that is there. A
     * set that is not beside its blobs has no place in it, which is a warning.
     *
     * @param asked the set; an earlier entry of the same name and release is replaced
     * @param list the image list inside the set folder
     * @param files the set's files: oci-layout, index.json or tarballs, and the list
     */
    public static void update(OciLayout set, SetOf asked, Path list, List<Path> files) throws IOException {
        Path root = set.blobs().getParent();
        if (!root.equals(set.folder().getParent())) {
            Cli.warn(set.folder() + " is not beside " + set.blobs() + ": no " + FILE + " can name it, and curl-all does not "
                    + "stage it from there");
            return;
        }
        List<Entry> ours = new ArrayList<>();
        for (Path f : files) {
            String onPartition = asked.name + "/" + (f.equals(list) ? asked.name + ".txt" : f.getFileName());
            ours.add(new Entry(onPartition, set.folder().getFileName() + "/" + f.getFileName(), asked.release,
                    Files.size(f), Digest.of(f), "set"));
        }
        try (LockFile lock = lock(root)) {
            Inventory old = before(root.resolve(FILE));
            List<JsonNode> sets = new ArrayList<>(old.sets);
            sets.removeIf(s -> s.path("name").asText().equals(asked.name)
                    && s.path("release").asText().equals(asked.release));
            sets.add(asked.json());
            List<Entry> entries = new ArrayList<>(old.files);
            entries.removeIf(e -> e.kind.equals("blob")
                    || e.path.startsWith(asked.name + "/") && asked.release.equals(e.release)
                    || !Files.exists(root.resolve(e.from)));
            entries.addAll(ours);
            entries.addAll(blobs(set, roles(root, entries)));
            write(root, sets, entries);
        }
    }

    private static List<Entry> blobs(OciLayout set, BlobRoles roles) throws IOException {
        List<Entry> entries = new ArrayList<>();
        try (Stream<Path> blobs = Files.list(set.blobs().resolve("sha256"))) {
            for (Path b : blobs.filter(b -> b.getFileName().toString().matches("[0-9a-f]{64}")).sorted().toList()) {
                String hex = b.getFileName().toString();
                entries.add(new Entry("blobs/sha256/" + hex, "blobs/sha256/" + hex, null, Files.size(b), new Digest(hex), "blob",
                        roles.of(new Digest(hex))));
            }
        }
        return entries;
    }

    /** Of all sets that are entered, whichever was just pulled: they share blobs. */
    private static BlobRoles roles(Path root, List<Entry> entries) {
        BlobRoles roles = new BlobRoles();
        for (Entry index : entries) {
            String set = index.path.replaceFirst("/index\\.json$", "");
            if (!set.equals(index.path)) {
                entries.stream().filter(e -> e.path.equals(set + "/" + set + ".txt") && Objects.equals(e.release, index.release))
                        .forEach(list -> roles.add(OciLayout.at(root.resolve(index.from).getParent(), null), root.resolve(list.from)));
            }
        }
        return roles;
    }

    /** Those that its sets and files belong to, sorted. */
    public SortedSet<String> releases() {
        SortedSet<String> releases = new TreeSet<>();
        sets.forEach(set -> releases.add(set.path("release").asText()));
        files.stream().filter(f -> f.release != null).forEach(f -> releases.add(f.release));
        return releases;
    }

    /** The role of each blob by its digest; a blob that has none is missing. */
    public Map<Digest, Role> roles() {
        Map<Digest, Role> roles = new HashMap<>();
        files.stream().filter(e -> e.role != null).forEach(e -> roles.put(e.sha256, e.role));
        return roles;
    }

    /**
     * Enters one file of the tree that is whole, or enters it anew: node.tar or store.sqfs. A pull keeps the entry as
     * long as the file is there.
     *
     * @param root the folder that has the inventory
     * @param name of the file, directly in ROOT, there and on the partition
     * @param kind node or store
     */
    public static void enter(Path root, String name, String kind) throws IOException {
        enter(root, name, name, null, kind);
    }

    /**
     * Enters one file that belongs to a release.
     *
     * @param path on the partition
     * @param from in ROOT
     */
    public static void enter(Path root, String path, String from, String release, String kind) throws IOException {
        Path file = root.resolve(from);
        Entry entered = new Entry(inside(path, FILE), inside(from, FILE), release, Files.size(file), Digest.of(file),
                kind); // before the lock is taken: it may be 20 GB
        try (LockFile lock = lock(root)) {
            Inventory old = before(root.resolve(FILE));
            List<Entry> entries = new ArrayList<>(old.files);
            entries.removeIf(e -> e.from.equals(from) || e.path.equals(path) && Objects.equals(e.release, release));
            entries.add(entered);
            write(root, old.sets, entries);
        }
    }

    /** Held from reading the inventory to writing it, by whoever changes it or its signature; never for long. */
    static LockFile lock(Path root) throws IOException {
        Path blobs = root.resolve(DiskNames.BLOBS); // beside the pull's own lock; before the first pull there is no such folder
        return LockFile.take((Files.isDirectory(blobs) ? blobs : root).resolve(".inventory.lock"), Duration.ofMinutes(1));
    }

    /** Enters node.tar and store.sqfs where they are there and not entered, whoever put them there. */
    public static void complete(Path root) throws IOException {
        if (!Files.exists(root.resolve(FILE))) {
            throw new Cli.Failure(root + ": no " + FILE + " to sign; pull again, that writes it");
        }
        Map<String, String> kinds = Map.of(DiskNames.NODE_TAR, "node", DiskNames.STORE, "store");
        Inventory inventory = parse(Files.readAllBytes(root.resolve(FILE)), FILE);
        List<String> entered = inventory.files.stream().map(Entry::from).toList();
        for (Map.Entry<String, String> kind : kinds.entrySet()) {
            if (Files.exists(root.resolve(kind.getKey())) && !entered.contains(kind.getKey())) {
                enter(root, kind.getKey(), kind.getValue());
            }
        }
    }

    private static void write(Path root, List<JsonNode> sets, List<Entry> files) throws IOException {
        ObjectNode json = Json.object().put("version", 1);
        ArrayNode jsonSets = json.putArray("sets");
        sets.stream().sorted((a, b) -> a.toString().compareTo(b.toString())).forEach(jsonSets::add);
        ArrayNode jsonFiles = json.putArray("files");
        files.stream().sorted((a, b) -> a.from.compareTo(b.from)).forEach(e -> jsonFiles.add(e.json()));
        byte[] bytes = Json.pretty(json);
        Path file = root.resolve(FILE);
        if (!Files.exists(file) || !Arrays.equals(bytes, Files.readAllBytes(file))) {
            Files.deleteIfExists(root.resolve(SIGNATURE));
            AtomicFile.write(file, bytes);
        }
    }

    /** Whether the inventory of ROOT names a file of the tree as it is now; no if the inventory is not there or damaged. */
    public static boolean names(Path root, Path file) throws IOException {
        Path inventory = root.resolve(FILE);
        if (!Files.exists(inventory)) {
            return false;
        }
        String from = root.relativize(file).toString();
        Digest digest = Digest.of(file);
        try {
            return parse(Files.readAllBytes(inventory), FILE).files.stream()
                    .anyMatch(e -> e.from.equals(from) && e.sha256.equals(digest));
        } catch (Cli.Failure e) {
            return false; // whoever writes it next says so
        }
    }

    private static Inventory before(Path file) throws IOException {
        Inventory none = new Inventory(List.of(), List.of());
        try {
            return Files.exists(file) ? parse(Files.readAllBytes(file), file.toString()) : none;
        } catch (Cli.Failure e) {
            Cli.warn(e.getMessage() + "; made anew without what it had; pull the other sets again, too");
            return none;
        }
    }

    private static String inside(String path, String where) {
        Path normal = Path.of(path).normalize();
        if (path.isEmpty() || normal.isAbsolute() || normal.startsWith("..") || !normal.toString().equals(path)) {
            throw new Cli.Failure(where + ": a path that leaves the tree: " + path);
        }
        return path;
    }
}
