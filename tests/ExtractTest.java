//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/oci/Manifest.java
//SOURCES ../container-images/images-4.10.3/extract-initial-4.10.3.java
//SOURCES ../container-images/ocp-images-4.10.3/extract-ocp-4.10.3.java
//SOURCES ImageStore.java
//SOURCES TestImages.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Json;
import common.cli.Proc;
import common.oci.Manifest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("extract")
@DisplayName("Extract, into a real containers-storage,")
class ExtractTest {
    private static final String REPOSITORY = "quay.io/openshift-release-dev/ocp-v4.0-art-dev";
    @TempDir
    static Path folder;
    private static ImageStore store;
    private static TestImages set;
    private static Manifest docker;
    private static Manifest oci;
    private static Manifest ofDockerList;
    private static Manifest dockerList;
    private static Manifest ociInDockerList;
    private static Proc.Result first;

    @BeforeAll
    static void extractOneOfEachKind() throws IOException {
        store = new ImageStore(folder.resolve("store"));
        set = new TestImages(folder.resolve("ai-images"), null);
        TestImages.Layer base = set.layer("base", 200_000);
        docker = set.manifest(Manifest.DOCKER, base, set.layer("docker", 1000));
        oci = set.manifest(Manifest.OCI, base, set.layer("oci", 1000));
        ofDockerList = set.manifest(Manifest.DOCKER, base, set.layer("list", 1000));
        dockerList = set.list(ofDockerList);
        ociInDockerList = set.list(set.manifest(Manifest.OCI, base));
        set.add(REPOSITORY + "@" + docker.descriptor().digest(), docker).add("quay.io/org/oci:v1", oci)
                .add(REPOSITORY + "@" + dockerList.descriptor().digest(), dockerList)
                .add("quay.io/org/multi:latest", ociInDockerList)
                .add("quay.io/org/both:v2@" + oci.descriptor().digest(), oci);
        first = store.extract("--folder", set.layout.folder().toString(), "--list", listWithTag().toString());
    }

    private static Path listWithTag() throws IOException {
        List<String> lines = Files.readAllLines(set.layout.folder().resolve("images.txt"));
        lines.set(0, lines.get(0) + " 4.10.3-first");
        return Files.write(folder.resolve("with-tag.txt"), lines);
    }

    @AfterAll
    static void unmount() throws IOException {
        store.close();
    }

    @Test
    void ends_with_exit_code_0_when_all_is_loaded() {
        assertEquals(0, first.exit(), first.err());
    }

    @Test
    void says_which_image_it_copies() {
        assertTrue(first.out().contains("Copying quay.io/org/oci:v1 [2/5]\n"), first.out());
    }

    @Test
    void leaves_no_temporary_file() {
        assertEquals(List.of(), store.leftovers());
    }

    @Test
    void loads_a_docker_image_under_its_digest() {
        assertTrue(store.has(REPOSITORY + "@" + docker.descriptor().digest()));
    }

    @Test
    void gives_an_image_the_tag_that_is_its_second_word() {
        assertTrue(store.has(REPOSITORY + ":4.10.3-first"));
    }

    @Test
    void loads_an_oci_image_under_its_tag() {
        assertTrue(store.has("quay.io/org/oci:v1"));
    }

    @Test
    void loads_an_image_listed_by_tag_under_its_digest_too() {
        assertTrue(store.has("quay.io/org/oci@" + oci.descriptor().digest()));
    }

    @Test
    void loads_an_image_listed_by_tag_and_digest() {
        assertTrue(store.has("quay.io/org/both:v2@" + oci.descriptor().digest()));
    }

    @Test
    void loads_an_image_under_the_digest_of_the_list_it_is_in() {
        assertTrue(store.has(REPOSITORY + "@" + dockerList.descriptor().digest()));
    }

    @Test
    void loads_an_image_of_a_list_under_its_own_digest_too() {
        assertTrue(store.has(REPOSITORY + "@" + ofDockerList.descriptor().digest()));
    }

