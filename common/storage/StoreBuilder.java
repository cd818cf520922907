package common.storage;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../inventory/Inventory.java
//SOURCES ../oci/DiskNames.java
//SOURCES Loader.java
//SOURCES PackedStore.java
//SOURCES StoreEstimate.java
//SOURCES StoreSource.java
//SOURCES StoreWorkspace.java

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.inventory.Inventory;
import common.oci.DiskNames;

/** Makes a store image of image sets: unpacks them into a scratch store, packs that, tries the result, enters it. */
public final class StoreBuilder {
    /** Seconds for one unpacked MB: what containers-storage takes, two jobs gain little. */
    private static final double UNPACKING = 0.027;
    /** Of what the images take in a scratch store: half-filled blocks and what containers-storage notes. */
    private static final double OVERHEAD = 1.1;
    private static final int RETRIES = 2;

    private final StoreSource input;
    private final PackedStore image;
    private final Path scratch;

    /**
     * What it takes: {@code scratchBytes} and {@code storeBytes} are upper bounds, {@code seconds} is about right for
     * two cores; {@code newest} is when the newest image was made, null when none says.
     */
    public record Plan(StoreBuilder of, long blobBytes, long unpackedBytes, long scratchBytes, long storeBytes,
            double seconds, Instant newest) {
        /** One line for a person. */
        public String shown() {
            return String.format(Locale.ROOT, "Plan: release %s, %s, %.1f MB of blobs; at most %.1f MB to "
                    + "unpack in %s, %.1f MB for %s; about %.0f s on two cores", of.input.release(),
                    Cli.count(of.input.images(), "image"),
                    blobBytes / 1e6, scratchBytes / 1e6, of.scratch, storeBytes / 1e6, of.image.out(), seconds);
        }

        public void addTo(ObjectNode document) {
            document.put("blobBytes", blobBytes).put("unpackedBytes", unpackedBytes).put("scratchBytes", scratchBytes)
                    .put("storeBytes", storeBytes);
        }
    }

    /** @param scratch the folder to have the scratch store in */
    public StoreBuilder(StoreSource input, PackedStore image, Path scratch) {
        this.input = input;
        this.image = image;
        this.scratch = scratch;
    }

    /** Reads manifests only. */
    public Plan plan() throws IOException {
        StoreEstimate size = StoreEstimate.of(input);
        long unpacked = (long) (OVERHEAD * size.unpackedBytes());
        double seconds = size.unpackedBytes() / 1e6 * (UNPACKING + image.packing() / 2);
        return new Plan(this, size.blobBytes(), size.unpackedBytes(), unpacked + 2 * size.largestBlob(),
                image.atMost(size), seconds, size.newest());
    }

    /**
     * Builds it; what an interrupted run unpacked is used.
     *
     * @return reference -> reason of the images that could not be unpacked: then there is no store, and what is
     *         unpacked waits for the next run
     * @throws Cli.Failure when it does not fit or cannot be made there
     */
    public Map<String, String> run(Plan plan, int jobs, PrintStream text) throws IOException {
        Cli.requireRoot("a store, with its owners, capabilities and devices,");
        try (StoreWorkspace unpacked = StoreWorkspace.open(scratch, input.fingerprint())) {
            checkSpace(plan, unpacked);
            Map<String, String> failed = new TreeMap<>();
            for (StoreSource.SourceSet set : input.sets()) {
                Loader loader = new Loader(unpacked.storage(), set.layout(), set.list(), RETRIES, text);
                failed.putAll(loader.load(jobs).failed());
            }
            if (!failed.isEmpty()) {
                return failed;
            }
            text.println("Packing " + image.out());
            Set<String> names = unpacked.storage().names();
            unpacked.unmount();
            image.write(input, unpacked.store(), names, plan.newest());
            enter();
            unpacked.delete();
            return failed;
        }
    }

    /** Enters a store that was there before, unless the inventory has it. */
    public void enterUnchanged() throws IOException {
        Path inventory = input.folder().resolve(Inventory.FILE);
        String name = image.out().getFileName().toString();
        long size = image.bytes();
        boolean entered = Files.exists(inventory)
                && Inventory.parse(Files.readAllBytes(inventory), inventory.toString()).files().stream()
                        .anyMatch(e -> e.from().equals(name) && e.size() == size);
        if (!entered) {
            enter();
        }
    }

    /** Only a file that lies in the container-images folder is served. */
    private void enter() throws IOException {
        if (image.isFile() && image.out().getParent().equals(input.folder())) {
            Inventory.enter(input.folder(), DiskNames.STORE, image.out().getFileName().toString(), input.release(),
                    "store");
        }
    }

    private void checkSpace(Plan plan, StoreWorkspace unpacked) throws IOException {
        long more = Math.max(0, plan.scratchBytes - unpacked.bytes());
        long store = plan.storeBytes;
        Path out = image.out().getParent();
        boolean same = Files.getAttribute(scratch, "unix:dev").equals(Files.getAttribute(out, "unix:dev"));
        fits(more + (same && image.isFile() ? store : 0), scratch);
        fits(image.isFile() || !same ? store : 0, out);
    }

    private static void fits(long bytes, Path folder) throws IOException {
        long free = folder.toFile().getUsableSpace();
        if (bytes > free) {
            throw new Cli.Failure(String.format(Locale.ROOT, "does not fit: about %.1f MB to write, %.1f MB free in "
                    + "%s; free some space or name another folder with --scratch or --out", bytes / 1e6, free / 1e6,
                    folder));
        }
    }
}
