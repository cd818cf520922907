//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/oci/Digest.java
//SOURCES ../common/registry/Credentials.java
//SOURCES CorpusLayer.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.cloud.tools.jib.api.DescriptorDigest;
import com.google.cloud.tools.jib.api.RegistryException;
import com.google.cloud.tools.jib.blob.Blob;
import com.google.cloud.tools.jib.blob.Blobs;
import com.google.cloud.tools.jib.event.EventHandlers;
import com.google.cloud.tools.jib.http.FailoverHttpClient;
import com.google.cloud.tools.jib.image.json.BuildableManifestTemplate;
import com.google.cloud.tools.jib.image.json.OciManifestTemplate;
import com.google.cloud.tools.jib.image.json.V22ManifestListTemplate;
import com.google.cloud.tools.jib.image.json.V22ManifestTemplate;
import com.google.cloud.tools.jib.json.JsonTemplateMapper;
import com.google.cloud.tools.jib.registry.RegistryClient;

import common.cli.Cli;
import common.cli.Json;
import common.oci.Digest;

/**
 * An image corpus in the shape of an OpenShift release, the same on every run: three base layers that all images share,
 * one to three own layers each, a config of its own for each. Image {@link #OCI} has an OCI manifest, image
 * {@link #MULTI_ARCH} is a manifest list of amd64 and arm64, the others are Docker schema 2. Every image can run:
 * {@code /usr/bin/hello} prints {@link CorpusLayer#GREETING}.
 */
final class Corpus {
    static final int OCI = 4;
    static final int MULTI_ARCH = 5;
    private static final String ART = "quay.io/openshift-release-dev/ocp-v4.0-art-dev";
    /** A second word on a list line gives an image this name on the node; no registry has it. */
    static final String FURTHER_TAG = ART + ":also-by-tag";
    private static final List<String> TAGGED = List.of(
            "quay.io/openshift-release-dev/ocp-release:4.10.3-x86_64",
            "quay.io/edge-infrastructure/assisted-installer-agent:latest",
            "registry.redhat.io/rhai-tech-preview/assisted-installer-agent-rhel8:v1.0.0-89");
    /** Compressed bytes of the three base layers and the mean of an image's own layers, at scale 1. */
    private static final double[] BASES = {3_300_000, 1_900_000, 1_200_000};
    private static final double OWN = 3_010_000;

    private final int images;
    private final double scale;

    /**
     * What was pushed: list files, a registries.conf that maps the listed names to the registry, and the sizes of the
     * blobs (configs and layers, linux/amd64) by digest; {@code listedBytes} counts shared ones with every image.
     */
    record Published(Path initialList, Path ocpList, Path registriesConf, List<String> references,
            Map<String, Long> blobs, long listedBytes, long unpackedBytes) {
        long uniqueBytes() {
            return blobs.values().stream().mapToLong(Long::longValue).sum();
        }
    }

    private Corpus(int images, double scale) {
        this.images = images;
        this.scale = scale;
    }

    /** At least 6 images; 46 at scale 1 are 446 MB as listed, 158 MB unique, 400 MB unpacked. */
    static Corpus of(int images, double scale) {
        if (images <= MULTI_ARCH) {
            throw new Cli.Failure(Cli.USAGE, "a corpus has at least " + (MULTI_ARCH + 1) + " images");
        }
        return new Corpus(images, scale);
    }

    /** Pushes all images to the registry on this port of 127.0.0.1; lists and registries.conf go into the folder. */
    Published publish(int port, Path folder) throws IOException {
        ExecutorService workers = Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
        try {
            FailoverHttpClient http = new FailoverHttpClient(true, true, event -> { });
            return new Publisher("127.0.0.1:" + port, http, workers).publish(folder);
        } catch (InterruptedException e) {
            throw new Cli.Failure(Cli.INTERRUPTED, "interrupted while the corpus was made", e);
        } catch (ExecutionException e) {
            throw new Cli.Failure(Cli.FAILED, "corpus: " + Cli.describe(e.getCause()), e);
        } finally {
            workers.shutdownNow();
        }
    }