    @Test
    void loads_a_list_named_by_tag_under_the_list_digest_too() {
        assertEquals("true true", store.has("quay.io/org/multi:latest") + " "
                + store.has("quay.io/org/multi@" + ociInDockerList.descriptor().digest()));
    }

    @Test
    void loads_what_this_host_can_run_of_a_list_with_all_platforms() throws IOException {
        TestImages images = new TestImages(folder.resolve("platforms/set"), null);
        Manifest host = images.manifest(Manifest.OCI, images.layer("host", 100));
        Manifest other = images.manifest(Manifest.OCI, TestImages.OTHER, images.layer("other", 100));
        images.add("quay.io/org/platforms:1", images.list(host.descriptor(), other.descriptor()));
        store.extract("--folder", images.layout.folder().toString());
        assertTrue(store.has("quay.io/org/platforms@" + host.descriptor().digest()));
    }

    @Test
    void a_second_run_asks_podman_once_and_copies_nothing() throws IOException {
        Proc.Result second = store.extract("--verbose", "--folder", set.layout.folder().toString(),
                "--list", listWithTag().toString());
        assertEquals(List.of("+ podman images --format json"),
                second.err().lines().filter(l -> l.startsWith("+")).toList());
    }

    @Test
    void reports_what_it_did_as_json() throws IOException {
        Proc.Result result = store.extract("--json", "--folder", set.layout.folder().toString());
        JsonNode document = Json.parse(result.out().getBytes(), "stdout");
        assertEquals("0 5 0", document.get("loaded").size() + " " + document.get("present").size() + " "
                + document.get("failed").size());
    }

    @Test
    void loads_only_the_further_tag_of_an_image_that_is_there() throws IOException {
        Path list = Files.writeString(folder.resolve("further.txt"), "quay.io/org/oci:v1 further\n");
        store.extract("--folder", set.layout.folder().toString(), "--list", list.toString());
        assertTrue(store.has("quay.io/org/oci:further"));
    }

    @Test
    void loads_a_tag_again_that_names_another_image_than_the_staged_one() throws IOException {
        TestImages old = new TestImages(folder.resolve("old/set"), null);
        old.add("quay.io/org/moved:latest", old.manifest(Manifest.DOCKER, old.layer("old", 100)));
        store.extract("--folder", old.layout.folder().toString());
        TestImages staged = new TestImages(folder.resolve("new/set"), null);
        Manifest image = staged.manifest(Manifest.OCI, staged.layer("new", 100));
        staged.add("quay.io/org/moved:latest", image);
        store.extract("--folder", staged.layout.folder().toString());
        assertTrue(store.has("quay.io/org/moved@" + image.descriptor().digest()));
    }

    @Test
    void works_from_a_read_only_mount() throws IOException {
        TestImages images = one("read-only", "quay.io/org/read-only:1");
        Path mount = Files.createDirectory(folder.resolve("mnt"));
        Proc.of("mount", "--bind", images.layout.folder().getParent().toString(), mount.toString()).check();
        try {
            Proc.of("mount", "-o", "remount,ro,bind", mount.toString()).check();
            Proc.Result result = store.extract("--folder", mount.resolve("set").toString());
            assertEquals(0, result.exit(), result.err());
        } finally {
            Proc.of("umount", mount.toString()).check();
        }
    }

    @Test
    void finds_the_set_and_its_list_below_the_mount_point_that_FOLDER_names() throws IOException {
        TestImages images = new TestImages(folder.resolve("mount-point/ocp-images"), null);
        images.add("quay.io/org/below:1", images.manifest(Manifest.DOCKER, images.layer("below", 100)));
        Files.move(images.layout.folder().resolve("images.txt"), images.layout.folder().resolve("ocp-images.txt"));
        Files.writeString(images.layout.folder().resolve("other.txt"), "quay.io/org/other:1\n");
        Proc.Result result = store.on(Proc.of(ImageStore.argv(ExtractOcp4103.class)))
                .env("FOLDER", folder.resolve("mount-point").toString()).run();
        assertTrue(result.ok() && store.has("quay.io/org/below:1"), result.err());
    }

