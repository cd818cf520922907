//SOURCES ../common/cli/FileTree.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/oci/Descriptor.java
//SOURCES ../common/oci/Digest.java
//SOURCES ../common/oci/Manifest.java
//SOURCES ../container-images/images-4.10.3/extract-initial-4.10.3.java
//SOURCES ImageStore.java
//SOURCES TestImages.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

import common.cli.FileTree;
import common.cli.Proc;
import common.oci.Descriptor;
import common.oci.Digest;
import common.oci.Manifest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("extract")
@Tag("fault")
@DisplayName("Extract, when something is wrong,")
class ExtractFaultTest {
    private static final Descriptor GONE = new Descriptor(Manifest.DOCKER, Digest.of("gone".getBytes()), 4, null, null);
    @TempDir
    static Path folder;
    private static ImageStore store;
    private static TestImages set;
    private static TestImages.Layer corrupted;
    private static TestImages.Layer disguised;
    private static TestImages.Layer missing;
    private static TestImages.Layer cut;
    private static Proc.Result result;

    @BeforeAll
    static void extractASetWithOneFaultOfEachKind() throws IOException {
        store = new ImageStore(folder.resolve("store"));
        set = new TestImages(folder.resolve("set"), null);
        corrupted = set.layer("corrupted", 50_000);
        disguised = set.layer("disguised", 50_000);
        missing = set.layer("missing", 100);
        cut = set.layer("cut", 50_000);
        TestImages.Layer good = set.layer("good", 100);
        Manifest image = set.manifest(Manifest.DOCKER, good);
        Manifest badManifest = set.manifest(Manifest.OCI, good);
        Manifest notHere = set.manifest(Manifest.OCI, good);
        set.add("quay.io/org/corrupted:1", set.manifest(Manifest.DOCKER, good, corrupted))
                .add("quay.io/org/disguised:1", set.manifest(Manifest.DOCKER, good, disguised))
                .add("quay.io/org/missing:1", set.manifest(Manifest.DOCKER, good, missing))
                .add("quay.io/org/cut:1", set.manifest(Manifest.DOCKER, good, cut))
                .add("quay.io/org/manifest:1", badManifest)
                .add("quay.io/org/platform:1", set.list(notHere))
                .add("quay.io/org/other@" + GONE.digest(), image)
                .add("quay.io/org/good:1", image);
        flip(set.layout.blob(corrupted.digest()), 40_000);
        flip(set.layout.blob(disguised.digest()), 9); // the header's operating system: it unpacks to the same files
        Files.delete(set.layout.blob(missing.digest()));
        byte[] half = Files.readAllBytes(set.layout.blob(cut.digest()));
        Files.write(set.layout.blob(cut.digest()), Arrays.copyOf(half, half.length - 1));
        byte[] json = badManifest.bytes().clone();
        json[1] = ' '; // was a line end: the same JSON
        Files.write(set.layout.blob(badManifest.descriptor().digest()), json);
        Files.delete(set.layout.blob(notHere.descriptor().digest()));
        Path list = folder.resolve("list.txt");
        Files.write(list, Files.readAllLines(set.layout.folder().resolve("images.txt")));
        Files.writeString(list, Files.readString(list) + "quay.io/org/unknown:1\n");
        result = store.extract("--retries", "0", "--folder", set.layout.folder().toString(), "--list", list.toString());
    }

