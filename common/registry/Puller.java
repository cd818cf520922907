package common.registry;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/Parallel.java
//SOURCES ../cli/Progress.java
//SOURCES ../http/Download.java
//SOURCES ../http/Http.java
//SOURCES ../http/Retry.java
//SOURCES ../oci/Descriptor.java
//SOURCES ../oci/Digest.java
//SOURCES ../oci/ImageList.java
//SOURCES ../oci/Loadable.java
//SOURCES ../oci/Manifest.java
//SOURCES ../oci/OciLayout.java
//SOURCES ../oci/RegistriesConf.java
//SOURCES ImageNames.java
//SOURCES Registry.java
//SOURCES RegistryRefusal.java

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;

import common.cli.Cli;
import common.cli.Parallel;
import common.cli.Progress;
import common.http.Download;
import common.http.Http;
import common.http.Retry;
import common.oci.Descriptor;
import common.oci.Digest;
import common.oci.ImageList;
import common.oci.Loadable;
import common.oci.Manifest;
import common.oci.OciLayout;
import common.oci.RegistriesConf;
import common.oci.RegistriesConf.Endpoint;

/**
 * Brings the images of a list into a layout: first every manifest, so that the whole plan is known, then every blob
 * that is not there yet, once, several at a time.
 *
 * @param platform {@code os/architecture[/variant]} to take of a manifest list; null for all
 * @param jobs how many connections at once
 */
public record Puller(Registry registry, RegistriesConf conf, OciLayout layout, String platform, int jobs) {

    /** One image with all it needs. {@code endpoints}: best first; {@code manifests}: the listed one first. */
    public record Image(ImageList.Entry entry, List<Endpoint> endpoints, List<Manifest> manifests) {
        Descriptor descriptor() {
            return manifests.get(0).descriptor().named(entry.text());
        }

        List<Descriptor> blobs() {
            return manifests.stream().flatMap(m -> m.blobs().stream()).toList();
        }
    }

    /** A blob to fetch and the images that need it. */
    private record Wanted(Descriptor blob, List<Image> by) {
        /** Addresses outside of registries that the manifests name for it. */
        List<String> urls() {
            return by.stream().flatMap(i -> i.manifests().stream()).filter(m -> !m.isList())
                    .flatMap(m -> m.urls(blob.digest()).stream()).distinct().toList();
        }

        /** As the manifests state it; -1 when they do not agree, so that a wrong one does not spoil the others. */
        long size() {
            boolean agreed = by.stream().flatMap(i -> i.blobs().stream()).filter(b -> b.digest().equals(blob.digest()))
                    .allMatch(b -> b.size() == blob.size());
            return agreed ? blob.size() : -1;
        }
    }

    /** What a pull will do; sizes in bytes. {@code failed}: reference -> why its manifest could not be had. */
    public record Plan(List<Image> images, Map<String, String> failed, long layers, long listedBytes, long uniqueBytes,
            long presentBytes, long fetchBytes) {
    }

    /** The images that are whole now; {@code failed}: reference -> reason, those of the plan included. */
    public record Outcome(List<Descriptor> whole, Map<String, String> failed) {
    }

    /** Asks for all manifests. An image that cannot be had does not stop the others. */
    public Plan plan(ImageList list) throws IOException {
        Map<String, Image> found = new LinkedHashMap<>();
        list.entries().forEach(e -> found.put(e.text(), null)); // the list's order, whoever answers first
        Map<String, String> failed = new TreeMap<>();
        Parallel.run(jobs, list.entries(), this::resolve, (entry, image) -> found.put(entry.text(), image),
                (entry, e) -> failed.put(entry.text(), Cli.describe(e)));
        List<Image> images = found.values().stream().filter(Objects::nonNull).toList();

        Map<Digest, Descriptor> unique = new LinkedHashMap<>();
        images.forEach(i -> i.blobs().forEach(b -> unique.put(b.digest(), b)));
        long layers = unique.size() - images.stream().flatMap(i -> i.manifests().stream()).filter(m -> !m.isList())
                .map(m -> m.blobs().get(0).digest()).distinct().count();
        long present = unique.values().stream().filter(layout::holds).mapToLong(Descriptor::size).sum();
        long partly = unique.values().stream().filter(b -> !layout.holds(b)).mapToLong(this::partialBytes).sum();
        long bytes = unique.values().stream().mapToLong(Descriptor::size).sum();
        return new Plan(images, failed, layers, images.stream().flatMap(i -> i.blobs().stream())
                .mapToLong(Descriptor::size).sum(), bytes, present + partly, bytes - present - partly);
    }