    @Test
    void takes_the_list_that_OCP_RELEASE_LIST_names_in_the_folder() throws IOException {
        TestImages images = one("by-variable", "quay.io/org/by-variable:1");
        Files.writeString(images.layout.folder().resolve("other.txt"), "quay.io/org/other:1\n");
        Proc.Result result = store.on(Proc.of(ImageStore.argv(ExtractInitial4103.class))).in(images.layout.folder())
                .env("OCP_RELEASE_LIST", "images.txt").run();
        assertTrue(result.ok() && store.has("quay.io/org/by-variable:1"), result.err());
    }

    @Test
    void refuses_to_choose_between_several_lists() throws IOException {
        TestImages images = one("several", "quay.io/org/several:1");
        Files.writeString(images.layout.folder().resolve("other.txt"), "quay.io/org/other:1\n");
        Proc.Result result = store.extract("--folder", images.layout.folder().toString());
        assertEquals("1 true", result.exit() + " "
                + result.err().contains("images.txt, other.txt; name one with --list"), result.err());
    }

    @Test
    void loads_nothing_and_says_why_when_too_little_memory_would_stay_free() throws IOException {
        TestImages images = one("memory", "quay.io/org/memory:1");
        Proc.Result result = store.extract("--folder", images.layout.folder().toString(), "--spare-memory", "500TiB");
        assertTrue(result.ok() && result.out().startsWith("not loaded: the images unpack to "), result::toString);
        assertFalse(store.has("quay.io/org/memory:1"));
    }

    @Test
    void loads_when_enough_memory_stays_free() throws IOException {
        TestImages images = one("enough", "quay.io/org/enough:1");
        Proc.Result result = store.extract("--folder", images.layout.folder().toString(), "--spare-memory", "1MiB");
        assertTrue(result.ok() && store.has("quay.io/org/enough:1"), result::toString);
    }

    @Test
    void reads_blobs_from_elsewhere_when_told_so() throws IOException {
        TestImages images = new TestImages(folder.resolve("elsewhere/set"), folder.resolve("blobs-elsewhere"));
        images.add("quay.io/org/elsewhere:1", images.manifest(Manifest.OCI, images.layer("elsewhere", 100)));
        Proc.Result result = store.extract("--folder", images.layout.folder().toString(), "--blobs",
                folder.resolve("blobs-elsewhere").toString());
        assertEquals(0, result.exit(), result.err());
    }

    @Test
    void two_jobs_never_unpack_one_layer_at_the_same_time() throws IOException {
        TestImages images = new TestImages(folder.resolve("shared/set"), null);
        TestImages.Layer shared = images.layer("shared", 1000);
        for (String name : List.of("base-1", "base-2", "alone")) {
            TestImages.Layer own = images.layer(name, 100);
            images.add("quay.io/org/" + name + ":1", name.equals("alone") ? images.manifest(Manifest.DOCKER, own)
                    : images.manifest(Manifest.DOCKER, shared, own));
        }
        Path log = folder.resolve("skopeo.log");
        String path = store.pathWithSkopeo("for last; do :; done; echo begin $last >> " + log
                + "; \"$SKOPEO\" \"$@\"; r=$?; sleep 0.5; echo end $last >> " + log + "; exit $r");
        store.on(Proc.of(ImageStore.argv(ExtractInitial4103.class, "--folder", images.layout.folder().toString(),
                "--jobs", "2"))).env("PATH", path).check();
        List<String> events = Files.readAllLines(log).stream()
                .map(l -> l.replaceAll("containers-storage:quay.io/org/|:1", "")).toList();
        assertFalse(events.indexOf("begin base-2") < events.indexOf("end base-1"), events.toString());
        assertTrue(events.indexOf("begin alone") < events.indexOf("end base-1"), events.toString());
    }

    private static TestImages one(String name, String reference) throws IOException {
        TestImages images = new TestImages(folder.resolve(name + "/set"), null);
        return images.add(reference, images.manifest(Manifest.DOCKER, images.layer(name, 100)));
    }
}
