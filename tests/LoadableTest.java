//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/oci/Descriptor.java
//SOURCES ../common/oci/Digest.java
//SOURCES ../common/oci/Manifest.java
//SOURCES ../common/oci/OciLayout.java
//SOURCES PackedLayer.java
//SOURCES ScriptRun.java
//SOURCES StagedDisk.java
//SOURCES TestTar.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.Json;
import common.cli.Proc;
import common.oci.Descriptor;
import common.oci.Digest;
import common.oci.Manifest;
import common.oci.OciLayout;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

@Tag("extract")
@DisplayName("verify calls an image whole that this host's skopeo loads, and no other:")
class LoadableTest {
    private static final String CONFIG = "application/vnd.oci.image.config.v1+json";
    private static final String DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json";
    private static final String LAYER = "application/vnd.oci.image.layer.v1.tar+gzip";
    private static final String DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip";
    private static final byte[] FILE = TestTar.of(TestTar.file("file", "content", 0644));
    @TempDir
    Path temp;
    private int made;
    private Path root;

    /** One image as its bytes: what {@link #layer} and the others put there, and the manifest on top. */
    private final class Image {
        final Path blobs;
        final ObjectNode manifest = Json.object().put("schemaVersion", 2);
        final String set = "images-" + ++made;

        Image(boolean docker) throws IOException {
            root = Files.createDirectories(temp.resolve("case-" + made + "/container-images"));
            blobs = Files.createDirectories(root.resolve("blobs/sha256"));
            manifest.put("mediaType", docker ? Manifest.DOCKER : Manifest.OCI);
            config("{\"architecture\":\"amd64\",\"os\":\"linux\",\"n\":" + made + ",\"rootfs\":{\"type\":\"layers\","
                    + "\"diff_ids\":[\"" + Digest.of(FILE) + "\"]}}", docker ? DOCKER_CONFIG : CONFIG);
            layer(PackedLayer.gzip(FILE), docker ? DOCKER_LAYER : LAYER);
        }

        Image config(String json, String type) {
            manifest.set("config", descriptor(json.getBytes(), type));
            return this;
        }

        Image tar(byte[]... tars) {
            StringBuilder ids = new StringBuilder();
            manifest.putArray("layers");
            for (byte[] tar : tars) {
                ids.append(ids.isEmpty() ? "\"" : ",\"").append(Digest.of(tar)).append('"');
                manifest.withArray("layers").add(descriptor(PackedLayer.gzip(tar), LAYER));
            }
            return config("{\"architecture\":\"amd64\",\"os\":\"linux\",\"n\":" + made + ",\"rootfs\":{\"type\":\"layers\","
                    + "\"diff_ids\":[" + ids + "]}}", CONFIG);
        }

        Image layer(byte[] bytes, String type) {
            manifest.putArray("layers").add(descriptor(bytes, type));
            return this;
        }

        Image on(Consumer<ObjectNode> change) {
            change.accept(manifest);
            return this;
        }

        ObjectNode descriptor(byte[] bytes, String type) {
            try {
                Files.write(blobs.resolve(Digest.of(bytes).hex()), bytes);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return Json.object().put("mediaType", type).put("size", bytes.length).put("digest", Digest.of(bytes).toString());
        }

        ObjectNode entry(String platform) {
            ObjectNode entry = descriptor(Json.pretty(manifest), manifest.get("mediaType").asText());
            if (platform != null) {
                String[] parts = platform.split("/");
                entry.putObject("platform").put("os", parts[0]).put("architecture", parts[1]);
                if (parts.length > 2) {
                    entry.withObject("/platform").put("variant", parts[2]);
                }
            }
            return entry;
        }

        /** This image becomes a list of these. */
        Image list(String type, ObjectNode... entries) {
            manifest.removeAll();
            manifest.put("schemaVersion", 2).put("mediaType", type);
            Arrays.asList(entries).forEach(manifest.putArray("manifests")::add);
            return this;
        }

        /** Whether verify --deep finds it whole, and whether skopeo loads it. */
        void check(String reference) throws IOException {
            OciLayout layout = OciLayout.at(root.resolve(set), null);
            layout.createFolders();
            byte[] bytes = Json.pretty(manifest);
            descriptor(bytes, "");
            String name = reference + ":v1";
            layout.commit(List.of(new Descriptor(manifest.get("mediaType").asText(), Digest.of(bytes), bytes.length, null,
                    name)));
            Files.writeString(layout.folder().resolve("images.txt"), name + "\n");
            Path store = temp.resolve("store-" + made);
            Proc.Result skopeo = Proc.of("skopeo", "--insecure-policy", "copy", "--quiet", "--src-shared-blob-dir",
                    root.resolve("blobs").toString(), "oci:" + layout.folder(), "containers-storage:[overlay@" + store
                    + "+" + store + "-run]" + name).env("STORAGE_OPTS", "").env("STORAGE_DRIVER", "").run();
            Proc.of("umount", store.resolve("overlay").toString()).run();
            ScriptRun verify = StagedDisk.verify(root, "--deep");
            assertEquals(skopeo.ok() ? Cli.DONE : Cli.FAILED, verify.exit(),
                    "skopeo: " + (skopeo.ok() ? "loads it" : skopeo.reason()) + "\nverify: " + verify);
        }
    }

