package common.release;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../oci/Digest.java
//SOURCES ../oci/ImageList.java
//SOURCES ../registry/RegistryOptions.java
//SOURCES ../registry/RemoteImageReader.java
//SOURCES ReleaseModel.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;
import common.oci.Digest;
import common.oci.ImageList;
import common.registry.RegistryOptions;
import common.registry.RemoteImageReader;

/**
 * An OpenShift release image and the payload that its {@code release-manifests/image-references} names: an ImageStream
 * (image.openshift.io/v1) whose {@code metadata.name} is the version and whose {@code spec.tags} have a {@code name}
 * and a {@code from.name}, the reference by digest.
 *
 * @param pinned the release image by digest
 * @param tag its tag, when it was asked for by one
 * @param version e.g. {@code 4.10.3}
 * @param payload tag name, e.g. {@code etcd} -> reference
 */
public record ReleaseImage(String pinned, Optional<String> tag, String version, SortedMap<String, String> payload) {
    public static final String REPOSITORY = "quay.io/openshift-release-dev/ocp-release";
    private static final String REFERENCES = "release-manifests/image-references";
    private static final int MAX_BYTES = 8 << 20; // those of 4.x have 60 to 150 kB
    private static final Pattern VERSION = Pattern.compile("\\d+\\.\\d+\\.\\d+[\\w.+-]*");
    private static final Pattern BY_DIGEST = Pattern.compile("[^\\s@]+@sha256:[0-9a-f]{64}");

    /**
     * Reads a release. Throws {@link Cli.Failure} when there is no such release, the image is none, or is of another
     * version than asked for.
     *
     * @param release a version, or the release image by tag or digest
     * @param arch as in the release's tag: x86_64, aarch64, ppc64le, s390x, multi
     */
    public static ReleaseImage read(RegistryOptions from, String release, String arch) throws IOException {
        boolean version = isVersion(release);
        String reference = version ? REPOSITORY + ":" + release + "-" + arch : release;
        RemoteImageReader image;
        try {
            image = RemoteImageReader.of(from.registry(), from.conf(), reference, platform(arch));
        } catch (IOException e) {
            throw new Cli.Failure(Cli.FAILED, "no release image, tried " + Cli.describe(e), e);
        }
        byte[] json = image.read(REFERENCES, MAX_BYTES).orElseThrow(() -> new Cli.Failure(
                reference + ": not a release image, it has no " + REFERENCES));
        ReleaseImage read = parse(json, image.pinned(), image.tag());
        if (version && !read.version.equals(release)) {
            throw new Cli.Failure(reference + ": the registry has release " + read.version + " under this tag");
        }
        return read;
    }

    public static boolean isVersion(String release) {
        return VERSION.matcher(release).matches();
    }

    /** The OCI platform of a release's architecture; of a multi-arch one any will do: they name one payload. */
    public static String platform(String arch) {
        return "linux/" + switch (arch) {
            case "x86_64", "multi" -> "amd64";
            case "aarch64" -> "arm64";
            default -> arch;
        };
    }

    private static ReleaseImage parse(byte[] json, String pinned, Optional<String> tag) {
        String where = pinned + " " + REFERENCES;
        JsonNode stream = Json.parse(json, where);
        String version = stream.path("metadata").path("name").asText();
        SortedMap<String, String> payload = new TreeMap<>();
        for (JsonNode t : stream.path("spec").path("tags")) {
            String name = t.path("name").asText();
            String reference = t.path("from").path("name").asText();
            if (!BY_DIGEST.matcher(reference).matches()) {
                throw new Cli.Failure(where + ": tag \"" + name + "\" names no image by digest: \"" + reference + "\"");
            }
            payload.put(name, reference);
        }
        if (!stream.path("kind").asText().equals("ImageStream") || payload.isEmpty() || !isVersion(version)) {
            throw new Cli.Failure(where + ": not the ImageStream of a release");
        }
        return new ReleaseImage(pinned, tag, version, payload);
    }

    public Digest digest() {
        return Digest.parse(pinned.substring(pinned.indexOf('@') + 1));
    }

    /** A file of regular expressions for tag names, one a line, with {@code #} comments (excludePrecachePatterns). */
    public static List<Pattern> patterns(Path file) throws IOException {
        List<Pattern> patterns = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            String pattern = line.replaceFirst("#.*", "").strip();
            try {
                patterns.addAll(pattern.isEmpty() ? List.of() : List.of(Pattern.compile(pattern)));
            } catch (PatternSyntaxException e) {
                throw new Cli.Failure(Cli.USAGE, file + ": not a regular expression: " + pattern, e);
            }
        }
        return patterns;
    }

    /** Without the payload whose tag name a pattern finds. */
    public ReleaseImage without(Collection<Pattern> tags) {
        return with(name -> tags.stream().noneMatch(p -> p.matcher(name).find()));
    }

    /** With this payload alone. Throws {@link Cli.Failure} on a name that the release does not have. */
    public ReleaseImage only(Collection<String> names) {
        names.stream().filter(n -> !payload.containsKey(n)).findFirst().ifPresent(n -> {
            List<String> near = payload.keySet().stream().filter(p -> p.contains(n) || n.contains(p)).limit(5).toList();
            throw new Cli.Failure(Cli.USAGE, "release " + version + " has no " + n + (near.isEmpty() ? "; --json shows "
                    + "all names" : "; it has " + String.join(", ", near)));
        });
        return with(names::contains);
    }

    /** With what the discovery stage needs; what a later release no longer has is named in a warning. */
    public ReleaseImage initial() {
        List<String> gone = new ArrayList<>(model().discovery());
        gone.removeAll(payload.keySet());
        if (!gone.isEmpty()) {
            Cli.warn("release " + version + " has no " + String.join(", ", gone));
        }
        return with(name -> model().discovery().contains(name) || model().discoveryIfThere().contains(name));
    }

    private ReleaseModel model() {
        return ReleaseModel.of(version);
    }

    private ReleaseImage with(Predicate<String> name) {
        SortedMap<String, String> kept = new TreeMap<>(payload);
        kept.keySet().removeIf(name.negate());
        return new ReleaseImage(pinned, tag, version, kept);
    }

    /** The payload and the release image itself, sorted, each once. */
    public SortedSet<String> references() {
        SortedSet<String> references = new TreeSet<>(payload.values());
        references.add(pinned);
        return references;
    }

    /** {@link #references} as lines of an image list, with a mark on those that no container runs from. */
    public SortedSet<String> listed() {
        SortedSet<String> lines = references();
        payload.forEach((name, reference) -> {
            if (model().isPulledWhole(name) && lines.remove(reference)) {
                lines.add(reference + " " + ImageList.WHOLE);
            }
        });
        return lines;
    }
}
