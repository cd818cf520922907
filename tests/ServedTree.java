//SOURCES TestImages.java
//SOURCES ../common/Inventory.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.Descriptor;
import common.Digest;
import common.Inventory;
import common.Json;
import common.Manifest;
import common.OciLayout;

/** A factory server's container-images folder as the pull scripts leave it: image sets that share blobs, an inventory. */
final class ServedTree {
    final Path root;

    ServedTree(Path root) {
        this.root = root;
    }

    /** The two sets of one release, small: three and two images on one base layer, one of them multi-arch. */
    static ServedTree small(Path root) throws IOException {
        return new ServedTree(root).pull("ai-images", "4.10.3", 3, 40_000).pull("ocp-images", "4.10.3", 2, 40_000);
    }

    /** Adds one set: a base layer that all releases and sets share, a layer for each image, the first image as a list. */
    ServedTree pull(String set, String release, int images, int layerBytes) throws IOException {
        TestImages made = new TestImages(folder(set, release), null);
        TestImages.Layer base = made.layer("base", layerBytes);
        for (int i = 0; i < images; i++) {
            String name = set + "-" + release + "-" + i;
            Manifest image = made.manifest(Manifest.DOCKER, base, made.layer(name, layerBytes));
            Manifest listed = i == 0 ? made.list(image) : image;
            made.add("quay.io/openshift/" + name + "@" + listed.descriptor().digest(), listed);
        }
        OciLayout layout = made.layout;
        Path list = layout.folder().resolve("images.txt");
        Inventory.update(layout, new Inventory.SetOf(set, release, "linux/amd64", images, List.of()), list,
                List.of(layout.folder().resolve("oci-layout"), layout.index(), list));
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
        files.addObject().put("path", name).put("size", bytes.length).put("sha256", Digest.of(bytes).hex()).put("kind", kind);
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

    /** How many blobs there are, partial ones aside. */
    static int blobs(Path root) throws IOException {
        try (Stream<Path> files = Files.list(root.resolve("blobs/sha256"))) {
            return (int) files.filter(f -> !f.getFileName().toString().startsWith(".")).count();
        }
    }

    /** Every file with type, mode and content, one a line; of staged.json all but the time. */
    static String content(Path root) throws IOException {
        List<String> lines = new ArrayList<>();
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.sorted().toList()) {
                Set<?> mode = Files.isSymbolicLink(file) ? Set.of() : new TreeSet<>(Files.getPosixFilePermissions(file));
                String what = Files.isSymbolicLink(file) ? "-> " + Files.readSymbolicLink(file)
                        : Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS) ? "folder" : Digest.of(bytes(file)).hex();
                lines.add(root.relativize(file) + " " + what + " " + mode);
            }
        }
        return String.join("\n", lines);
    }

    private static byte[] bytes(Path file) throws IOException {
        return file.endsWith("staged.json") ? Files.readString(file).replaceFirst("\"when\".*", "").getBytes()
                : Files.readAllBytes(file);
    }
}