    private interface Case {
        Image made() throws IOException;
    }

    private static TestTar.Entry hardLink(String name, String target) {
        return TestTar.special(name, TarConstants.LF_LINK, target);
    }

    private List<DynamicTest> tests(String reference, Map<String, Case> cases) {
        List<DynamicTest> tests = new ArrayList<>();
        cases.forEach((name, made) -> tests.add(dynamicTest(name, () -> made.made().check(reference))));
        return tests;
    }

    @TestFactory
    @DisplayName("manifests")
    List<DynamicTest> manifests() {
        String foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
        Map<String, Case> cases = new LinkedHashMap<>();
        cases.put("an OCI image", () -> new Image(false));
        cases.put("a Docker image", () -> new Image(true));
        cases.put("a Docker manifest with a zstd layer", () -> new Image(true)
                .layer(PackedLayer.gzip(FILE), "application/vnd.docker.image.rootfs.diff.tar.zstd"));
        cases.put("a Docker manifest with a layer of no type", () -> new Image(true).layer(PackedLayer.gzip(FILE), ""));
        cases.put("an OCI manifest with a layer of an unknown type", () -> new Image(false)
                .layer(PackedLayer.gzip(FILE), "application/octet-stream"));
        cases.put("a Docker layer that is foreign, without urls", () -> new Image(true).layer(PackedLayer.gzip(FILE), foreign));
        cases.put("an OCI layer with urls", () -> new Image(false).on(m -> ((ObjectNode) m.at("/layers/0"))
                .putArray("urls").add("http://127.0.0.1:9/none")));
        cases.put("a Docker layer with urls", () -> new Image(true).on(m -> ((ObjectNode) m.at("/layers/0"))
                .putArray("urls").add("http://127.0.0.1:9/none")));
        cases.put("a layer with an empty list of urls", () -> new Image(false).on(m -> ((ObjectNode) m.at("/layers/0"))
                .putArray("urls")));
        cases.put("a helm chart", () -> new Image(false).config("{\"name\":\"x\"}",
                "application/vnd.cncf.helm.config.v1+json"));
        cases.put("an OCI manifest with a Docker configuration", () -> new Image(false).on(m ->
                ((ObjectNode) m.get("config")).put("mediaType", DOCKER_CONFIG)));
        cases.put("an empty artifact", () -> new Image(false).config("{}", "application/vnd.oci.empty.v1+json"));
        cases.put("a configuration that is not JSON", () -> new Image(false).config("not JSON", CONFIG));
        cases.put("a configuration of 5 MiB", () -> new Image(false).config("{\"x\":\"" + "y".repeat(5 << 20)
                + "\",\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\""
                + Digest.of(FILE) + "\"]}}", CONFIG));
        return tests("quay.io/org/image", cases);
    }

