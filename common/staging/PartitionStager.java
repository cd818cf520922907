package common.staging;

//SOURCES ../cli/Json.java
//SOURCES ../cli/AtomicFile.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/FileTree.java
//SOURCES ../cli/LockFile.java
//SOURCES ../cli/Parallel.java
//SOURCES ../cli/Progress.java
//SOURCES ../http/ArtifactSource.java
//SOURCES ../http/Download.java
//SOURCES ../inventory/Inventory.java
//SOURCES ../inventory/StagingMode.java
//SOURCES ../node/NodeTar.java
//SOURCES ../oci/Descriptor.java
//SOURCES ../oci/Digest.java
//SOURCES ../oci/DiskNames.java
//SOURCES ../oci/OciLayout.java
//SOURCES ArrivedDisk.java
//SOURCES IncomingSet.java
//SOURCES LargeFile.java
//SOURCES ServedRelease.java
//SOURCES StaleFiles.java

import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.AtomicFile;
import common.cli.Cli;
import common.cli.FileTree;
import common.cli.Json;
import common.cli.LockFile;
import common.cli.Parallel;
import common.cli.Progress;
import common.http.ArtifactSource;
import common.http.Download;
import common.inventory.Inventory;
import common.inventory.StagingMode;
import common.node.NodeTar;
import common.oci.Descriptor;
import common.oci.Digest;
import common.oci.DiskNames;
import common.oci.OciLayout;

/**
 * Copies what is wanted of a {@link ServedRelease} into the folder that the data partition is mounted on. Order: blobs and
 * other large files, those that are to replace one into {@link DiskNames#INCOMING}; per set, once all its blobs are
 * there, oci-layout, index.json and the image list; node.tar unpacked, and the store; and if nothing failed inventory.json
 * and staged.json. Whatever is there under its name is whole, and what was staged before is whole until all of the new
 * is there, if there is room for both.
 */
public final class PartitionStager implements AutoCloseable {
    private static final int BLOCK = 4096;

    private final ArtifactSource server;
    private final ServedRelease.Selection wanted;
    private final Path folder;
    private final int jobs;
    private final LockFile lock;
    private final List<IncomingSet> sets = new ArrayList<>();
    private final Map<Path, LargeFile> files = new LinkedHashMap<>();
    private final AtomicLong fetched = new AtomicLong();
    private volatile String gone;

    /**
     * {@code bytes} in all; {@code presentBytes} of them are here, halves of files included. {@code failed}: what could
     * not be had, name on the server -> reason. {@code staleFiles}, {@code staleBytes}: what earlier stagings left and
     * this one does not need. {@code earlier}: the release of an earlier staging that is whole until this one is, or null.
     */
    public record Plan(int files, long bytes, long presentBytes, long fetchBytes, long freeBytes,
            Map<String, String> failed, int staleFiles, long staleBytes, String earlier, long neededBytes) {
        /** Whether the new fits beside the old. */
        public boolean fits() {
            return neededBytes <= freeBytes;
        }
    }

    /**
     * What became of a plan.
     *
     * @param whole the sets that are whole now
     * @param failed what could not be had: name on the server -> reason
     * @param fetchedBytes what was added, manifests and documents aside
     * @param kept the release of an earlier staging that is whole as before, or null
     */
    public record Outcome(List<IncomingSet> whole, Map<String, String> failed, long fetchedBytes, String kept) {
    }

    /** Throws {@link Cli.Failure} when FOLDER is not there or another run writes to it. */
    public PartitionStager(ServedRelease.Selection wanted, Path folder, int jobs) throws IOException {
        this.server = wanted.of().source();
        this.wanted = wanted;
        this.folder = folder.toAbsolutePath().normalize();
        this.jobs = jobs;
        ArrivedDisk.refuseStrangers(folder);
        lock = LockFile.tryTake(this.folder.resolve(DiskNames.STAGING_LOCK)).orElseThrow(() -> new Cli.Failure(
                "another curl-all writes to " + folder + "; wait for it or stop it"));
    }

