//SOURCES ../common/cli/Json.java
//SOURCES ../common/inventory/Inventory.java
//SOURCES ../common/oci/Descriptor.java
//SOURCES ../common/oci/Digest.java
//SOURCES ../common/oci/Manifest.java
//SOURCES ../common/oci/OciLayout.java
//SOURCES Scripts.java
//SOURCES TestImages.java

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Json;
import common.inventory.Inventory;
import common.oci.Descriptor;
import common.oci.Digest;
import common.oci.Manifest;
import common.oci.OciLayout;

/** A factory server's container-images as the pull scripts leave it: image sets that share blobs, an inventory. */
final class ServedTree {
    final Path root;

    ServedTree(Path root) {
        this.root = root;
    }

    /** The two sets of one release, small: three and two images on one base layer, one of them multi-arch. */
    static ServedTree small(Path root) throws IOException {
        return new ServedTree(root).pull("ai-images", "4.10.3", 3, 40_000).pull("ocp-images", "4.10.3", 2, 40_000);
    }

    /** Adds one set: a base layer that all sets share, a layer for each image, the first image as a list. */
    ServedTree pull(String set, String release, int images, int layerBytes) throws IOException {
        TestImages made = new TestImages(folder(set, release), null);
        TestImages.Layer base = made.layer("base", layerBytes);
        for (int i = 0; i < images; i++) {
            String name = set + "-" + release + "-" + i;
            Manifest image = made.manifest(Manifest.DOCKER, base, made.layer(name, layerBytes));
            Manifest listed = i == 0 ? made.list(image) : image;
            made.add("quay.io/openshift/" + name + "@" + listed.descriptor().digest(), listed);
        }
        return update(set, release);
    }

    private ServedTree update(String set, String release) throws IOException {
        OciLayout layout = OciLayout.at(folder(set, release), null);
        Path list = layout.folder().resolve("images.txt");
        Inventory.update(layout, new Inventory.SetOf(set, release, "linux/amd64", layout.images().size(), List.of()), list,
                List.of(layout.folder().resolve("oci-layout"), layout.index(), list));
        return this;
    }

    /** Marks the n-th listed image as one that no container runs from. */
    ServedTree mark(String set, String release, int n) throws IOException {
        Path list = folder(set, release).resolve("images.txt");
        List<String> lines = new ArrayList<>(Files.readAllLines(list));
        lines.set(n, lines.get(n) + " !whole");
        Files.write(list, lines);
        return update(set, release);
    }

    /** The set's blobs by name: manifests and configs of all images, and the layers of the last {@code whole} ones. */
    Set<String> blobs(String set, String release, int whole) {
        OciLayout layout = OciLayout.at(folder(set, release), null);
        Set<Digest> layers = new HashSet<>();
        Set<Digest> blobs = new HashSet<>();
        List<Descriptor> images = layout.images();
        for (Descriptor image : images) {
            layout.reach(image).forEach(b -> blobs.add(b.digest()));
            List<Manifest> manifests = new ArrayList<>(List.of(layout.manifest(image.digest())));
            manifests.get(0).manifests().stream().filter(layout::holds)
                    .forEach(m -> manifests.add(layout.manifest(m.digest())));
            if (images.indexOf(image) < images.size() - whole) {
                manifests.forEach(m -> m.layers().forEach(l -> layers.add(l.digest())));
            }
        }
        for (Descriptor image : images.subList(images.size() - whole, images.size())) {
            layout.reach(image).forEach(b -> layers.remove(b.digest()));
        }
        blobs.removeAll(layers);
        return blobs.stream().map(Digest::hex).collect(Collectors.toSet());
    }

    /** The config of the set's last image. */
    Path config(String set, String release) {
        OciLayout layout = OciLayout.at(folder(set, release), null);
        List<Descriptor> images = layout.images();
        return layout.blob(layout.manifest(images.get(images.size() - 1).digest()).blobs().get(0).digest());
    }

    /** Takes a file at the base away, and out of the inventory. */
    ServedTree remove(String name) throws IOException {
        Files.delete(root.resolve(name));
        ObjectNode inventory = (ObjectNode) Json.read(root.resolve(Inventory.FILE));
        ((ArrayNode) inventory.get("files")).removeIf(f -> f.get("path").asText().equals(name));
        Json.write(root.resolve(Inventory.FILE), inventory);
        return this;
    }

    Path folder(String set, String release) {
        return root.resolve(set.replace("ai-", "") + "-" + release);
    }

    ServedTree withoutInventory() throws IOException {
        Files.delete(root.resolve(Inventory.FILE));
        return this;
    }

    /** Puts a file at the base, and into the inventory. */
    ServedTree add(String name, String kind, byte[] bytes) throws IOException {
        Files.write(root.resolve(name), bytes);
        ObjectNode inventory = (ObjectNode) Json.read(root.resolve(Inventory.FILE));
        ArrayNode files = inventory.withArray("files");
        files.removeIf(f -> f.get("path").asText().equals(name));
        files.addObject().put("path", name).put("size", bytes.length).put("sha256", Digest.of(bytes).hex())
                .put("kind", kind);
        Json.write(root.resolve(Inventory.FILE), inventory);
        return this;
    }

    /** The last layer of the set's last image: no other image has it. */
    Path ownLayer(String set, String release) {
        OciLayout layout = OciLayout.at(folder(set, release), null);
        List<Descriptor> images = layout.images();
        List<Descriptor> layers = layout.manifest(images.get(images.size() - 1).digest()).layers();
        return layout.blob(layers.get(layers.size() - 1).digest());
    }

    /** The whole blobs there, by name. */
    static Set<String> blobs(Path root) throws IOException {
        if (!Files.exists(root.resolve("blobs/sha256"))) {
            return Set.of();
        }
        try (Stream<Path> files = Files.list(root.resolve("blobs/sha256"))) {
            return files.map(f -> f.getFileName().toString()).filter(f -> !f.startsWith("."))
                    .collect(Collectors.toSet());
        }
    }

    /** Every blob that counts as whole is. */
    static void assertNothingHalf(Path disk) throws IOException {
        for (String blob : blobs(disk)) {
            assertEquals(blob, Digest.of(disk.resolve("blobs/sha256/" + blob)).hex());
        }
    }

    /** What a staged disk holds (see {@link Scripts#tree}), all but the time in staged.json. */
    static Map<String, String> staged(Path disk) throws IOException {
        Map<String, String> tree = Scripts.tree(disk);
        tree.replace("staged.json", Files.readString(disk.resolve("staged.json")).replaceFirst("\"when\".*", ""));
        return tree;
    }
}
