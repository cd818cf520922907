//SOURCES ../common/oci/Descriptor.java
//SOURCES ../common/oci/Manifest.java
//SOURCES ../common/oci/OciLayout.java
//SOURCES ServedTree.java
//SOURCES TestImages.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

import common.oci.Descriptor;
import common.oci.Manifest;
import common.oci.OciLayout;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A set whose blobs are shared with others")
class SharedBlobsTest {
    @TempDir
    Path folder;

    /** A set with one image on the base layer that all have. */
    private OciLayout set(String name) throws IOException {
        TestImages made = new TestImages(folder.resolve(name), folder.resolve("store/blobs"));
        made.add("quay.io/org/" + name, made.manifest(Manifest.OCI, made.layer("base", 100), made.layer(name, 100)));
        return made.layout;
    }

    private static void drop(OciLayout set) throws IOException {
        List<Descriptor> before = set.images();
        set.commit(List.of());
        set.prune(before);
    }

    @Test
    @DisplayName("keeps what a set elsewhere needs when its own images go, and removes the rest")
    void elsewhere() throws IOException {
        OciLayout one = set("one/images-1");
        OciLayout two = set("two/images-1");
        drop(one);
        assertEquals(4, two.whole(two.images().get(0)).size());
        assertEquals(4, ServedTree.blobs(folder.resolve("store")).size());
    }

    @Test
    @DisplayName("loses no blob while a set that uses them is not there to be asked, nor when one is damaged")
    void notThere() throws IOException {
        OciLayout one = set("one/images-1");
        OciLayout two = set("two/images-1");
        Files.move(folder.resolve("two"), folder.resolve("unplugged"));
        Set<String> before = ServedTree.blobs(folder.resolve("store"));
        drop(one);
        assertEquals(before, ServedTree.blobs(folder.resolve("store")));
        Files.move(folder.resolve("unplugged"), folder.resolve("two"));
        Files.writeString(two.index(), "{");
        drop(set("one/images-1"));
        assertTrue(ServedTree.blobs(folder.resolve("store")).containsAll(before));
    }

    @Test
    @DisplayName("is a layout also without an image, and the next pull reads it")
    void empty() throws IOException {
        OciLayout one = set("one/images-1");
        drop(one);
        assertTrue(Files.readString(one.index()).contains("\"manifests\""));
        assertEquals(List.of(), one.images());
        assertFalse(Files.exists(one.blobs().resolve("index.json")));
    }
}