    /** Fetches documents and manifests, and so learns what else is needed. Comes before {@link #run}, once. */
    public Plan plan() throws IOException {
        Map<String, String> failed = new TreeMap<>();
        Parallel.Then<ServedRelease.File, Exception> fails = (f, e) -> failed.put(f.from(), server.explain(e));
        List<ServedRelease.File> documents = wanted.files().values().stream().filter(ServedRelease.File::isDocument).toList();
        List<ServedRelease.File> others = wanted.files().values().stream().filter(f -> !f.isDocument()).toList();
        Parallel.run(jobs, others, f -> LargeFile.of(f, server, folder), (f, file) -> files.put(file.target(), file), fails);
        for (String name : new TreeSet<>(wanted.files().values().stream().map(ServedRelease.File::folder).toList())) {
            if (name.isEmpty()) {
                continue;
            }
            IncomingSet set = new IncomingSet(name, OciLayout.at(folder.resolve(name), null));
            sets.add(set);
            Files.createDirectories(folder.resolve(name));
            Parallel.run(jobs, documents.stream().filter(d -> d.folder().equals(name)).toList(),
                    d -> set.checked(d, server.read(d.from())), set::add, fails);
            failed.putAll(set.resolve(wanted, jobs));
            for (Descriptor blob : set.reached()) {
                Download download = set.download(blob);
                files.putIfAbsent(download.target(), new LargeFile(IncomingSet.from(blob), download.target(), download,
                        set.holds(blob), null));
            }
        }
        long bytes = files.values().stream().mapToLong(LargeFile::size).sum();
        long fetch = missing().stream().mapToLong(p -> p.size() - p.partialBytes()).sum();
        StaleFiles stale = stale(true);
        long unpacked = missing().stream().filter(LargeFile::isNode).mapToLong(LargeFile::size).sum();
        return new Plan(files.size(), bytes, bytes - fetch, fetch, folder.toFile().getUsableSpace(), failed,
                stale.sizes().size(), stale.bytes(), earlier(), fetch + unpacked + (long) BLOCK * missing().size());
    }

    /**
     * Fetches what is not here, and makes what is whole valid: the documents of sets without a gap, node/, and the
     * inventory if nothing failed. What fails does not stop the others. Throws {@link Cli.Failure} when it cannot fit.
     *
     * @param by who stages, for staged.json
     * @param removeStale whether what only earlier stagings needed goes: when the new is whole, or first, if there is no
     *         room for both
     */
    public Outcome run(Plan plan, String by, boolean removeStale) throws IOException {
        Map<String, String> failed = new TreeMap<>(plan.failed);
        makeRoom(plan, removeStale);
        fetch(plan).forEach(failed::putIfAbsent);
        if (!failed.isEmpty() && earlier() != null) {
            return new Outcome(List.of(), failed, fetched.get(), earlier());
        }
        Files.deleteIfExists(folder.resolve(DiskNames.STAGED)); // stands for a whole partition
        AtomicFile.sync(folder);
        List<IncomingSet> whole = new ArrayList<>();
        for (IncomingSet set : sets) {
            List<Descriptor> lacking = set.lacking();
            lacking.forEach(b -> failed.putIfAbsent(IncomingSet.from(b), "not of the " + b.size()
                    + " bytes that its manifest states"));
            if (lacking.isEmpty() && !set.isBroken() && wanted.files().values().stream()
                    .noneMatch(f -> f.folder().equals(set.name()) && failed.containsKey(f.from()))) {
                set.commit();
                whole.add(set);
            }
        }
        place();
        if (!failed.containsKey(DiskNames.NODE_TAR)) {
            unpackNode().ifPresent(reason -> failed.put(DiskNames.NODE_TAR, reason));
        }
        if (failed.isEmpty()) {
            announce(whole, by);
            FileTree.delete(folder.resolve(DiskNames.INCOMING));
            if (removeStale) {
                stale(false).delete();
            }
        }
        return new Outcome(whole, failed, fetched.get(), null);
    }

    /** The release of the partition's own staged.json, if that speaks of other files than are to be staged now. */
    private String earlier() throws IOException {
        Path staged = folder.resolve(DiskNames.STAGED);
        Path inventory = folder.resolve(Inventory.FILE);
        if (!Files.exists(staged) || !Files.exists(inventory)
                || Arrays.equals(Files.readAllBytes(inventory), wanted.of().inventory())) {
            return null;
        }
        return Json.read(staged).path("release").asText("unknown");
    }

    /** What nothing needs once all is in its place; {@code before}, also what is to be replaced. */
    private StaleFiles stale(boolean before) throws IOException {
        Set<Path> needed = new HashSet<>();
        files.values().forEach(f -> needed.add(before ? f.download().target() : f.target()));
        wanted.files().values().stream().filter(ServedRelease.File::isDocument)
                .forEach(d -> needed.add(folder.resolve(d.path())));
        files.values().stream().map(f -> f.download().partial()).forEach(partial -> {
            needed.add(partial);
            needed.add(partial.resolveSibling(partial.getFileName() + ".etag"));
        });
        return StaleFiles.in(folder, needed);
    }

