//SOURCES ../common/cli/Proc.java
//SOURCES ../common/inventory/Inventory.java
//SOURCES ../common/oci/Digest.java
//SOURCES ../common/oci/Manifest.java
//SOURCES ../common/oci/OciLayout.java
//SOURCES ../container-images/build-store.java
//SOURCES ../container-images/curl-all.java
//SOURCES ../container-images/images-4.10.3/extract-initial-4.10.3.java
//SOURCES ../container-images/ocp-images-4.10.3/extract-ocp-4.10.3.java
//SOURCES ../create-gpt-partition.java
//SOURCES ../lab/CorpusLayer.java
//SOURCES ../lab/WebServer.java
//SOURCES ImageStore.java
//SOURCES NodeWithStore.java
//SOURCES ScriptRun.java
//SOURCES TestDisk.java
//SOURCES TestImages.java
//SOURCES TestTar.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import common.cli.Proc;
import common.inventory.Inventory;
import common.oci.Digest;
import common.oci.Manifest;
import common.oci.OciLayout;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** build-store -> nginx -> curl-all --mode store -> XFS partition -> read-only device -> podman and skopeo. */
@Tag("store")
@DisplayName("A store image on a partition that is mounted read-only")
class StoreOnSiteTest {
    private static final long MIB = TestDisk.MIB;
    private static final String AGENT = "quay.io/edge/agent:latest";
    private static final String OVER = "quay.io/openshift/whiteouts:1";
    private static final String PAYLOAD = "quay.io/openshift/payload";
    private static final List<String> names = new ArrayList<>();
    @TempDir
    static Path folder;
    private static TestDisk disk;
    private static Path partition;
    private static NodeWithStore node;
    private static Manifest listed;

    @BeforeAll
    static void buildStageAndMount() throws IOException {
        folder = folder.toRealPath();
        Path www = Files.createDirectory(folder.resolve("www"));
        images(www);
        done(ScriptRun.of(new BuildStore(), www));
        partition = folder.resolve("mnt");
        disk = new TestDisk(folder, 400 * MIB);
        done(ScriptRun.of(new CreateGptPartition(), "--device", disk.file, "--start-sector", 2048,
                "--mount", partition));
        try (WebServer nginx = WebServer.start(folder.resolve("nginx"), www)) {
            done(ScriptRun.of(new CurlAll(), "127.0.0.1:" + nginx.port(), partition, "--mode", "store"));
        }
        Proc.of("umount", partition.toString()).check();
        disk.attach("--read-only", "--offset", "" + MIB);
        Proc.of("mount", "-o", "ro", disk.device.toString(), partition.toString()).check();
        node = NodeWithStore.of(partition.resolve("store.sqfs"), folder.resolve("site"));
    }

    private static void images(Path www) throws IOException {
        TestImages ai = new TestImages(www.resolve("images-4.10.3"), null);
        TestImages.Layer base = ai.layer(CorpusLayer.of("base-0", 1, 40_000, null));
        Manifest agent = ai.manifest(Manifest.DOCKER, base, ai.layer(CorpusLayer.of("own", 2, 20_000, "base-0")));
        ai.add(AGENT, agent);
        TestImages ocp = new TestImages(www.resolve("ocp-images-4.10.3"), null);
        Manifest oci = ocp.manifest(Manifest.OCI, base, ocp.layer("oci", 1000));
        Manifest inList = ocp.manifest(Manifest.DOCKER, base, ocp.layer("in-list", 1000));
        listed = ocp.list(inList);
        TestImages.Layer below = ocp.layer(TestTar.file("folder/old", "", 0644), TestTar.file("gone", "", 0644));
        TestImages.Layer above = ocp.layer(TestTar.file("folder/.wh..wh..opq", "", 0644),
                TestTar.file("folder/new", "", 0644), TestTar.file(".wh.gone", "", 0644));
        ocp.add(PAYLOAD + "@" + oci.descriptor().digest(), oci)
                .add(PAYLOAD + "@" + listed.descriptor().digest(), listed)
                .add(OVER, ocp.manifest(Manifest.DOCKER, below, above));
        names.addAll(List.of(AGENT, "quay.io/edge/agent@" + agent.descriptor().digest(), OVER));
        Stream.of(oci, inList, listed).forEach(m -> names.add(PAYLOAD + "@" + m.descriptor().digest()));
        for (TestImages set : List.of(ai, ocp)) {
            Path list = set.layout.folder().resolve("images.txt");
            Inventory.update(set.layout, new Inventory.SetOf(set == ai ? "ai-images" : "ocp-images", "4.10.3",
                    "linux/amd64", 1, List.of()), list, List.of(set.layout.folder().resolve("oci-layout"),
                    set.layout.index(), list));
        }
    }

    private static void done(ScriptRun run) {
        assertEquals(0, run.exit(), run::toString);
    }

    @AfterAll
    static void nothingStaysMounted() throws IOException {
        node.close();
        disk.close();
    }