    @TestFactory
    @DisplayName("layers")
    List<DynamicTest> layers() {
        byte[] folder = TestTar.of(TestTar.special("d/", TarConstants.LF_DIR, ""));
        byte[] oldSparse = TestTar.of(TestTar.special("sparse", TarConstants.LF_GNUTYPE_SPARSE, ""));
        Map<String, Case> cases = new LinkedHashMap<>();
        cases.put("zeros behind the gzip stream", () -> new Image(false)
                .layer(PackedLayer.joined(PackedLayer.gzip(FILE), new byte[512]), LAYER));
        cases.put("something behind the gzip stream", () -> new Image(false)
                .layer(PackedLayer.joined(PackedLayer.gzip(FILE), "garbage".getBytes()), LAYER));
        cases.put("two gzip members", () -> new Image(false).layer(PackedLayer.joined(PackedLayer.gzip(Arrays.copyOf(FILE, 100)),
                PackedLayer.gzip(Arrays.copyOfRange(FILE, 100, FILE.length))), LAYER));
        cases.put("a gzip stream that is cut", () -> new Image(false)
                .layer(Arrays.copyOf(PackedLayer.gzip(FILE), PackedLayer.gzip(FILE).length - 8), LAYER));
        cases.put("a tar that is not compressed", () -> new Image(false).layer(FILE, LAYER));
        cases.put("no tar", () -> new Image(false).tar("hello world ".repeat(100).getBytes()));
        cases.put("an empty layer", () -> new Image(false).tar(new byte[0]));
        cases.put("a path twice", () -> new Image(false).tar(TestTar.of(TestTar.file("f", "1", 0644),
                TestTar.file("f", "2", 0644))));
        cases.put("a path twice, written otherwise", () -> new Image(false).tar(TestTar.of(TestTar.file("f", "1", 0644),
                TestTar.file("./f", "2", 0644))));
        cases.put("a hard link within the layer", () -> new Image(false).tar(TestTar.of(TestTar.file("f", "1", 0644),
                hardLink("g", "f"))));
        cases.put("a hard link to what comes later", () -> new Image(false).tar(TestTar.of(hardLink("g", "f"),
                TestTar.file("f", "1", 0644))));
        cases.put("a hard link into a lower layer", () -> new Image(false).tar(FILE, TestTar.of(hardLink("link", "file"))));
        cases.put("a file below a link into a lower layer", () -> new Image(false).tar(folder,
                TestTar.of(TestTar.link("s", "d"), TestTar.file("s/x", "1", 0644))));
        cases.put("a link that leads out, and nothing below it", () -> new Image(false).tar(
                TestTar.of(TestTar.link("s", "/etc"))));
        cases.put("a sparse file as old GNU tar writes it", () -> new Image(false).tar(oldSparse));
        cases.put("an entry of an unknown type", () -> new Image(false).tar(
                TestTar.of(TestTar.special("z", (byte) 'Z', ""))));
        cases.put("a pipe", () -> new Image(false).tar(TestTar.of(TestTar.special("p", TarConstants.LF_FIFO, ""))));
        cases.put("a tar that is cut", () -> new Image(false).tar(Arrays.copyOf(TestTar.of(
                TestTar.file("f", "x".repeat(9000), 0644)), 5000)));
        cases.put("a tar without its end", () -> new Image(false).tar(Arrays.copyOf(FILE, 1024)));
        cases.put("a header that is none", () -> {
            byte[] tar = FILE.clone();
            tar[101] ^= 1;
            return new Image(false).tar(tar);
        });
        return tests("quay.io/org/image", cases);
    }

    @TestFactory
    @DisplayName("compressions")
    List<DynamicTest> compressions() {
        Map<String, Case> cases = new LinkedHashMap<>();
        byte[] random = new byte[200_000]; // many blocks, and nothing that a short read could make up
        new Random(1).nextBytes(random);
        byte[] tar = TestTar.of(TestTar.file("file", new String(random, StandardCharsets.ISO_8859_1), 0644));
        for (String program : List.of("gzip", "zstd", "xz", "bzip2")) {
            PackedLayer.wholeAndNot(temp, program, tar).forEach((how, bytes) -> cases.put(program + " " + how,
                    () -> new Image(false).tar(tar).layer(bytes, LAYER)));
        }
        return tests("quay.io/org/image", cases);
    }

    @TestFactory
    @DisplayName("names")
    List<DynamicTest> names() {
        List<DynamicTest> tests = new ArrayList<>();
        for (int length : new int[] {255, 256}) {
            String path = "quay.io/" + "a".repeat(100) + "/" + "b".repeat(100) + "/";
            String name = path + "c".repeat(length - path.length());
            tests.addAll(tests(name, Map.of("of " + length + " characters", () -> new Image(false))));
        }
        return tests;
    }

