//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/oci/Descriptor.java
//SOURCES ../common/oci/Digest.java
//SOURCES ../common/oci/Manifest.java
//SOURCES ../common/oci/OciLayout.java
//SOURCES ../lab/Corpus.java
//SOURCES PullLab.java
//SOURCES ScriptRun.java
//SOURCES Scripts.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;
import common.oci.Descriptor;
import common.oci.Digest;
import common.oci.Manifest;
import common.oci.OciLayout;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("Pulling sets from a real registry")
class PullTest {
    @TempDir
    static Path shared;
    private static PullLab lab;

    @TempDir
    Path root;

    @BeforeAll
    static void publish() throws IOException {
        lab = PullLab.start(shared);
    }

    @AfterAll
    static void stop() {
        lab.close();
    }

    private OciLayout layout(String folder) {
        return OciLayout.at(root.resolve(folder), null);
    }

    private static Digest multiArch() {
        return Digest.parse(lab.reference(Corpus.MULTI_ARCH).replaceFirst(".*@", ""));
    }

    /** The platforms of the multi-arch image that are on disk. */
    private List<String> platforms() {
        OciLayout set = layout(PullLab.OCP);
        return set.manifest(multiArch()).manifests().stream().filter(set::holds).map(Descriptor::platform).toList();
    }

    @Test
    @DisplayName("names every image in index.json by its reference as listed, and links the shared blobs")
    void layoutOnDisk() throws IOException {
        PullLab.assertDone(lab.initial(root));
        OciLayout set = layout(PullLab.AI);
        assertEquals(lab.corpus.references().subList(0, PullLab.INITIAL).stream().sorted().toList(),
                set.images().stream().map(Descriptor::name).toList());
        assertEquals(Path.of("../blobs"), Files.readSymbolicLink(set.folder().resolve("blobs")));
        assertEquals("{\"imageLayoutVersion\":\"1.0.0\"}\n", Files.readString(set.folder().resolve("oci-layout")));
        assertEquals(Files.readString(lab.corpus.initialList()),
                Files.readString(set.folder().resolve("initial-images.txt")));
    }

    @Test
    @DisplayName("stores every config, layer and manifest under the sha256 of its bytes, and all that the images need")
    void digests() throws IOException {
        PullLab.assertDone(lab.initial(root));
        PullLab.assertDone(lab.ocp(root));
        try (Stream<Path> blobs = Files.list(root.resolve("blobs/sha256"))) {
            for (Path blob : blobs.filter(Files::isRegularFile).toList()) {
                assertEquals(blob.getFileName().toString(), Digest.of(blob).hex());
            }
        }
        PullLab.assertWhole(4, root.resolve(PullLab.AI));
        PullLab.assertWhole(4, root.resolve(PullLab.OCP));
    }

    @Test
    @DisplayName("fetches each blob exactly once for both sets, none on a second run, which changes no byte")
    void eachBlobOnce() throws IOException {
        int since = lab.registry.requests().size();
        PullLab.assertDone(lab.initial(root));
        PullLab.assertDone(lab.ocp(root));
        List<String> fetched = lab.blobRequests(since);
        assertEquals(lab.corpus.blobs().keySet().stream().sorted().toList(), fetched.stream().sorted().toList());
        Map<String, String> tree = Scripts.tree(root);
        PullLab.assertDone(lab.initial(root));
        PullLab.assertDone(lab.ocp(root));
        assertEquals(fetched, lab.blobRequests(since));
        assertEquals(tree, Scripts.tree(root));
    }

    @Test
    @DisplayName("keeps of a multi-arch image the list, under its own digest, and the node's platform")
    void onePlatform() throws IOException {
        PullLab.assertDone(lab.ocp(root));
        assertEquals(List.of("linux/amd64"), platforms());
        assertEquals(multiArch(), Digest.of(layout(PullLab.OCP).blob(multiArch())));
    }

    @Test
    @DisplayName("--platform chooses another platform of a multi-arch image")
    void otherPlatform() {
        PullLab.assertDone(lab.ocp(root, "--platform", "linux/arm64"));
        assertEquals(List.of("linux/arm64"), platforms());
    }

    @Test
    @DisplayName("--all-platforms keeps every platform of a multi-arch image")
    void allPlatforms() {
        PullLab.assertDone(lab.ocp(root, "--all-platforms"));
        assertEquals(List.of("linux/amd64", "linux/arm64"), platforms());
    }

