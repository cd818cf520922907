//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/inventory/Inventory.java
//SOURCES ../common/oci/Digest.java
//SOURCES ../common/oci/Manifest.java
//SOURCES ../container-images/build-store.java
//SOURCES ../lab/CorpusLayer.java
//SOURCES NodeWithStore.java
//SOURCES ScriptRun.java
//SOURCES TestImages.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Json;
import common.cli.Proc;
import common.inventory.Inventory;
import common.oci.Digest;
import common.oci.Manifest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("store")
@DisplayName("build-store")
class BuildStoreTest {
    private static final String AGENT = "quay.io/edge/agent:latest";
    private static final String PAYLOAD = "quay.io/openshift/payload";
    @TempDir
    static Path shared;
    private static Path root;
    private static Path store;
    private static ScriptRun built;
    private static NodeWithStore node;
    private static Manifest docker;
    private static Manifest oci;
    private static Manifest inList;
    private static Manifest list;

    @TempDir
    Path folder;

    @BeforeAll
    static void buildOfTwoSets() throws IOException {
        root = Files.createDirectory(shared.resolve("container-images"));
        store = root.resolve("store.sqfs");
        made(root, "4.10.3");
        Files.writeString(root.resolve(Inventory.FILE), "{\"version\": 1, \"sets\": [], \"files\": []}");
        built = ScriptRun.of(new BuildStore(), root);
        assertEquals(0, built.exit(), built::toString);
        node = NodeWithStore.of(store, shared.resolve("site"));
    }

    /** Two sets with one image of each kind; of the first, all kinds of files. */
    private static void made(Path root, String release) throws IOException {
        TestImages ai = new TestImages(root.resolve("images-" + release), null);
        TestImages.Layer base = ai.layer(CorpusLayer.of("base-0", 1, 40_000, null));
        docker = ai.manifest(Manifest.DOCKER, base, ai.layer(CorpusLayer.of("own", 2, 20_000, "base-0")));
        ai.add(AGENT, docker);
        Files.write(ai.layout.folder().resolve("images.txt"), List.of(AGENT + " also"));
        TestImages ocp = new TestImages(root.resolve("ocp-images-" + release), null);
        oci = ocp.manifest(Manifest.OCI, base, ocp.layer("oci", 1000));
        inList = ocp.manifest(Manifest.DOCKER, base, ocp.layer("in-list", 1000));
        list = ocp.list(inList);
        ocp.add(PAYLOAD + "@" + oci.descriptor().digest(), oci).add(PAYLOAD + "@" + list.descriptor().digest(), list);
    }

    @AfterAll
    static void unmount() throws IOException {
        node.close();
    }

    @Test
    void says_before_it_starts_what_it_will_take() {
        assertTrue(built.out().lines().findFirst().orElse("").matches("Plan: release 4.10.3, 3 images, 0\\.\\d MB of "
                + "blobs; at most \\d+\\.\\d MB to unpack in .*, \\d+\\.\\d MB for .*/store.sqfs; about \\d+ s on "
                + "two cores"), built.out());
    }

    @Test
    void the_store_answers_to_a_tag() {
        assertTrue(node.has(AGENT));
    }

    @Test
    void the_store_answers_to_the_further_tag_of_a_list_line() {
        assertTrue(node.has("quay.io/edge/agent:also"));
    }

    @Test
    void the_store_answers_to_the_digest_of_an_image_listed_by_tag() {
        assertTrue(node.has("quay.io/edge/agent@" + docker.descriptor().digest()));
    }

    @Test
    void the_store_answers_to_a_digest() {
        assertTrue(node.has(PAYLOAD + "@" + oci.descriptor().digest()));
    }

    @Test
    void the_store_answers_to_the_digest_of_a_list() {
        assertTrue(node.has(PAYLOAD + "@" + list.descriptor().digest()));
    }

    @Test
    void the_store_answers_to_the_digest_of_an_image_in_a_list() {
        assertTrue(node.has(PAYLOAD + "@" + inList.descriptor().digest()));
    }

    @Test
    void the_store_says_which_names_it_answers() throws IOException {
        List<String> names = Files.readAllLines(node.root.resolve("names.txt"));
        assertEquals(6, names.size(), names.toString());
        assertEquals(List.of(), names.stream().filter(n -> !node.has(n)).toList());
    }

    @Test
    void skopeo_reads_an_image_of_the_store() {
        JsonNode image = Json.parse(node.images.on(Proc.of("skopeo", "inspect", "containers-storage:" + AGENT)).check()
                .getBytes(), "skopeo");
        assertEquals(docker.descriptor().digest().toString(), image.path("Digest").asText());
    }

    @Test
    void is_entered_in_the_inventory_for_its_release() throws IOException {
        Inventory inventory = Inventory.parse(Files.readAllBytes(root.resolve(Inventory.FILE)), "inventory");
        assertEquals(List.of(new Inventory.Entry("store.sqfs", "store.sqfs", "4.10.3", Files.size(store),
                Digest.of(store), "store")), inventory.files());
    }