    /**
     * Fetches what the plan lacks; an image that cannot be had does not stop the others. Throws
     * {@link FileSystemException} when our own disk fails (full, say): whole and partial blobs stay.
     *
     * @param brief whether a line about an image has the name that people use, not the whole reference
     */
    public Outcome fetch(Plan plan, boolean brief) throws IOException {
        Map<String, String> failed = new TreeMap<>(plan.failed);
        layout.createFolders();
        Map<Digest, Wanted> wanted = new LinkedHashMap<>();
        for (Image image : plan.images) {
            for (Descriptor blob : image.blobs()) {
                if (!layout.holds(blob)) {
                    wanted.computeIfAbsent(blob.digest(), d -> new Wanted(blob, new ArrayList<>())).by.add(image);
                }
            }
        }
        Map<Image, Set<Digest>> lacking = new IdentityHashMap<>();
        wanted.forEach((digest, w) -> w.by.forEach(i -> lacking.computeIfAbsent(i, x -> new HashSet<>()).add(digest)));
        Map<Digest, String> lost = new HashMap<>();
        List<Descriptor> whole = new ArrayList<>();
        ImageNames names = brief ? new ImageNames(layout) : null;
        // the largest first, so that no single one is left to be waited for at the end
        List<Wanted> order = wanted.values().stream()
                .sorted(Comparator.comparingLong((Wanted w) -> w.blob.size()).reversed()).toList();
        // before all others what names them
        Map<Boolean, List<Wanted>> rounds = order.stream().collect(Collectors.partitioningBy(w -> brief
                && w.by.stream().anyMatch(i -> ImageNames.isRelease(i.entry.text()))));
        try (Progress progress = Progress.start("Pulling", plan.images.size(), plan.fetchBytes)) {
            for (Image image : plan.images) {
                if (!lacking.containsKey(image)) {
                    keep(image, whole, plan, names, progress);
                }
            }
            lacking.keySet().forEach(image -> progress.begin(image.entry.text()));
            for (boolean release : List.of(true, false)) {
                Parallel.run(jobs, rounds.get(release), w -> fetch(w, progress), (w, digest) -> {
                    for (Image image : w.by) {
                        lacking.get(image).remove(digest);
                        if (lacking.get(image).isEmpty() && image.blobs().stream().allMatch(layout::holds)) {
                            keep(image, whole, plan, names, progress);
                        }
                    }
                }, (w, e) -> lost.put(w.blob.digest(), Cli.describe(e)));
            }
        }
        for (Image image : lacking.keySet()) {
            image.blobs().stream().filter(b -> !layout.holds(b)).findFirst().ifPresent(b -> failed.put(
                    image.entry.text(), lost.getOrDefault(b.digest(),
                            b.digest() + " is not of the " + b.size() + " bytes its manifest states")));
        }
        return new Outcome(whole, failed);
    }

    private void keep(Image image, List<Descriptor> whole, Plan plan, ImageNames names, Progress progress)
            throws IOException {
        for (Manifest manifest : image.manifests) {
            if (stored(manifest.descriptor().digest()) == null) {
                Files.deleteIfExists(layout.blob(manifest.descriptor().digest())); // damaged, perhaps at its right size
                layout.put(manifest);
            }
        }
        whole.add(image.descriptor());
        if (names != null) {
            image.manifests.forEach(m -> names.learn(image.entry.text(), m.descriptor()));
        }
        progress.end(image.entry.text());
        progress.line("Pulled " + (names == null ? image.entry.text() : names.of(image.entry)) + " [" + whole.size() + "/"
                + plan.images.size() + "]");
    }