    private record Image(String listed, Map<String, Long> blobs, long unpackedBytes) {
    }

    private final class Publisher {
        private final String host;
        private final FailoverHttpClient http;
        private final ExecutorService workers;
        private final List<CorpusLayer> bases = new ArrayList<>();

        Publisher(String host, FailoverHttpClient http, ExecutorService workers) {
            this.host = host;
            this.http = http;
            this.workers = workers;
        }

        Published publish(Path folder) throws IOException, InterruptedException, ExecutionException {
            List<Callable<CorpusLayer>> baseTasks = new ArrayList<>();
            for (int i = 0; i < BASES.length; i++) {
                int seed = i;
                long bytes = (long) (BASES[i] * scale);
                baseTasks.add(() -> push(client(ART), CorpusLayer.of("base-" + seed, seed, bytes, null)));
            }
            for (Future<CorpusLayer> base : workers.invokeAll(baseTasks)) {
                bases.add(base.get());
            }
            List<Callable<Image>> tasks = new ArrayList<>();
            for (int i = 0; i < images; i++) {
                int number = i;
                tasks.add(() -> image(number));
            }
            List<Image> made = new ArrayList<>();
            for (Future<Image> task : workers.invokeAll(tasks)) {
                made.add(task.get());
            }
            return write(Files.createDirectories(folder), made);
        }

        private Image image(int number) throws IOException, RegistryException {
            String repository = number < TAGGED.size() ? TAGGED.get(number).replaceFirst(":[^:]*$", "") : ART;
            String tag = number < TAGGED.size() ? TAGGED.get(number).replaceFirst(".*:", "") : "image-" + number;
            RegistryClient client = client(repository);
            List<CorpusLayer> layers = new ArrayList<>(bases);
            layers.addAll(ownLayers(client, number));
            Map<String, Long> blobs = new LinkedHashMap<>();
            BuildableManifestTemplate manifest = manifest(client, number, "amd64", layers, blobs);
            String digest = client.pushManifest(manifest, tag).toString();
            if (number == MULTI_ARCH) {
                var arm64 = manifest(client, number, "arm64", bases, new LinkedHashMap<>());
                digest = pushList(client, tag, manifest, digest, arm64);
            }
            String listed = number < TAGGED.size() ? TAGGED.get(number)
                    : repository + "@" + digest + (number == TAGGED.size() ? FURTHER_TAG.replaceFirst(".*:", " ") : "");
            long unpacked = layers.stream().skip(bases.size()).mapToLong(CorpusLayer::unpackedBytes).sum();
            return new Image(listed, blobs, unpacked);
        }

        private List<CorpusLayer> ownLayers(RegistryClient client, int number) throws IOException, RegistryException {
            List<CorpusLayer> layers = new ArrayList<>();
            int count = 1 + number % 3;
            long bytes = (long) (OWN * scale * (0.4 + 1.2 * new SplittableRandom(number).nextDouble()) / count);
            for (int i = 0; i < count; i++) {
                String name = "image-" + number + "-" + i;
                layers.add(push(client, CorpusLayer.of(name, 1000L + 10 * number + i, bytes, "base-" + i)));
            }
            // not into ART again: while the registry rewrites a blob's link, other images see the blob missing
            for (CorpusLayer base : number < TAGGED.size() ? bases : List.<CorpusLayer>of()) {
                client.pushBlob(descriptor(base.digest()), blob(base.bytes()), Corpus.path(ART), sent -> { });
            }
            return layers;
        }

        private BuildableManifestTemplate manifest(RegistryClient client, int number, String architecture,
                List<CorpusLayer> layers, Map<String, Long> blobs) throws IOException, RegistryException {
            byte[] config = config(number, architecture, layers);
            Digest digest = Digest.of(config);
            client.pushBlob(descriptor(digest), blob(config), null, sent -> { });
            BuildableManifestTemplate manifest = number == OCI ? new OciManifestTemplate() : new V22ManifestTemplate();
            manifest.setContainerConfiguration(config.length, descriptor(digest));
            blobs.put(digest.toString(), (long) config.length);
            for (CorpusLayer layer : layers) {
                manifest.addLayer(layer.bytes().length, descriptor(layer.digest()));
                blobs.put(layer.digest().toString(), (long) layer.bytes().length);
            }
            return manifest;
        }

