//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/oci/Manifest.java
//SOURCES ../container-images/build-store.java
//SOURCES ImageStore.java
//SOURCES NodeWithStore.java
//SOURCES ScriptRun.java
//SOURCES TestImages.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Json;
import common.cli.Proc;
import common.oci.Manifest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("store")
@Tag("extract")
@DisplayName("Extract, where a store image is mounted,")
class MixedStoreTest {
    private static final String IN_STORE = "quay.io/edge/agent:latest";
    private static final String LATER = "quay.io/edge/later:1";
    @TempDir
    Path folder;
    private TestImages set;
    private TestImages.Layer base;
    private NodeWithStore node;

    @BeforeEach
    void storeOfOneImage() throws IOException {
        set = new TestImages(folder.resolve("www/images-4.10.3"), null);
        base = set.layer("base", 3_000_000);
        set.add(IN_STORE, set.manifest(Manifest.DOCKER, base, set.layer("own", 100)));
        ScriptRun run = ScriptRun.of(new BuildStore(), folder.resolve("www"));
        assertEquals(0, run.exit(), run::toString);
        node = NodeWithStore.of(folder.resolve("www/store.sqfs"), folder.resolve("site"));
    }

    @AfterEach
    void unmount() throws IOException {
        node.close();
    }

    private String extract() {
        Proc.Result result = node.images.extract("--json", "--folder", set.layout.folder().toString());
        JsonNode document = Json.parse(result.out().getBytes(), "stdout");
        return Stream.of("present", "loaded", "failed").map(k -> k + " " + document.path(k).size())
                .reduce((a, b) -> a + ", " + b).orElse("") + "; exit " + result.exit();
    }

    @Test
    void takes_the_images_of_the_store_for_present() {
        assertEquals("present 1, loaded 0, failed 0; exit 0", extract());
    }

    @Test
    void loads_what_the_store_lacks_and_unpacks_only_the_layers_that_it_lacks() throws IOException {
        set.add(LATER, set.manifest(Manifest.DOCKER, base, set.layer("later", 100)));
        assertEquals("present 1, loaded 1, failed 0; exit 0", extract());
        assertTrue(node.has(LATER));
        Path own = folder.resolve("site/node/root");
        long bytes = Long.parseLong(Proc.of("du", "--bytes", "--summarize", own.toString()).check().split("\\s")[0]);
        assertTrue(bytes < 1_000_000, bytes + " bytes beside the store");
    }

    @Test
    void adds_a_further_tag_to_an_image_of_the_store() throws IOException {
        Files.write(set.layout.folder().resolve("images.txt"), List.of(IN_STORE + " further"));
        assertEquals("present 0, loaded 1, failed 0; exit 0", extract());
        assertTrue(node.has("quay.io/edge/agent:further") && node.has(IN_STORE));
    }

    @Test
    void replaces_a_tag_that_names_another_image_in_the_store() throws IOException {
        Manifest moved = set.manifest(Manifest.OCI, base, set.layer("moved", 100));
        set.add(IN_STORE, moved);
        assertEquals("present 0, loaded 1, failed 0; exit 0", extract());
        String image = node.podman("image", "inspect", "--format", "{{.Digest}}", IN_STORE).check().strip();
        assertEquals(moved.descriptor().digest().toString(), image);
        assertEquals("present 1, loaded 0, failed 0; exit 0", extract());
    }

    @Test
    void loads_all_when_the_store_is_not_there() throws IOException {
        try (ImageStore alone = new ImageStore(folder.resolve("alone"))) {
            Proc.Result result = alone.extract("--folder", set.layout.folder().toString());
            assertTrue(result.ok() && alone.has(IN_STORE), result.err());
        }
    }
}
