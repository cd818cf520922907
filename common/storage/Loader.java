package common.storage;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/FileTree.java
//SOURCES ../cli/Progress.java
//SOURCES ../http/Retry.java
//SOURCES ../http/Time.java
//SOURCES ../oci/Descriptor.java
//SOURCES ../oci/Digest.java
//SOURCES ../oci/ImageList.java
//SOURCES ../oci/LegacyTarball.java
//SOURCES ../oci/OciLayout.java
//SOURCES ../oci/RepositoryName.java
//SOURCES ContainersStorage.java
//SOURCES LoadSchedule.java

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.FileTree;
import common.cli.Json;
import common.cli.Progress;
import common.http.Retry;
import common.http.Time;
import common.oci.Descriptor;
import common.oci.Digest;
import common.oci.ImageList;
import common.oci.LegacyTarball;
import common.oci.OciLayout;
import common.oci.RepositoryName;

/**
 * Brings the listed images of a set into an image store, from its OCI layout or, where index.json lacks an image,
 * from the original's NAME.tgz beside it. Writes nothing into the set: it may be mounted read-only.
 */
public final class Loader {
    /** What became of the references. {@code present}: were there before; {@code failed}: reference -> reason. */
    public record Outcome(List<String> loaded, List<String> present, Map<String, String> failed) {
    }

    /** One listed image; {@code stored} is null and {@code blobs} empty when it comes from a tarball. */
    private record Image(ImageList.Entry entry, int number, Descriptor stored, Set<Digest> blobs) {
    }

    private final ContainersStorage storage;
    private final OciLayout set;
    private final ImageList list;
    private final int retries;
    private final PrintStream text;
    private final Outcome outcome = new Outcome(Collections.synchronizedList(new ArrayList<>()), new ArrayList<>(),
            Collections.synchronizedMap(new TreeMap<>()));
    private Set<String> references = Set.of();
    private LoadSchedule<Image> schedule;
    private Progress progress;
    private Path temp;

    /**
     * @param retries how often an image is tried again that skopeo could not copy
     * @param text gets a line for each image that is begun
     */
    public Loader(ContainersStorage storage, OciLayout set, ImageList list, int retries, PrintStream text) {
        this.storage = storage;
        this.set = set;
        this.list = list;
        this.retries = retries;
        this.text = text;
    }

    /** Loads what is not there yet, {@code jobs} images at a time; one that fails does not stop the others. */
    public Outcome load(int jobs) throws IOException {
        temp = Files.createTempDirectory(storage.temp(), "extract-").toRealPath();
        ExecutorService threads = Executors.newFixedThreadPool(jobs);
        try {
            Future<Set<String>> asked = threads.submit(() -> storage.references());
            List<Descriptor> stored = set.images();
            references = asked.get();
            List<Image> images = plan(stored);
            schedule = new LoadSchedule<>(images, Image::blobs);
            progress = images.isEmpty() ? null : Progress.start("Loading", images.size(), -1);
            for (Future<?> thread : threads.invokeAll(Collections.nCopies(jobs, (Callable<Void>) this::loadAll))) {
                thread.get();
            }
            return outcome;
        } catch (InterruptedException e) {
            throw new Cli.Failure(Cli.INTERRUPTED, "interrupted", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException disk) {
                throw disk;
            }
            if (e.getCause() instanceof RuntimeException podman) {
                throw podman;
            }
            throw new IllegalStateException(e.getCause().toString(), e.getCause()); // an Error: no memory, say
        } finally {
            threads.shutdownNow();
            end(threads);
            if (progress != null) {
                progress.close();
            }
            discard(temp);
        }
    }