    private void makeRoom(Plan plan, boolean removeStale) throws IOException {
        if (plan.fits()) {
            return;
        }
        boolean enough = plan.neededBytes <= plan.freeBytes + plan.staleBytes;
        if (!removeStale || !enough || !plan.failed.isEmpty()) { // what a manifest that is missing needs is not known
            throw new Cli.Failure(String.format(Locale.ROOT, "does not fit: %.1f MB to fetch, %.1f MB free in %s; %s",
                    plan.neededBytes / 1e6, plan.freeBytes / 1e6, folder, enough ? String.format(Locale.ROOT,
                    "--rm-stale first removes the %.1f MB that it does not need", plan.staleBytes / 1e6)
                    : "use a larger partition"));
        }
        Files.deleteIfExists(folder.resolve(DiskNames.STAGED));
        AtomicFile.sync(folder);
        for (IncomingSet set : sets) {
            set.retract();
        }
        stale(true).delete();
    }

    /** Each into its place that came to replace one; the store last, since it is what runs. */
    private void place() throws IOException {
        List<LargeFile> arrived = files.values().stream().filter(f -> Files.exists(f.download().target()))
                .filter(f -> !f.target().equals(f.download().target()))
                .sorted(Comparator.comparing(LargeFile::isStore)).toList();
        for (LargeFile file : arrived) {
            if (file.isNode()) {
                FileTree.delete(folder.resolve(DiskNames.NODE));
            }
            Files.createDirectories(file.target().getParent());
            AtomicFile.rename(file.download().target(), file.target());
            AtomicFile.sync(file.target().getParent());
        }
    }

    private Map<String, String> fetch(Plan plan) throws IOException {
        Map<String, String> failed = new TreeMap<>();
        List<LargeFile> missing = missing();
        try (Progress progress = Progress.start("Staging", missing.size(), plan.fetchBytes)) {
            int[] done = {0};
            Parallel.run(jobs, missing, p -> fetch(p, progress), (p, digest) -> {
                progress.end(p.from());
                if (++done[0] % 100 == 0) {
                    progress.line("Staged " + done[0] + " of " + missing.size() + " files");
                }
            }, (p, e) -> {
                failed.putIfAbsent(p.from(), server.explain(e));
                progress.failed(p.from(), server.explain(e));
            });
        }
        return failed;
    }

    /** The last step: inventory and signature as they were served, and what was staged. */
    private void announce(List<IncomingSet> whole, String by) throws IOException {
        copy(Inventory.SIGNATURE, wanted.of().signature());
        copy(Inventory.FILE, wanted.of().inventory());
        StagingMode mode = wanted.mode();
        ObjectNode staged = Json.object().put("mode", mode.toString());
        mode.kinds().stream().filter(kind -> kind.equals("blob") ? whole.stream().anyMatch(s -> s.images() > 0)
                : wanted.files().values().stream().anyMatch(f -> f.kind().equals(kind)))
                .forEach(staged.putArray("kinds")::add);
        Json.write(folder.resolve(DiskNames.STAGED), staged.put("release", wanted.of().release())
                .put("when", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString()).put("by", by));
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }

    private void copy(String name, byte[] bytes) throws IOException {
        if (bytes == null) {
            Files.deleteIfExists(folder.resolve(name)); // of an earlier staging
        } else {
            AtomicFile.write(folder.resolve(name), bytes);
        }
    }

    private List<LargeFile> missing() {
        return files.values().stream().filter(p -> !p.here())
                .sorted(Comparator.comparingLong(LargeFile::size).reversed()).toList(); // none large left for the end
    }

    private Digest fetch(LargeFile file, Progress progress) throws IOException {
        if (gone != null) {
            throw new Cli.Failure("not tried: " + gone);
        }
        progress.begin(file.from());
        Files.createDirectories(file.download().partial().getParent());
        long[] counted = {-file.partialBytes()}; // the plan counts these as here
        try {
            Digest digest = file.download().from(server.source(file.from()), n -> {
                progress.advance(counted[0] + n);
                fetched.addAndGet(counted[0] + n);
                counted[0] = 0;
            });
            if (file.modified() != null) {
                Files.setLastModifiedTime(file.download().target(), file.modified());
            }
            return digest;
        } catch (ConnectException | NoRouteToHostException | UnknownHostException | SocketTimeoutException e) {
            gone = server.explain(e); // after five tries: hundreds of files need not wait for the same
            throw e;
        }
    }

    /** Why it could not be unpacked. */
    private Optional<String> unpackNode() throws IOException {
        Path node = folder.resolve(DiskNames.NODE);
        FileTree.delete(folder.resolve("." + DiskNames.NODE + ".tmp")); // of a run that was killed
        if (wanted.files().containsKey(DiskNames.NODE_TAR) && !Files.exists(node)) {
            try {
                NodeTar.unpack(folder.resolve(DiskNames.NODE_TAR), node);
            } catch (Cli.Failure e) {
                return Optional.of(e.getMessage());
            }
        }
        return Optional.empty();
    }
}
