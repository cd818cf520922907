package common.storage;

//SOURCES ../cli/Json.java
//SOURCES ../cli/AtomicFile.java
//SOURCES ../cli/FileTree.java
//SOURCES ../oci/Digest.java

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.AtomicFile;
import common.cli.FileTree;
import common.cli.Json;
import common.oci.Digest;

/**
 * Makes two stores of the same images the same, whenever and in whatever order these were loaded. An overlay graphroot
 * (github.com/containers/storage, drivers/overlay/overlay.go, layers.go, images.go) has by chance:
 *
 * <pre>
 * overlay/ID/link        a random name; overlay/l/NAME is a symlink to ../ID/diff, overlay/ID/lower lists l/NAMEs
 * overlay-layers/layers.json, overlay-images/images.json   order; of layers the time they were unpacked
 * *.lock                 who wrote last
 * </pre>
 *
 * Interrupted at any point it leaves a store that works.
 */
final class StoreNormalizer {
    /** What an additional image store needs; all else is of the programs that wrote the store. */
    private static final Set<String> NEEDED = Set.of("overlay", "overlay-images", "overlay-layers");
    private static final String BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    /**
     * Who wrote last, 64 bytes as containers-storage has it (pkg/lockfile): of an empty file it takes for granted that
     * somebody has written since, and reads both JSON files again for every image and layer: 9 s for 162 images.
     */
    private static final String WRITER = "0".repeat(64);

    private final Path store;
    private final String time;

    /**
     * @param store nothing may be mounted below it
     * @param time what becomes the time of all layers, ISO 8601
     */
    StoreNormalizer(Path store, String time) {
        this.store = store;
        this.time = time;
    }

    void make() throws IOException {
        try (DirectoryStream<Path> all = Files.newDirectoryStream(store)) {
            for (Path file : all) {
                if (!NEEDED.contains(file.getFileName().toString())) {
                    FileTree.delete(file);
                }
            }
        }
        rename();
        sort("overlay-layers/layers.json", layer -> layer.put("created", time));
        sort("overlay-images/images.json", image -> {
            sorted(image, "names");
            sorted(image, "names-history");
            sorted(image, "big-data-names");
        });
        for (String lock : List.of("overlay-layers/layers.lock", "overlay-images/images.lock")) {
            Files.writeString(store.resolve(lock), WRITER);
        }
    }

    private interface Change {
        void on(ObjectNode entry);
    }

    private void sort(String name, Change change) throws IOException {
        Path file = store.resolve(name);
        List<ObjectNode> entries = new ArrayList<>();
        Json.read(file).forEach(e -> entries.add((ObjectNode) e));
        entries.forEach(change::on);
        entries.sort(Comparator.comparing(e -> e.path("id").asText()));
        ArrayNode sorted = Json.object().putArray("sorted");
        entries.forEach(sorted::add);
        Json.write(file, sorted);
    }

    private static void sorted(ObjectNode entry, String field) {
        List<String> names = new ArrayList<>();
        entry.path(field).forEach(n -> names.add(n.asText()));
        if (!names.isEmpty()) {
            names.stream().distinct().sorted().forEach(entry.putArray(field)::add);
        }
    }

    /** Adds the links under their new names, then turns the layers to them, then drops the old ones. */
    private void rename() throws IOException {
        Path links = store.resolve("overlay/l");
        Map<String, String> names = new HashMap<>();
        List<Path> layers;
        try (Stream<Path> all = Files.list(store.resolve("overlay"))) {
            layers = all.filter(l -> Files.exists(l.resolve("link"))).sorted().toList();
        }
        for (Path layer : layers) {
            String name = name(layer.getFileName().toString());
            names.put(Files.readString(layer.resolve("link")), name);
            if (!Files.exists(links.resolve(name), LinkOption.NOFOLLOW_LINKS)) {
                Files.createSymbolicLink(links.resolve(name), Path.of("..", layer.getFileName().toString(), "diff"));
            }
        }
        for (Path layer : layers) {
            Path lower = layer.resolve("lower");
            if (Files.exists(lower)) {
                String renamed = Stream.of(Files.readString(lower).split(":")).map(l -> l.substring(2))
                        .map(l -> "l/" + names.getOrDefault(l, l)).collect(Collectors.joining(":"));
                replace(lower, renamed);
            }
        }
        for (Path layer : layers) {
            Path link = layer.resolve("link");
            replace(link, names.get(Files.readString(link)));
        }
        try (DirectoryStream<Path> all = Files.newDirectoryStream(links)) {
            for (Path link : all) {
                if (!names.containsValue(link.getFileName().toString())) {
                    Files.delete(link);
                }
            }
        }
    }

    /** Without fsync, which would cost more than all else: after a power cut the scratch store is not gone on with. */
    private static void replace(Path file, String text) throws IOException {
        AtomicFile.rename(Files.writeString(file.resolveSibling("." + file.getFileName()), text), file);
    }

    /** Like the random ones: 26 letters and digits of RFC 4648 base 32, 130 bits of a digest of the layer's ID. */
    private static String name(String layer) {
        String hex = Digest.of(layer.getBytes(StandardCharsets.US_ASCII)).hex();
        BigInteger bits = new BigInteger(hex, 16);
        StringBuilder name = new StringBuilder();
        for (int i = 0; i < 26; i++) {
            name.append(BASE32.charAt(bits.shiftRight(5 * i).intValue() & 31));
        }
        return name.toString();
    }
}