    private static void end(ExecutorService threads) {
        try {
            threads.awaitTermination(30, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The images to load; those that are there, and those that cannot be loaded, are in the outcome. */
    private List<Image> plan(List<Descriptor> listed) {
        Map<String, Descriptor> stored = listed.stream().filter(i -> i.name() != null)
                .collect(Collectors.toMap(Descriptor::name, i -> i, (a, b) -> b));
        List<Image> images = new ArrayList<>();
        for (ImageList.Entry entry : list.entries()) {
            Descriptor image = stored.get(entry.text());
            if (lacking(entry, image).isEmpty()) {
                outcome.present.add(entry.text());
                continue;
            }
            try {
                if (image == null) {
                    tarball(entry);
                }
                Set<Digest> blobs = image == null ? Set.of() : digests(set.whole(asListed(entry, image)));
                images.add(new Image(entry, list.entries().indexOf(entry) + 1, image, blobs));
            } catch (Cli.Failure e) {
                failed(entry, e);
            }
        }
        return images;
    }

    /** The references by which the image must answer and does not yet; {@code image} is null when it is not known. */
    private List<String> lacking(ImageList.Entry entry, Descriptor image) {
        Stream<String> tags = entry.tags().stream().map(t -> entry.repository() + ":" + t);
        return Stream.concat(Stream.of(entry.text()), tags).distinct().filter(r -> {
            String stored = RepositoryName.inStorage(r);
            return !references.contains(image == null || r.contains("@") ? stored : stored + "@" + image.digest());
        }).toList();
    }

    private static Set<Digest> digests(Set<Descriptor> blobs) {
        return blobs.stream().map(Descriptor::digest).collect(Collectors.toSet());
    }

    private Path tarball(ImageList.Entry entry) {
        Path tgz = set.folder().resolve(entry.tarballName() + ".tgz");
        if (!Files.exists(tgz)) {
            throw new Cli.Failure("neither in " + set.index() + " nor there as " + tgz.getFileName());
        }
        boolean shared = list.entries().stream().filter(e -> e.tarballName().equals(entry.tarballName())).count() > 1;
        if (shared && !entry.text().contains("@")) {
            throw new Cli.Failure(tgz + " may be another listed image of this name; pull the set again");
        }
        return tgz;
    }

    private static Descriptor asListed(ImageList.Entry entry, Descriptor image) {
        if (entry.text().contains("@") && !entry.text().endsWith("@" + image.digest())) {
            throw new Cli.Failure("the image that is there has another digest: " + image.digest());
        }
        return image;
    }

    private Void loadAll() throws InterruptedException, IOException {
        for (Image image; (image = schedule.next()) != null;) {
            text.println("Copying " + image.entry.text() + " [" + image.number + "/" + list.entries().size() + "]");
            progress.begin(image.entry.text());
            boolean success = false;
            Path work = null;
            try { // whatever happens on this thread, the schedule hears of it: others wait for these blobs
                work = Files.createTempDirectory(temp, "image-");
                if (image.stored == null) {
                    loadTarball(image, work);
                } else {
                    load(image, image.stored, set, work);
                }
                success = true;
                outcome.loaded.add(image.entry.text());
                progress.end(image.entry.text());
            } catch (IOException | RuntimeException e) {
                boolean stopped = e instanceof Cli.Failure f && f.exitCode == Cli.INTERRUPTED;
                if (stopped || Thread.currentThread().isInterrupted()) {
                    throw e;
                }
                progress.failed(image.entry.text(), Cli.describe(e));
                failed(image.entry, e);
            } finally {
                try {
                    discard(work);
                } finally {
                    schedule.ended(image.blobs, success);
                }
            }
        }
        return null;
    }

    /** What is left is removed with the folder that it is in. */
    private static void discard(Path work) {
        try {
            if (work != null) {
                FileTree.delete(work);
            }
        } catch (IOException | UncheckedIOException e) {
            Cli.warn(Cli.describe(e));
        }
    }

    private void loadTarball(Image image, Path work) throws IOException, InterruptedException {
        OciLayout unpacked = OciLayout.at(work.resolve("set"), work.resolve("blobs"));
        Descriptor found = asListed(image.entry, LegacyTarball.unpack(tarball(image.entry), unpacked));
        Set<Digest> blobs = digests(unpacked.reach(found));
        schedule.begin(blobs);
        boolean success = false;
        try {
            load(image, found, unpacked, work);
            success = true;
        } finally {
            schedule.ended(blobs, success);
        }
    }

    /** Gives skopeo a layout of one image: one of several it would find by name only if the manifest is OCI-typed. */
    private void load(Image image, Descriptor stored, OciLayout layout, Path work) throws IOException {
        Path view = Files.createDirectory(work.resolve("view"));
        Files.writeString(view.resolve("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}\n");
        ObjectNode index = Json.object().put("schemaVersion", 2);
        index.putArray("manifests").add(stored.json());
        Files.write(view.resolve("index.json"), Json.pretty(index));
        for (String reference : lacking(image.entry, stored)) {
            load(view, layout.blobs(), reference, work);
        }
    }

    private void load(Path view, Path blobs, String reference, Path work) throws IOException {
        for (Retry retry = new Retry(retries + 1, new Time());;) {
            try {
                storage.load(view, blobs, reference, work);
                return;
            } catch (Cli.Failure e) {
                if (e.exitCode != Cli.FAILED || !retry.again()) {
                    throw e;
                }
                Cli.warn(reference + ": " + e.getMessage() + "; trying again");
            }
        }
    }

    private void failed(ImageList.Entry entry, Exception e) {
        outcome.failed.put(entry.text(), Cli.describe(e));
        System.err.println("error: " + entry.text() + ": " + Cli.describe(e));
    }
}
