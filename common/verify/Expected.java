package common.verify;

//SOURCES ../cli/Cli.java
//SOURCES ../inventory/ArtifactTree.java
//SOURCES ../inventory/Inventory.java
//SOURCES ../inventory/StagingMode.java
//SOURCES ../oci/DiskNames.java
//SOURCES Fault.java
//SOURCES Findings.java

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

import common.cli.Cli;
import common.inventory.ArtifactTree;
import common.inventory.Inventory;
import common.inventory.StagingMode;
import common.oci.DiskNames;

/**
 * What must be on a partition, by who asks and not by the partition's own staged.json. On a server all must be there.
 *
 * @param stated whether this counts; without it staged.json says what must be there
 * @param mode how it was staged; null is {@link StagingMode#AUTO}
 * @param release null: the inventory's only one
 */
public record Expected(boolean stated, StagingMode mode, String release) {
    /** What staged.json names. */
    public static final Expected AS_STAGED = new Expected(false, null, null);

    /**
     * The tree with what must be in it.
     *
     * @param inventory null when there is none, or none that can be read
     * @param against its file
     * @throws Cli.Failure when nobody said which of several releases it is
     */
    ArtifactTree of(ArtifactTree tree, Inventory inventory, Path against, Findings findings) {
        if (!tree.partition()) {
            return tree;
        }
        List<Inventory.Entry> entries = inventory == null ? List.of() : inventory.files();
        Set<String> releases = new TreeSet<>();
        entries.stream().filter(e -> e.release() != null).forEach(e -> releases.add(e.release()));
        String asked = stated ? release : tree.release();
        if (stated && asked == null && releases.size() > 1) {
            throw new Cli.Failure(Cli.USAGE, against + " has several releases: " + String.join(", ", releases)
                    + "; name the one that this disk is for with --release");
        }
        if (asked != null && !releases.isEmpty() && !releases.contains(asked)) {
            findings.wrong(Fault.INCONSISTENT, stated ? against : tree.root().resolve(DiskNames.STAGED), "release "
                    + asked
                    + (stated ? " is not in it, only " : " is not in the inventory, only ") + String.join(", ", releases));
        }
        String of = asked == null && releases.size() == 1 ? releases.iterator().next() : asked;
        boolean offered = entries.stream().anyMatch(e -> e.kind().equals("store")
                && (e.release() == null || e.release().equals(of)));
        Set<String> kinds = stated ? Set.copyOf((mode == null ? StagingMode.AUTO : mode).resolve(offered).kinds())
                : tree.kinds();
        Path store = tree.root().resolve(DiskNames.STORE);
        if (stated && kinds.contains("store") && !offered && !tree.files().containsKey(store)) {
            findings.wrong(Fault.MISSING, store, "missing");
        }
        return tree.expecting(kinds, of);
    }
}
