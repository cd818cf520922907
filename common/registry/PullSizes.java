package common.registry;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../oci/Digest.java
//SOURCES ../oci/ImageList.java
//SOURCES ../oci/OciLayout.java
//SOURCES Puller.java
//SOURCES RegistryOptions.java

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

import common.cli.Cli;
import common.oci.Digest;
import common.oci.ImageList;
import common.oci.OciLayout;

/**
 * What pulling a list takes, and what its exclusions save: bytes of unique configs and layers, from the manifests
 * alone. Images that share layers save less than their own sizes.
 */
public record PullSizes(long bytes, long savedBytes) {
    private static final int CONNECTIONS = 6;
    /** Nothing is here: only the plan is asked for. */
    private static final OciLayout NOWHERE = OciLayout.at(Path.of("/nonexistent/set"), null);

    /** Asks for all manifests. Throws {@link Cli.Failure} when one cannot be had. */
    public static PullSizes of(RegistryOptions registries, String platform, Collection<String> kept,
            Collection<String> excluded) throws IOException {
        TreeSet<String> all = new TreeSet<>(kept);
        all.addAll(excluded);
        Puller.Plan plan = new Puller(registries.registry(), registries.conf(), NOWHERE, platform, CONNECTIONS)
                .plan(new ImageList(Path.of("release"), all.stream().map(r -> ImageList.entry(r, "release")).toList()));
        plan.failed().forEach((reference, reason) -> {
            throw new Cli.Failure("--sizes: " + reference + ": " + reason);
        });
        long bytes = unique(plan.images().stream().filter(i -> kept.contains(i.entry().text())).toList());
        return new PullSizes(bytes, unique(plan.images()) - bytes);
    }

    private static long unique(List<Puller.Image> images) {
        Map<Digest, Long> sizes = new HashMap<>();
        images.forEach(image -> image.blobs().forEach(blob -> sizes.put(blob.digest(), blob.size())));
        return sizes.values().stream().mapToLong(Long::longValue).sum();
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%.1f MB to pull, %.1f MB saved by exclusions", bytes / 1e6,
                savedBytes / 1e6);
    }
}