        private String pushList(RegistryClient client, String tag, BuildableManifestTemplate amd64, String amd64Digest,
                BuildableManifestTemplate arm64) throws IOException, RegistryException {
            V22ManifestListTemplate list = new V22ManifestListTemplate();
            list.addManifest(entry(amd64, amd64Digest, "amd64"));
            list.addManifest(entry(arm64, client.pushManifest(arm64, tag + "-arm64").toString(), "arm64"));
            return client.pushManifest(list, tag + "-list").toString();
        }

        private RegistryClient client(String repository) {
            return RegistryClient.factory(EventHandlers.NONE, host, path(repository), http).newRegistryClient();
        }

        private CorpusLayer push(RegistryClient client, CorpusLayer layer) throws IOException, RegistryException {
            client.pushBlob(descriptor(layer.digest()), blob(layer.bytes()), null, sent -> { });
            return layer;
        }

        private Published write(Path folder, List<Image> made) throws IOException {
            List<String> listed = made.stream().map(Image::listed).toList();
            int initial = Math.max(TAGGED.size() + 1, (int) Math.round(images / 4.0));
            Path initialList = Files.write(folder.resolve("initial-images.txt"), listed.subList(0, initial));
            Path ocpList = Files.write(folder.resolve("ocp-images.txt"), listed.subList(initial, images));
            Path conf = folder.resolve("registries.conf");
            Files.writeString(conf, location("quay.io") + location("registry.redhat.io"));
            Map<String, Long> blobs = new LinkedHashMap<>();
            made.forEach(i -> blobs.putAll(i.blobs()));
            return new Published(initialList, ocpList, conf, listed.stream().map(l -> l.split(" ")[0]).toList(), blobs,
                    made.stream().flatMap(i -> i.blobs().values().stream()).mapToLong(Long::longValue).sum(),
                    made.stream().mapToLong(Image::unpackedBytes).sum()
                            + bases.stream().mapToLong(CorpusLayer::unpackedBytes).sum());
        }

        private String location(String prefix) {
            return """
                    [[registry]]
                    prefix = "%s"
                    location = "%s"
                    insecure = true

                    """.formatted(prefix, host);
        }
    }

    /** The repository without its host. */
    private static String path(String repository) {
        return repository.substring(repository.indexOf('/') + 1);
    }

    private static V22ManifestListTemplate.ManifestDescriptorTemplate entry(BuildableManifestTemplate manifest,
            String digest, String architecture) throws IOException {
        var entry = new V22ManifestListTemplate.ManifestDescriptorTemplate();
        entry.setMediaType(manifest.getManifestMediaType());
        entry.setDigest(digest);
        entry.setSize(JsonTemplateMapper.toByteArray(manifest).length);
        entry.setPlatform(architecture, "linux");
        return entry;
    }

    /** An image configuration (OCI image specification, config.md); the label makes it one of its own. */
    private static byte[] config(int number, String architecture, List<CorpusLayer> layers) {
        ObjectNode config = Json.object().put("created", "2022-03-23T00:00:00Z").put("architecture", architecture)
                .put("os", "linux");
        ObjectNode run = config.putObject("config");
        run.putArray("Cmd").add("/usr/bin/hello");
        run.putObject("Labels").put("image", String.valueOf(number));
        ArrayNode diffIds = config.putObject("rootfs").put("type", "layers").putArray("diff_ids");
        ArrayNode history = config.putArray("history");
        for (CorpusLayer layer : layers) {
            diffIds.add(layer.diffId().toString());
            history.addObject().put("created", "2022-03-23T00:00:00Z").put("created_by", layer.name());
        }
        return Json.pretty(config);
    }

    private static Blob blob(byte[] bytes) {
        return Blobs.from(out -> out.write(bytes), true);
    }

    private static DescriptorDigest descriptor(Digest digest) {
        try {
            return DescriptorDigest.fromHash(digest.hex());
        } catch (DigestException e) {
            throw new AssertionError(e);
        }
    }
}