    private static void flip(Path file, int at) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[at] ^= 1;
        Files.write(file, bytes);
    }

    @AfterAll
    static void unmount() throws IOException {
        store.close();
    }

    @Test
    void ends_with_exit_code_3_when_some_images_failed() {
        assertEquals(3, result.exit(), result.err());
    }

    @Test
    void loads_the_images_that_are_whole() {
        assertTrue(store.has("quay.io/org/good:1"));
    }

    @Test
    void has_skopeo_refuse_a_layer_with_one_wrong_bit() {
        error("quay.io/org/corrupted:1", "gzip: invalid checksum");
    }

    @Test
    void has_skopeo_refuse_a_layer_that_unpacks_well_but_is_not_of_its_digest() {
        error("quay.io/org/disguised:1", "Digest did not match, expected " + disguised.digest());
    }

    @Test
    void has_skopeo_keep_its_temporary_files_where_they_can_be_removed() {
        error("quay.io/org/corrupted:1", "storing blob to file \"" + store.temp);
    }

    @Test
    void names_a_missing_blob() {
        error("quay.io/org/missing:1", set.layout.blob(missing.digest()) + ": missing");
    }

    @Test
    void names_a_blob_that_has_not_the_size_its_manifest_says() {
        error("quay.io/org/cut:1",
                set.layout.blob(cut.digest()) + ": has " + (cut.size() - 1) + " bytes instead of " + cut.size());
    }

    @Test
    void refuses_a_manifest_whose_bytes_are_not_of_its_digest() {
        error("quay.io/org/manifest:1", ": corrupted, its bytes have sha256:");
    }

    @Test
    void refuses_a_list_of_which_no_image_is_staged() {
        error("quay.io/org/platform:1", "none of the list's manifests is in " + set.layout.blobs());
    }

    @Test
    void refuses_an_image_that_has_not_the_listed_digest() {
        error("quay.io/org/other@" + GONE.digest(), "the image that is there has another digest");
    }

    @Test
    void names_a_listed_image_that_is_not_staged() {
        error("quay.io/org/unknown:1", "neither in " + set.layout.index() + " nor there as unknown_1.tgz");
    }

    @Test
    void leaves_no_temporary_file() {
        assertEquals(List.of(), store.leftovers());
    }

    private static void error(String reference, String reason) {
        String line = result.err().lines().filter(l -> l.startsWith("error: " + reference + ": ")).findFirst()
                .orElse(result.err());
        assertTrue(line.contains(reason), "no \"" + reason + "\" in: " + line);
        assertFalse(store.has(reference), "is in the store");
    }

    @Test
    void ends_with_exit_code_1_when_no_image_could_be_loaded() throws IOException {
        Path list = Files.writeString(folder.resolve("none.txt"), "quay.io/org/missing:1\n");
        assertEquals(1, store.extract("--folder", set.layout.folder().toString(), "--list", list.toString()).exit());
    }

    @Test
    void tells_that_the_partition_may_not_be_mounted() throws IOException {
        Proc.Result empty = store.extract("--folder", Files.createDirectory(folder.resolve("empty")).toString());
        assertEquals("1 true", empty.exit() + " " + empty.err().contains("is the data partition mounted?"));
    }

    @Test
    void ends_with_exit_code_4_and_names_the_package_when_skopeo_is_not_installed() throws IOException {
        String path = Files.createDirectory(folder.resolve("bin")).toString();
        Proc.Result bare = store.on(Proc.of(ImageStore.argv(ExtractInitial4103.class, "--folder",
                set.layout.folder().toString()))).env("PATH", path).run();
        assertEquals("4 true", bare.exit() + " " + bare.err().contains("not installed: skopeo, podman"), bare.err());
    }

    @Test
    void tries_the_image_that_failed_again() throws IOException {
        Path once = folder.resolve("failed-once");
        Proc.Result retried = with("retried", "case \"$*\" in *retried-2*) [ -e " + once + " ] || { touch " + once
                + "; echo fault >&2; exit 1; };; esac; exec \"$SKOPEO\" \"$@\"").run();
        assertEquals("0 true", retried.exit() + " " + store.has("quay.io/org/retried-2:1"), retried.err());
    }

    @Test
    void gives_up_after_the_retries_that_were_asked_for() throws IOException {
        Path log = folder.resolve("tries");
        with("given-up", "echo try >> " + log + "; exit 1", "--retries", "1").run();
        assertEquals(2 * 2, Files.readAllLines(log).size());
    }

    @Test
    void removes_its_temporary_files_and_ends_with_130_on_Ctrl_C() throws Exception {
        Path begun = folder.resolve("begun");
        Process process = with("interrupted", "mkdir $2/storage1; touch " + begun + "; exec sleep 60")
                .background(folder.resolve("interrupted.log"));
        while (!Files.exists(begun)) {
            assertFalse(process.waitFor(50, TimeUnit.MILLISECONDS), "ended too early");
        }
        Proc.of("kill", "-INT", String.valueOf(process.pid())).check();
        assertTrue(process.waitFor(20, TimeUnit.SECONDS), "still runs");
        assertEquals("130 []", process.exitValue() + " " + store.leftovers());
    }

    @Test
    void goes_on_after_a_kill_in_the_middle_of_a_copy() throws Exception {
        Path begun = folder.resolve("killed-at");
        Proc killed = with("killed", "touch " + begun + "; exec \"$SKOPEO\" \"$@\"");
        Process process = killed.background(folder.resolve("killed.log"));
        while (!Files.exists(begun)) {
            assertFalse(process.waitFor(5, TimeUnit.MILLISECONDS), "ended too early");
        }
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().waitFor();
        Proc.Result again = with("killed", "exec \"$SKOPEO\" \"$@\"").run();
        for (Path left : store.leftovers()) { // of a kill that nobody can catch
            FileTree.delete(left);
        }
        assertEquals("0 true", again.exit() + " " + store.has("quay.io/org/killed-2:1"), again.err());
    }

    /** A run on a set of two images of its own, with this script in place of skopeo. */
    private static Proc with(String name, String skopeo, String... options) throws IOException {
        TestImages images = new TestImages(folder.resolve(name + "/set"), null);
        for (String n : List.of(name + "-1", name + "-2")) {
            images.add("quay.io/org/" + n + ":1", images.manifest(Manifest.DOCKER, images.layer(n, 3_000_000)));
        }
        List<String> argv = ImageStore.argv(ExtractInitial4103.class, options);
        argv.addAll(List.of("--folder", images.layout.folder().toString()));
        return store.on(Proc.of(argv)).env("PATH", store.pathWithSkopeo(skopeo));
    }
}
