package common.verify;

//SOURCES ../cli/Cli.java
//SOURCES ../cli/Progress.java
//SOURCES ../inventory/ArtifactTree.java
//SOURCES ../inventory/Inventory.java
//SOURCES ../inventory/InventorySignature.java
//SOURCES ../inventory/Role.java
//SOURCES ../inventory/StagingMode.java
//SOURCES ../node/NodeTar.java
//SOURCES ../oci/Digest.java
//SOURCES ../oci/DiskNames.java
//SOURCES Expected.java
//SOURCES FileHashes.java
//SOURCES Fault.java
//SOURCES Findings.java
//SOURCES LayerContents.java
//SOURCES SecretFiles.java
//SOURCES SetCheck.java
//SOURCES StoreCheck.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

import common.cli.Cli;
import common.cli.Progress;
import common.inventory.ArtifactTree;
import common.inventory.Inventory;
import common.inventory.InventorySignature;
import common.inventory.Role;
import common.inventory.StagingMode;
import common.node.NodeTar;
import common.oci.Digest;
import common.oci.DiskNames;

/** Checks a folder with image sets, on the factory server or on a data partition, against what it says of itself. */
public final class Verification {
    private final Expected expected;
    private final Findings findings;
    private final Path against;
    private final PublicKey key;
    private final boolean deep;
    /** Files whose bytes are not what they should be: nothing more is done with these. */
    private final Set<Path> damaged = new HashSet<>();
    private ArtifactTree tree;
    private byte[] bytes;
    private Inventory inventory;
    private SetCheck images;

    /**
     * @param expected what must be there
     * @param against the inventory; null: the folder's own
     * @param key whose signature the inventory must have; null: none
     * @param deep unpack every layer and read every file of the store, too
     */
    public Verification(ArtifactTree tree, Expected expected, Path against, PublicKey key, boolean deep) {
        this.tree = tree;
        this.expected = expected;
        this.findings = Findings.of(tree.root());
        this.against = against == null ? tree.root().resolve(Inventory.FILE) : against;
        this.key = key;
        this.deep = deep;
        this.images = new SetCheck(findings);
    }

    public Findings findings() {
        return findings;
    }

    public int images() {
        return images.images();
    }

    /** What a partition is for; null of a server's folder, and where neither the disk nor the caller says it. */
    public String release() {
        return tree.partition() ? tree.release() : null;
    }

    /** The bytes of the inventory that the files were compared with; null when there is none. */
    public byte[] inventoryBytes() {
        return bytes;
    }

    /** Kinds that the inventory has and that were not staged here. */
    public Set<String> notStaged() {
        Set<String> kinds = new TreeSet<>();
        if (inventory != null && tree.partition()) {
            inventory.files().forEach(e -> kinds.add(e.kind()));
            kinds.removeAll(tree.kinds());
        }
        return kinds;
    }

    /** How many bytes {@link #run} hashes. */
    public long bytes() {
        return tree.large().values().stream().mapToLong(Long::longValue).sum();
    }

    /** How many files that are. */
    public int files() {
        return tree.large().size();
    }

    /** Looks at everything; what is wrong is among the findings, and stops nothing. */
    public void run(Progress progress) throws IOException {
        try (FileHashes hashes = FileHashes.start(tree.large(), progress)) { // while we look at all else
            inventory();
            tree = expected.of(tree, inventory, against, findings);
            boolean all = tree.needsBlobs(inventory);
            Map<Digest, Role> roles = inventory == null ? Map.of() : inventory.roles();
            List<ArtifactTree.ImageSet> sets = tree.sets(inventory);
            if (sets.isEmpty()) {
                findings.wrong(Fault.MISSING, tree.root(),
                        "no image set here; is this container-images or the data partition?");
            }
            for (ArtifactTree.ImageSet set : sets) {
                boolean tarballs = !Files.exists(set.layout().index());
                images.add(set, b -> all || tarballs || StagingMode.STORE.stages(roles.get(b.digest())));
            }
            strangers();
            blobs(hashes);
            entries(hashes);
        }
        if (tree.partition()) {
            node(tree.root().resolve(DiskNames.NODE));
        }
        for (Map.Entry<Path, String> store : tree.stores(inventory).entrySet()) {
            Map<ArtifactTree.ImageSet, List<String>> sets = new LinkedHashMap<>(images.references());
            sets.keySet().removeIf(s -> store.getValue() != null && !store.getValue().equals(s.release()));
            progress.begin("images of " + store.getKey());
            if (!damaged.contains(store.getKey())) { // else as root we would mount a stranger's file
                new StoreCheck(store.getKey(), findings).run(sets, !tree.needsBlobs(inventory), deep);
            }
        }
        if (deep) {
            progress.begin("layers");
            LayerContents.check(images.whole(), findings);
        }
    }

