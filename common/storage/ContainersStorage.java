package common.storage;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/Proc.java

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;
import common.cli.Proc;

/**
 * An image store. Only what podman 4.3 and skopeo 1.9 know is used.
 *
 * @param root the graphroot of an overlay store; null: the one that podman, CRI-O and skopeo share on this host, as
 *         {@code CONTAINERS_STORAGE_CONF}, else {@code /etc/containers/storage.conf}, and {@code STORAGE_OPTS} name it,
 *         with its additional image stores
 * @param runRoot the runroot that goes with the graphroot: at most 50 characters, or podman 4 refuses it
 * @param additional the root of an additional image store for this graphroot, or null
 * @param temp where blobs are kept while they are unpacked
 */
public record ContainersStorage(Path root, Path runRoot, Path additional, Path temp) {
    private static final Pattern FATAL = Pattern.compile("level=fatal msg=\"(.*)\"");

    /** The host's; big temporary files go where skopeo and podman, too, keep them. */
    public static ContainersStorage ofHost() {
        return new ContainersStorage(null, null, null, Path.of(System.getenv().getOrDefault("TMPDIR", "/var/tmp")));
    }

    /**
     * Under which references the store's images answer, asked once for all: {@code REPOSITORY:TAG},
     * {@code REPOSITORY@DIGEST}, and {@code REPOSITORY:TAG@DIGEST} to tell which image has the tag. DIGEST is the
     * digest of the image's manifest, or of a manifest list that it was loaded by.
     */
    public Set<String> references() {
        return references(images());
    }

    /** The same without those of both tag and digest. */
    public Set<String> names() {
        Set<String> names = new HashSet<>();
        for (JsonNode image : images()) {
            image.path("Names").forEach(name -> names.add(name.asText()));
            image.path("RepoDigests").forEach(name -> names.add(name.asText()));
        }
        return names;
    }

    private JsonNode images() {
        List<String> argv = new ArrayList<>(List.of("podman"));
        if (root != null) {
            argv.addAll(List.of("--root", root.toString(), "--runroot", runRoot.toString()));
            argv.addAll(List.of("--storage-driver", "overlay"));
        }
        if (additional != null) {
            argv.addAll(List.of("--storage-opt", imageStore()));
        }
        argv.addAll(List.of("images", "--format", "json"));
        Proc podman = on(Proc.of(argv));
        return Json.parse(podman.check().getBytes(StandardCharsets.UTF_8), podman.shown());
    }

    private String imageStore() {
        return "overlay.imagestore=" + additional;
    }

    /** The references in what {@code podman images --format json} prints. */
    static Set<String> references(JsonNode images) {
        Set<String> references = new HashSet<>();
        for (JsonNode image : images) {
            image.path("Names").forEach(name -> references.add(name.asText()));
            for (JsonNode repoDigest : image.path("RepoDigests")) {
                references.add(repoDigest.asText());
                String digest = repoDigest.asText().replaceFirst(".*@", "@");
                image.path("Names").forEach(name -> references.add(name.asText() + digest));
            }
        }
        return references;
    }

    /**
     * The argv that copies the one image of an OCI layout into the store.
     *
     * @param blobs the folder that has sha256/HEX
     * @param temp where skopeo keeps blobs while it unpacks them; its default is /var/tmp, TMPDIR it ignores
     * @param policy whether the host has a policy.json, which then decides; without one skopeo copies nothing
     */
    List<String> copy(Path view, Path blobs, String reference, Path temp, boolean policy) {
        List<String> argv = new ArrayList<>(List.of("skopeo", "--tmpdir", temp.toString()));
        if (!policy) {
            argv.add("--insecure-policy");
        }
        argv.addAll(List.of("copy", "--quiet", "--src-shared-blob-dir", blobs.toString(), "oci:" + view,
                "containers-storage:" + store() + reference));
        return argv;
    }

    /** Names the store inside a reference (containers-transports(5)); the host's needs no name. */
    private String store() {
        String options = additional == null ? "" : ":" + imageStore();
        return root == null ? "" : "[overlay@" + root + "+" + runRoot + options + "]";
    }

    /** What the host's configuration says of its own store does not hold for another one. */
    private Proc on(Proc program) {
        return root == null ? program : program.env("STORAGE_OPTS", "").env("STORAGE_DRIVER", "");
    }

    /**
     * Runs {@link #copy}; skopeo checks every blob that it reads against its digest.
     *
     * @throws Cli.Failure with skopeo's reason
     */
    public void load(Path view, Path blobs, String reference, Path temp) {
        boolean policy = Stream.of(Path.of("/etc"), Path.of(System.getProperty("user.home"), ".config"))
                .anyMatch(f -> Files.exists(f.resolve("containers/policy.json")));
        // skopeo's garbage collector, four times as rare as by default: a seventh of its time for some 30 MB a process
        Proc skopeo = on(Proc.of(copy(view, blobs, reference, temp, policy))).env("GOGC", "400");
        Proc.Result result = skopeo.run();
        if (!result.ok()) {
            Matcher fatal = FATAL.matcher(result.reason());
            throw new Cli.Failure(fatal.find() ? fatal.group(1).replace("\\\"", "\"") : "skopeo: " + result.reason());
        }
    }
}
