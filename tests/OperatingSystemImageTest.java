//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/distribution/Answer.java
//SOURCES ../common/distribution/PullApi.java
//SOURCES ../common/distribution/StagedImages.java
//SOURCES ../common/inventory/Inventory.java
//SOURCES ../common/inventory/Role.java
//SOURCES ../common/oci/Digest.java
//SOURCES ../common/oci/Manifest.java
//SOURCES ImageStore.java
//SOURCES TestImages.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import common.cli.Proc;
import common.distribution.Answer;
import common.distribution.PullApi;
import common.distribution.StagedImages;
import common.inventory.Inventory;
import common.inventory.Role;
import common.oci.Digest;
import common.oci.Manifest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The list of 4.10.3 has no marks: which of its digests is the operating system, the image itself says. */
@DisplayName("An image of the operating system that no list marks")
class OperatingSystemImageTest {
    private static final String PAYLOAD = "quay.io/openshift-release-dev/ocp-v4.0-art-dev@";

    @TempDir
    Path root;
    private TestImages set;
    private Manifest system;
    private Manifest app;

    @BeforeEach
    void stage() throws IOException {
        set = new TestImages(root.resolve("ocp-images"), null);
        system = set.operatingSystem(set.layer("system", 1000));
        app = set.manifest(Manifest.DOCKER, set.layer("app", 1000));
        set.add(PAYLOAD + system.descriptor().digest(), system).add(PAYLOAD + app.descriptor().digest(), app);
    }

    @Test
    @DisplayName("is entered as whole, so that every mode stages it")
    void roles() throws IOException {
        Path folder = set.layout.folder();
        Inventory.update(set.layout, new Inventory.SetOf("ocp-images", "4.10.3", "linux/amd64", 2, List.of()),
                folder.resolve("images.txt"), List.of(folder.resolve("index.json"), folder.resolve("images.txt")));
        Map<Digest, Role> roles = Inventory.parse(Files.readAllBytes(root.resolve(Inventory.FILE)), "inventory").roles();
        assertAll(() -> assertEquals(Role.WHOLE, roles.get(system.layers().get(0).digest())),
                () -> assertEquals(Role.WHOLE, roles.get(system.blobs().get(0).digest())),
                () -> assertEquals(Role.LAYER, roles.get(app.layers().get(0).digest())));
    }

    @Test
    @DisplayName("is not loaded, and the registry serves it, layers and all")
    void notLoaded() throws IOException {
        try (ImageStore store = new ImageStore(root.resolve("store"))) {
            Proc.Result loaded = store.extract("--folder", set.layout.folder().toString());
            assertEquals(0, loaded.exit(), loaded.err());
            assertTrue(store.has(PAYLOAD + app.descriptor().digest()));
            assertFalse(store.has(PAYLOAD + system.descriptor().digest()));
        }
        PullApi registry = new PullApi(new StagedImages(root, root.resolve("none"), List.of()));
        String repository = "/v2/quay.io/openshift-release-dev/ocp-v4.0-art-dev/";
        Answer manifest = get(registry, repository + "manifests/" + system.descriptor().digest());
        assertEquals(200, manifest.status());
        assertEquals(200, get(registry, repository + "blobs/" + system.layers().get(0).digest()).status());
    }

    private static Answer get(PullApi registry, String path) throws IOException {
        return registry.answer(new PullApi.Request("GET", path, null, null, null));
    }
}