    private void inventory() throws IOException {
        Path own = tree.root().resolve(Inventory.FILE);
        if (tree.partition() && !Files.exists(tree.root().resolve(DiskNames.STAGED))) {
            findings.wrong(Fault.MISSING, tree.root().resolve(DiskNames.STAGED),
                    "missing: the last curl-all did not end well; run it again");
        }
        if (!Files.exists(against)) {
            if (key != null) {
                findings.wrong(Fault.MISSING, against, "missing, and so is what --public-key could check");
            } else {
                findings.unchecked(against, "missing: files other than blobs cannot be checked");
            }
            return;
        }
        bytes = Files.readAllBytes(against);
        signature(bytes);
        try {
            inventory = Inventory.parse(bytes, against.toString());
        } catch (Cli.Failure e) {
            findings.wrong(Fault.UNREADABLE, against, findings.relative(e.getMessage()));
        }
        if (!against.equals(own) && Files.exists(own) && !Arrays.equals(bytes, Files.readAllBytes(own))) {
            findings.wrong(Fault.INCONSISTENT, own, "is not the one given with --against");
        }
    }

    private void signature(byte[] bytes) throws IOException {
        Path file = against.resolveSibling(against.getFileName() + ".sig");
        boolean there = Files.exists(file);
        if (key == null && there) {
            findings.unchecked(file, "not checked without --public-key");
        } else if (key != null && !there) {
            findings.wrong(Fault.SIGNATURE, file,
                    "missing: the inventory was not signed, or was changed after it; verify --sign it");
        } else if (key != null && !InventorySignature.isOf(key, bytes, Files.readAllBytes(file))) {
            findings.wrong(Fault.SIGNATURE, file, "not this key's signature of " + against.getFileName()
                    + ", or one of them was changed");
        } else if (key != null) {
            findings.note(file, "good signature");
        }
    }

    /** Files that should not be here: secrets anywhere, anything unknown on a partition. */
    private void strangers() throws IOException {
        tree.odd().forEach((file, what) -> findings.wrong(Fault.FOREIGN, file, what));
        Path partial = tree.root().resolve("blobs/sha256/.partial");
        for (Path file : tree.files().keySet()) {
            if (!file.startsWith(partial)) {
                try {
                    SecretFiles.reason(file).ifPresent(r ->
                            findings.wrong(Fault.SECRET, file, "looks like a secret (" + r + "); remove it"));
                } catch (IOException e) {
                    findings.wrong(Fault.UNREADABLE, file, "cannot be read: " + Cli.describe(e));
                }
            }
        }
        Path shared = tree.root().resolve("blobs/sha256");
        Set<Path> foreign = new TreeSet<>(tree.files().keySet());
        foreign.removeIf(f -> !f.getParent().equals(shared));
        if (tree.partition() && inventory != null) {
            foreign.addAll(tree.foreign(inventory));
        }
        foreign.forEach(f -> findings.wrong(Fault.FOREIGN, f, "has no place here; remove it"));
        long half = tree.files().keySet().stream().filter(f -> f.startsWith(shared.resolve(".partial"))).count();
        if (half > 0) {
            findings.note(shared.resolve(".partial"), (half == 1 ? "1 blob not fetched to its end"
                    : half + " blobs not fetched to their end") + "; the next run goes on");
        }
        Path incoming = tree.root().resolve(DiskNames.INCOMING);
        if (tree.partition() && tree.files().keySet().stream().anyMatch(f -> f.startsWith(incoming))) {
            findings.note(incoming, "files of a staging that was not finished; the same curl-all goes on");
        }
    }