    private Image resolve(ImageList.Entry entry) throws IOException {
        List<Endpoint> endpoints = registry.workingFirst(
                conf.endpoints(entry.repository(), entry.reference().digest() != null));
        String wanted = entry.reference().tagOrDigest();
        Map<Endpoint, String> reasons = new LinkedHashMap<>();
        Set<Endpoint> asked = new LinkedHashSet<>(endpoints);
        Retry retry = new Retry();
        do { // all of them before any is asked again: where one is down, another may be up
            for (Endpoint at : List.copyOf(asked)) {
                try {
                    List<Manifest> manifests = new ArrayList<>();
                    collect(at, wanted, manifests);
                    warnOfUnloadable(entry, manifests);
                    List<Endpoint> fromHere = new ArrayList<>(endpoints);
                    Collections.rotate(fromHere, -endpoints.indexOf(at));
                    return new Image(entry, fromHere, manifests);
                } catch (IOException | Cli.Failure e) {
                    reasons.put(at, explain(e, at));
                    if (!(e instanceof IOException io) || e instanceof RegistryRefusal || !Retry.isPassing(io)) {
                        asked.remove(at);
                    }
                }
            }
        } while (!asked.isEmpty() && retry.again());
        throw new IOException(String.join("; ", reasons.values()));
    }

    private static void warnOfUnloadable(ImageList.Entry entry, List<Manifest> manifests) {
        if (!entry.whole()) {
            Loadable.image(entry, manifests).forEach(why -> Cli.warn(entry.text() + " is pulled and no node loads it: " + why));
        }
    }

    private Manifest collect(Endpoint at, String tagOrDigest, List<Manifest> manifests) throws IOException {
        Manifest manifest = tagOrDigest.startsWith("sha256:") ? stored(Digest.parse(tagOrDigest)) : null;
        if (manifest == null) {
            manifest = registry.manifest(at, tagOrDigest);
        }
        manifests.add(manifest);
        List<Descriptor> children = manifest.isList() ? manifest.on(platform, at + " " + tagOrDigest) : List.of();
        for (Descriptor child : children) {
            Manifest found = collect(at, child.digest().toString(), manifests);
            if (found.descriptor().size() != child.size()) {
                throw new Cli.Failure(at + ": " + child.digest() + " has " + found.descriptor().size()
                        + " bytes, its list states " + child.size());
            }
        }
        return manifest;
    }

    /** The manifest, if it is here with the bytes that its name says. */
    private Manifest stored(Digest digest) {
        try {
            return Files.exists(layout.blob(digest)) ? layout.manifest(digest) : null;
        } catch (Cli.Failure | UncheckedIOException damaged) {
            return null; // or unreadable: fetched again
        }
    }

    private Digest fetch(Wanted wanted, Progress progress) throws IOException {
        Digest digest = wanted.blob.digest();
        Download download = new Download(layout.partial(digest), layout.blob(digest), wanted.size(), digest);
        long[] counted = {-partialBytes(wanted.blob)}; // the plan counts these as here
        List<String> reasons = new ArrayList<>();
        LongConsumer count = n -> {
            counted[0] += n;
            progress.advance(counted[0]);
            counted[0] = 0;
        };
        for (Endpoint at : registry.workingFirst(wanted.by.stream().flatMap(i -> i.endpoints.stream()).distinct().toList())) {
            try {
                return download.from(registry.blob(at, digest), count);
            } catch (FileSystemException e) {
                throw e; // our own disk
            } catch (IOException | Cli.Failure e) {
                reasons.add(e instanceof RegistryRefusal ? e.getMessage() : at + " " + digest + ": " + explain(e, at));
            }
        }
        for (String url : wanted.urls()) { // the last resort
            try {
                return download.from(registry.elsewhere(url), count);
            } catch (FileSystemException e) {
                throw e;
            } catch (IOException e) {
                reasons.add(Http.explain(e, url.replaceFirst("^https?://([^/]+).*", "$1")));
            }
        }
        throw new IOException(String.join("; ", reasons));
    }

    private static String explain(Exception e, Endpoint at) {
        return e instanceof IOException io ? Http.explain(io, at.host()) : Cli.describe(e);
    }

    private long partialBytes(Descriptor blob) {
        try {
            return Math.min(Files.size(layout.partial(blob.digest())), blob.size());
        } catch (IOException e) {
            return 0;
        }
    }
}