    @Test
    void needs_no_layers_beside_it() throws IOException {
        OciLayout set = OciLayout.at(partition.resolve("ocp-images"), null);
        assertTrue(set.images().stream().map(i -> set.manifest(i.digest())).flatMap(m -> m.layers().stream())
                .noneMatch(set::holds));
        try (Stream<Path> files = Files.list(partition)) {
            assertEquals(List.of("ai-images", "blobs", "inventory.json", "ocp-images", "staged.json", "store.sqfs"), files
                    .map(f -> f.getFileName().toString()).filter(f -> !f.startsWith(".")).sorted().toList());
        }
    }

    @Test
    void has_nothing_left_to_load_for_the_extract_scripts() {
        for (Class<?> extract : List.of(ExtractInitial4103.class, ExtractOcp4103.class)) {
            List<String> argv = ImageStore.argv(extract, "--folder", partition.toString());
            Proc.Result result = node.images.on(Proc.of(argv)).run();
            assertTrue(result.ok() && result.out().contains("0 loaded, "), result.out() + result.err());
        }
    }

    @Test
    void lies_on_a_device_that_cannot_be_written() {
        assertFalse(Proc.of("touch", partition.resolve("new").toString()).run().ok());
    }

    @Test
    void answers_to_every_tag_digest_and_list_digest() {
        assertEquals(List.of(), names.stream().filter(n -> !node.has(n)).toList());
    }

    @Test
    void answers_the_check_of_the_units() {
        Proc.Result check = node.check().run();
        assertTrue(check.ok(), check.err());
    }

    @Test
    void runs_a_container_by_tag_and_by_digest_without_network() {
        names.stream().filter(n -> !n.equals(OVER))
                .forEach(n -> assertEquals(CorpusLayer.GREETING, node.run(n, "/usr/bin/hello"), n));
    }

    @Test
    void keeps_setuid_capabilities_hard_links_and_times() throws IOException {
        Path special = node.files(AGENT).resolve("usr/lib/base-0");
        assertAll(() -> assertEquals("4755", Proc.of("stat", "-c", "%a", special + "/setuid").check().strip()),
                () -> assertTrue(Proc.of("getcap", special + "/capable").check().contains("cap_net_bind_service")),
                () -> assertEquals(Files.getAttribute(special.resolve("setuid"), "unix:ino"),
                        Files.getAttribute(special.resolve("hard-link"), "unix:ino")));
        assertEquals("1970-01-01T00:00:00Z", "" + Files.getLastModifiedTime(node.files(OVER).resolve("folder/new")));
    }

    @Test
    void shows_no_file_that_a_later_layer_deleted() throws IOException {
        assertFalse(Files.exists(node.files(AGENT).resolve("usr/lib/base-0/file-0")));
        assertFalse(Files.exists(node.files(OVER).resolve("gone")));
    }

    @Test
    void shows_of_a_folder_that_a_later_layer_replaced_only_what_is_new() throws IOException {
        try (Stream<Path> files = Files.list(node.files(OVER).resolve("folder"))) {
            assertEquals(List.of("new"), files.map(f -> f.getFileName().toString()).toList());
        }
    }

    @Test
    void lets_no_image_be_removed() {
        Proc.Result rmi = node.podman("rmi", "--force", OVER).run();
        assertTrue(!rmi.ok() && rmi.err().contains("read-only image"), rmi.err());
        assertTrue(node.has(OVER));
    }

    @Test
    void lets_skopeo_copy_an_image_with_all_its_layers() {
        Path copy = folder.resolve("copy");
        Proc.Result result = node.images.on(Proc.of("skopeo", "--insecure-policy", "copy",
                "containers-storage:" + AGENT, "dir:" + copy)).run();
        assertTrue(result.ok(), result.err());
    }

    @Test
    void has_the_bytes_that_the_inventory_states_whatever_ran_on_it() throws IOException {
        node.run(AGENT, "/usr/bin/hello");
        Inventory inventory = Inventory.parse(Files.readAllBytes(partition.resolve(Inventory.FILE)), "inventory");
        assertEquals(List.of(Digest.of(partition.resolve("store.sqfs"))), inventory.files().stream()
                .filter(f -> f.kind().equals("store")).map(Inventory.Entry::sha256).toList());
    }

    @Test
    void of_which_a_byte_is_missing_does_not_mount() throws IOException {
        assertFalse(answers("cut", file -> Proc.of("truncate", "--size=-4097", file.toString()).check()));
    }

    @Test
    void whose_tables_are_damaged_does_not_answer_the_check() throws IOException {
        assertFalse(answers("tables", file -> {
            byte[] bytes = Files.readAllBytes(file);
            for (int i = bytes.length - 12_000; i < bytes.length - 4000; i++) {
                bytes[i] ^= 0x55;
            }
            Files.write(file, bytes);
        }));
    }

    private interface Damage {
        void to(Path file) throws IOException;
    }

    private static boolean answers(String name, Damage damage) throws IOException {
        Path site = Files.createDirectory(folder.resolve(name));
        Path file = Files.copy(partition.resolve("store.sqfs"), site.resolve("store.sqfs"));
        damage.to(file);
        Path mount = Files.createDirectory(site.resolve("mounted"));
        if (!Proc.of("mount", "-o", "ro,loop", file.toString(), mount.toString()).run().ok()) {
            return false;
        }
        try (NodeWithStore damaged = NodeWithStore.unpacked(mount, site)) {
            return damaged.check().run().ok();
        } finally {
            Proc.of("umount", mount.toString()).check();
        }
    }
}