    private void blobs(FileHashes hashes) throws IOException {
        long unneeded = 0;
        for (Path blob : tree.blobs().keySet()) {
            check(blob, blob.getFileName().toString(), hashes, images.use(blob));
            unneeded += images.isNeeded(blob) ? 0 : 1;
        }
        List<Path> unread = images.needed().stream().filter(b -> !tree.blobs().containsKey(b) && Files.exists(b)).toList();
        if (!unread.isEmpty()) { // whatever the reason: what an image needs was hashed, or the folder is not whole
            findings.wrong(Fault.MISSING, unread.get(0), "needed and not a file of this folder, so not hashed"
                    + (unread.size() > 1
                    ? ", nor are " + (unread.size() - 1) + " more blobs" : "") + images.use(unread.get(0)));
        }
        if (unneeded > 0) {
            findings.note(tree.root().resolve("blobs/sha256"), Cli.count(unneeded, "blob") + " that no listed image needs"
                    + (tree.partition() ? "; curl-all --rm-stale removes them" : ""));
        }
    }

    private void check(Path file, String sha256, FileHashes hashes, String use) {
        try {
            Digest digest = hashes.of(file);
            if (!digest.hex().equals(sha256)) {
                damaged.add(file);
                findings.wrong(Fault.DAMAGED, file, "damaged: its bytes have " + digest + use);
            }
        } catch (IOException e) {
            damaged.add(file);
            findings.wrong(Fault.UNREADABLE, file, "cannot be read: " + Cli.describe(e) + use);
        }
    }

    /** The inventory's files, whatever was announced, but blobs that are here: their names are their digests. */
    private void entries(FileHashes hashes) {
        Set<Path> listed = new HashSet<>();
        for (Inventory.Entry e : inventory == null ? List.<Inventory.Entry>of() : inventory.files()) {
            if (!tree.isOurs(e)) {
                continue;
            }
            Path file = tree.file(e);
            listed.add(file);
            Long size = e.kind().equals("blob") ? tree.blobs().get(file) : tree.files().get(file);
            if (size == null) {
                if (tree.isStaged(e) && !images.isNeeded(file)) { // else it was said
                    findings.wrong(Fault.MISSING, file, "missing, and in " + against.getFileName());
                }
            } else if (size != e.size() && !(tree.partition() && e.kind().equals("blob"))) { // its digest says it there
                damaged.add(file);
                findings.wrong(Fault.DAMAGED, file, size + " bytes instead of the " + e.size() + " in "
                        + against.getFileName());
            } else if (!e.kind().equals("blob")) {
                check(file, e.sha256().hex(), hashes, "; not what " + against.getFileName() + " states");
            }
        }
        if (inventory == null) {
            return;
        }
        for (String name : List.of(DiskNames.NODE_TAR, DiskNames.STORE)) {
            Path file = tree.root().resolve(name);
            if (tree.files().containsKey(file) && !listed.contains(file)) {
                damaged.add(file);
                findings.wrong(Fault.FOREIGN, file, "not in " + against.getFileName()
                        + "; verify --sign enters it, or make it again");
            }
        }
        for (ArtifactTree.ImageSet set : tree.sets(null)) {
            Path index = set.layout().index();
            if (tree.files().containsKey(index) && !listed.contains(index)) {
                findings.wrong(Fault.FOREIGN, index, "not in " + against.getFileName() + "; pull this set again");
            }
        }
    }

    private void node(Path node) throws IOException {
        Path tar = tree.root().resolve(DiskNames.NODE_TAR);
        boolean there = Files.exists(node, LinkOption.NOFOLLOW_LINKS);
        if (!tree.files().containsKey(tar)) {
            if (there) {
                findings.wrong(Fault.FOREIGN, node, "there is no " + DiskNames.NODE_TAR
                        + " that it could be compared with; remove it");
            }
        } else if (!there) {
            findings.wrong(Fault.MISSING, node, "missing: " + DiskNames.NODE_TAR
                    + " was not unpacked; run curl-all again");
        } else if (!damaged.contains(tar)) {
            List<String> differences = new ArrayList<>();
            try {
                differences.addAll(NodeTar.differences(tar, node));
            } catch (IOException e) {
                findings.wrong(Fault.UNREADABLE, tar, "cannot be read: " + Cli.describe(e));
            }
            differences.forEach(d -> findings.wrong(Fault.DAMAGED, node, d));
        }
    }
}