    @Test
    @DisplayName("a platform that a multi-arch image does not have fails that image alone and names those it has")
    void platformNotThere() {
        ScriptRun run = lab.ocp(root, "--platform", "linux/s390x");
        assertEquals(Cli.PARTIAL, run.exit(), run::toString);
        assertTrue(run.err().contains("no image for linux/s390x; it has linux/amd64, linux/arm64"), run.err());
        PullLab.assertWhole(3, root.resolve(PullLab.OCP));
    }

    @Test
    @DisplayName("keeps an OCI manifest an OCI manifest and a Docker one a Docker one")
    void mediaTypes() {
        PullLab.assertDone(lab.ocp(root));
        Map<String, String> types = Map.of(lab.reference(Corpus.OCI), Manifest.OCI,
                lab.reference(Corpus.MULTI_ARCH), Manifest.DOCKER_LIST,
                lab.reference(6), Manifest.DOCKER, lab.reference(7), Manifest.DOCKER);
        assertEquals(types, layout(PullLab.OCP).images().stream()
                .collect(Collectors.toMap(Descriptor::name, Descriptor::mediaType)));
    }

    @Test
    @DisplayName("writes an inventory of all files under the partition's names, with their sizes and sha256")
    void inventory() throws IOException {
        PullLab.assertDone(lab.initial(root));
        PullLab.assertDone(lab.ocp(root));
        JsonNode inventory = Json.read(root.resolve("inventory.json"));
        Set<String> ofSets = new TreeSet<>();
        int blobs = 0;
        for (JsonNode file : inventory.get("files")) {
            Path there = root.resolve(file.path("from").asText(file.get("path").asText()));
            assertEquals(Files.size(there), file.get("size").asLong(), there.toString());
            assertEquals(Digest.of(there).hex(), file.get("sha256").asText(), there.toString());
            if (file.get("kind").asText().equals("blob")) {
                blobs++;
            } else {
                ofSets.add(file.get("path").asText());
            }
        }
        assertEquals(Set.of("ai-images/ai-images.txt", "ai-images/index.json", "ai-images/oci-layout",
                "ocp-images/index.json", "ocp-images/oci-layout", "ocp-images/ocp-images.txt"), ofSets);
        assertEquals(lab.corpus.blobs().size() + 9, blobs); // eight images, one of them with a list
        assertEquals(List.of("ai-images", "ocp-images"), inventory.get("sets").findValuesAsText("name"));
    }

    @Test
    @DisplayName("an image that is not there: exit 3, it is named with its reason, the others are whole")
    void oneBad() throws IOException {
        Path list = PullLab.list(root, lab.reference(0), "quay.io/no/such:image", lab.reference(6));
        ScriptRun run = lab.pull(list, root.resolve(PullLab.AI));
        assertEquals(Cli.PARTIAL, run.exit(), run::toString);
        assertTrue(run.err().matches("(?s).*failed: quay.io/no/such:image: \\S+/manifests/image: 404, [^\n]*\n"),
                run.err());
        PullLab.assertWhole(2, root.resolve(PullLab.AI));
        assertEquals("[\"quay.io/no/such:image\"]",
                Json.read(root.resolve("inventory.json")).at("/sets/0/missing").toString());
    }

    @Test
    @DisplayName("no image to be had: exit 1, each is named, and no set is begun")
    void allBad() throws IOException {
        Path list = PullLab.list(root, "quay.io/no/such:image", "quay.io/nor/this:one");
        ScriptRun run = lab.pull(list, root.resolve(PullLab.AI));
        assertEquals(Cli.FAILED, run.exit(), run::toString);
        assertAll(() -> assertTrue(run.err().contains("failed: quay.io/no/such:image"), run.err()),
                () -> assertTrue(run.err().contains("failed: quay.io/nor/this:one"), run.err()),
                () -> assertFalse(Files.exists(root.resolve(PullLab.AI))));
    }

    @Test
    @DisplayName("fetches a stored blob or manifest again that has another size than it should")
    void truncatedOnDisk() throws IOException {
        PullLab.assertDone(lab.ocp(root));
        Map<String, String> tree = Scripts.tree(root);
        List<Path> damaged = new ArrayList<>();
        for (Descriptor blob : layout(PullLab.OCP).reach(layout(PullLab.OCP).images().get(0))) {
            damaged.add(layout(PullLab.OCP).blob(blob.digest()));
        }
        for (Path blob : damaged) {
            Files.write(blob, new byte[] {'{'});
        }
        PullLab.assertDone(lab.ocp(root));
        assertEquals(tree, Scripts.tree(root));
    }
}