    @Test
    void leaves_no_scratch_and_nothing_mounted() throws IOException {
        try (Stream<Path> files = Files.list(root)) {
            assertEquals(List.of("blobs", "images-4.10.3", "inventory.json", "ocp-images-4.10.3", "store.sqfs"),
                    files.map(f -> f.getFileName().toString()).sorted().toList());
        }
        assertFalse(Files.readString(Path.of("/proc/self/mountinfo")).contains(root.toString() + "/"));
    }

    @Test
    void does_nothing_when_the_sets_are_unchanged() throws IOException {
        var before = Files.getLastModifiedTime(store);
        ScriptRun again = ScriptRun.of(new BuildStore(), root);
        assertTrue(again.exit() == 0 && again.out().startsWith("Unchanged: " + store), again::toString);
        assertEquals(before, Files.getLastModifiedTime(store));
    }

    @Test
    void the_same_images_make_the_same_file_in_whatever_order_they_are_unpacked() throws IOException {
        Path other = folder.resolve("other.sqfs");
        ScriptRun run = ScriptRun.of(new BuildStore(), root, "--out", other, "--jobs", 1, "--compression", "gzip");
        assertEquals(Digest.of(store), Digest.of(other), run::toString);
    }

    @Test
    void a_file_outside_of_the_folder_is_in_no_inventory() throws IOException {
        String before = Files.readString(root.resolve(Inventory.FILE));
        ScriptRun.of(new BuildStore(), root, "--out", folder.resolve("elsewhere.sqfs"), "--set", "ai");
        assertEquals(before, Files.readString(root.resolve(Inventory.FILE)));
    }

    @Test
    void packs_only_the_set_that_is_asked_for() throws IOException {
        Path file = folder.resolve("ai.sqfs");
        ScriptRun.of(new BuildStore(), root, "--out", file, "--set", "ai");
        try (NodeWithStore ai = NodeWithStore.of(file, folder.resolve("site"))) {
            assertEquals("true false", ai.has(AGENT) + " " + ai.has(PAYLOAD + "@" + oci.descriptor().digest()));
        }
    }

    @Test
    void is_gzip_for_the_kernels_of_4_10() {
        assertEquals("gzip", compression(store));
    }

    @Test
    void builds_again_when_a_set_changed_and_takes_zstd_from_4_13_on() throws IOException {
        made(folder, "4.13.0");
        ScriptRun.of(new BuildStore(), folder);
        Files.writeString(folder.resolve("images-4.13.0/images.txt"), AGENT + " new\n");
        ScriptRun again = ScriptRun.of(new BuildStore(), folder);
        assertTrue(again.out().contains("Built: "), again::toString);
        String inventory = Files.readString(folder.resolve(Inventory.FILE));
        assertTrue(inventory.contains(Digest.of(folder.resolve("store.sqfs")).hex()), inventory);
        assertEquals("zstd", compression(folder.resolve("store.sqfs")));
        try (NodeWithStore changed = NodeWithStore.of(folder.resolve("store.sqfs"), folder.resolve("site"))) {
            assertTrue(changed.has("quay.io/edge/agent:new"));
        }
    }

    private static String compression(Path file) {
        return Proc.of("unsquashfs", "-s", file.toString()).check().lines().filter(l -> l.startsWith("Compression "))
                .map(l -> l.split(" ")[1]).findFirst().orElse("none");
    }

    @Test
    void dir_leaves_a_store_to_use_as_it_is_and_replaces_it() throws IOException {
        ScriptRun run = null;
        for (String set : List.of("ai", "ocp")) {
            run = ScriptRun.of(new BuildStore(), root, "--format", "dir", "--out", folder.resolve("dir"), "--set", set);
        }
        try (NodeWithStore dir = NodeWithStore.unpacked(folder.resolve("dir"), folder)) {
            assertTrue(dir.has(PAYLOAD + "@" + oci.descriptor().digest()), run.toString());
        }
    }

    @Test
    void a_dry_run_only_says_what_it_would_take() throws IOException {
        made(folder, "4.10.3");
        ScriptRun run = ScriptRun.of(new BuildStore(), folder, "--dry-run", "--json");
        JsonNode document = Json.parse(run.out().getBytes(), "stdout");
        assertTrue(document.path("unpackedBytes").asLong() > document.path("blobBytes").asLong(), run::toString);
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(3, files.count());
        }
    }

    @Test
    void of_several_releases_one_must_be_chosen_and_each_has_its_own_file() throws IOException {
        made(folder, "4.10.3");
        made(folder, "4.12.0");
        ScriptRun refused = ScriptRun.of(new BuildStore(), folder);
        assertTrue(refused.exit() == 1 && refused.err().contains("choose one with --release"), refused::toString);
        Files.writeString(folder.resolve(Inventory.FILE), "{\"version\": 1, \"sets\": [], \"files\": []}");
        ScriptRun.of(new BuildStore(), folder, "--release", "4.12.0", "--out", folder.resolve("store-4.12.0.sqfs"));
        ScriptRun.of(new BuildStore(), folder, "--release", "4.10.3");
        assertEquals(List.of("store.sqfs of store-4.12.0.sqfs for 4.12.0", "store.sqfs of store.sqfs for 4.10.3"),
                Inventory.parse(Files.readAllBytes(folder.resolve(Inventory.FILE)), "inventory").files().stream()
                        .map(e -> e.path() + " of " + e.from() + " for " + e.release()).toList());
    }
}