    @TestFactory
    @DisplayName("20 kinds of index: what is staged of it is what skopeo chooses")
    List<DynamicTest> indexes() {
        String index = Manifest.OCI_INDEX;
        String list = Manifest.DOCKER_LIST;
        Map<String, List<String>> kinds = new LinkedHashMap<>();
        kinds.put("one", List.of(index, "linux/amd64"));
        kinds.put("Docker's", List.of(list, "linux/amd64"));
        kinds.put("another first", List.of(index, "linux/arm64", "linux/amd64"));
        kinds.put("v3 first", List.of(index, "linux/amd64/v3", "linux/amd64"));
        kinds.put("v3 last", List.of(index, "linux/amd64", "linux/amd64/v3"));
        kinds.put("v3 first, Docker's", List.of(list, "linux/amd64/v3", "linux/amd64"));
        kinds.put("only variants", List.of(index, "linux/amd64/v2", "linux/amd64/v3"));
        kinds.put("only variants, Docker's", List.of(list, "linux/amd64/v2", "linux/amd64/v3"));
        kinds.put("a variant by mistake", List.of(index, "linux/amd64/v8"));
        kinds.put("two equal ones", List.of(index, "linux/amd64", "linux/amd64"));
        kinds.put("no platform", List.of(index, ""));
        kinds.put("no platform, Docker's", List.of(list, ""));
        kinds.put("no platform first", List.of(index, "", "linux/amd64"));
        kinds.put("no platform last", List.of(index, "linux/arm64", ""));
        kinds.put("two without a platform", List.of(index, "", ""));
        kinds.put("no platform beside variants", List.of(index, "linux/amd64/v3", ""));
        kinds.put("another system first", List.of(index, "windows/amd64", "linux/amd64"));
        kinds.put("another system only", List.of(index, "windows/amd64"));
        kinds.put("unknown first", List.of(index, "unknown/unknown", "linux/amd64"));
        kinds.put("none", List.of(index));
        List<DynamicTest> tests = new ArrayList<>();
        kinds.forEach((name, kind) -> tests.add(dynamicTest(name, () -> index(kind))));
        return tests;
    }

    private void index(List<String> kind) throws IOException {
        List<ObjectNode> entries = new ArrayList<>();
        Map<Digest, Digest> configs = new LinkedHashMap<>();
        Image last = new Image(false);
        Path blobs = last.blobs;
        for (String platform : kind.subList(1, kind.size())) {
            Image image = new Image(false);
            ObjectNode entry = image.entry(platform.isEmpty() ? null : platform);
            entries.add(entry);
            configs.put(Digest.parse(entry.get("digest").asText()),
                    Digest.parse(image.manifest.at("/config/digest").asText()));
            Proc.of("cp", "-rT", image.blobs.toString(), blobs.toString()).check();
        }
        byte[] bytes = Json.pretty(last.list(kind.get(0), entries.toArray(ObjectNode[]::new)).manifest);
        Path view = Files.createDirectories(temp.resolve("view-" + made));
        OciLayout layout = OciLayout.at(view, blobs.getParent());
        last.descriptor(bytes, "");
        Files.createDirectories(blobs.resolve(".partial"));
        layout.commit(List.of(new Descriptor(kind.get(0), Digest.of(bytes), bytes.length, null, "quay.io/org/a:1")));
        Path copy = temp.resolve("copy-" + made);
        Proc.Result skopeo = Proc.of("skopeo", "--insecure-policy", "--override-arch", "amd64", "--override-os", "linux",
                "copy", "--quiet", "--src-shared-blob-dir", blobs.getParent().toString(), "oci:" + view,
                "dir:" + copy).run();
        List<String> ours = new ArrayList<>();
        try {
            Manifest.parse(bytes, "index").on("linux/amd64", "index").forEach(d -> ours.add(configs.get(d.digest()).hex()));
        } catch (Cli.Failure none) {
            // nothing fits
        }
        List<String> theirs = skopeo.ok() ? List.of(Json.read(copy.resolve("manifest.json")).at("/config/digest").asText()
                .replace("sha256:", "")) : List.of();
        assertEquals(theirs, ours, skopeo.err());
    }
}
