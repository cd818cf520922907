//SOURCES ../common/cli/Proc.java
//SOURCES ../common/oci/Descriptor.java
//SOURCES ../common/oci/Digest.java
//SOURCES ../common/oci/LegacyTarball.java
//SOURCES ../common/oci/Manifest.java
//SOURCES ImageStore.java
//SOURCES TestImages.java

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import common.cli.Proc;
import common.oci.Descriptor;
import common.oci.Digest;
import common.oci.LegacyTarball;
import common.oci.Manifest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("extract")
@DisplayName("The original's NAME.tgz")
class LegacyTarballTest {
    private static final String TOOL = "quay.io/org/tool:latest";
    @TempDir
    static Path folder;
    private static ImageStore store;
    private static TestImages images;
    private static String byDigest;
    private static String byList;

    @BeforeAll
    static void images() throws IOException {
        store = new ImageStore(folder.resolve("store"));
        images = new TestImages(folder.resolve("set"), null);
        TestImages.Layer base = images.layer("base", 100_000);
        Manifest docker = images.manifest(Manifest.DOCKER, base, images.layer("docker", 100));
        Manifest list = images.list(images.manifest(Manifest.OCI, base, images.layer("list", 100)));
        byDigest = "quay.io/org/art-dev@" + docker.descriptor().digest();
        byList = "quay.io/org/art-dev@" + list.descriptor().digest();
        images.add(byDigest, docker).add(byList, list).add(TOOL, images.manifest(Manifest.OCI, base));
    }

    @AfterAll
    static void unmount() throws IOException {
        store.close();
    }

    private static String name(String reference) {
        return reference.substring(reference.lastIndexOf('/') + 1).replaceFirst(":", "_");
    }

    private static Path write(Path folder) throws IOException {
        Files.createDirectories(folder);
        for (Descriptor image : images.layout.images()) {
            LegacyTarball.write(images.layout, image, name(image.name()), folder.resolve(name(image.name()) + ".tgz"));
        }
        return Files.copy(images.layout.folder().resolve("images.txt"), folder.resolve("ai-images.txt")).getParent();
    }

    @Test
    void that_we_wrote_is_loaded_by_the_original_loop_also_under_a_list_digest() throws IOException {
        try (ImageStore old = new ImageStore(folder.resolve("old-store"))) {
            old.on(Proc.of("sh", "-ec", """
                    for ref in $(cat ai-images.txt); do
                        name=$(echo "${ref##*/}" | sed 's/:/_/')
                        tar zxf "$name.tgz"
                        skopeo copy -q "dir:$PWD/$name" "containers-storage:$ref"
                        rm -rf "$name"
                    done""")).in(write(folder.resolve("for-old"))).check();
            assertEquals("true true true", old.has(byDigest) + " " + old.has(byList) + " " + old.has(TOOL));
        }
    }

    @Test
    void that_we_wrote_has_the_same_bytes_every_time() throws IOException {
        String tool = "tool_latest.tgz";
        assertArrayEquals(Files.readAllBytes(write(folder.resolve("once")).resolve(tool)),
                Files.readAllBytes(write(folder.resolve("twice")).resolve(tool)));
    }

    @Test
    void that_we_wrote_is_loaded_also_under_a_list_digest() throws IOException {
        Proc.Result result = store.extract("--folder", write(folder.resolve("ours")).toString());
        assertEquals("0 true true []", result.exit() + " " + store.has(byList) + " " + store.has(TOOL)
                + " " + store.leftovers(), result.err());
    }

    @Test
    void that_the_original_pull_wrote_is_loaded_with_its_manifest_last() throws IOException {
        Path old = Files.createDirectory(folder.resolve("original"));
        Manifest image = images.manifest(Manifest.DOCKER, images.layer("original", 100));
        new TestImages(folder.resolve("one/set"), images.layout.blobs()).add("quay.io/org/original:1", image);
        Proc.of("skopeo", "copy", "-q", "--src-shared-blob-dir", images.layout.blobs().toString(),
                "oci:" + folder.resolve("one/set"), "dir:" + old.resolve("original_1")).check();
        Proc.of("sh", "-c", "d=./original_1; tar zcf original_1.tgz $d/version $d/[0-9a-f]* $d/manifest.json").in(old)
                .check();
        Files.writeString(old.resolve("list.txt"), "quay.io/org/original:1 extra\n");
        Proc.Result result = store.extract("--folder", old.toString());
        assertEquals("0 true true", result.exit() + " " + store.has("quay.io/org/original:extra") + " "
                + store.has("quay.io/org/original@" + image.descriptor().digest()), result.err());
    }

    @Test
    void is_refused_when_it_holds_another_image_than_the_listed_digest() throws IOException {
        Path wrong = Files.createDirectory(folder.resolve("wrong"));
        String listed = "quay.io/org/art-dev@" + Digest.of("another".getBytes());
        Files.writeString(wrong.resolve("list.txt"), listed + "\n");
        Path tgz = wrong.resolve(name(listed) + ".tgz");
        LegacyTarball.write(images.layout, images.layout.images().get(0), name(listed), tgz);
        Proc.Result result = store.extract("--folder", wrong.toString());
        assertTrue(result.err().startsWith("error: " + listed + ": the image that is there has another digest"),
                result.err());
    }
}
