//SOURCES ../common/cli/Json.java

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

/**
 * Looks at a folder of images without the product's own readers and digests: whoever has a fault in them would not see
 * what it let through.
 */
final class IndependentCheck {
    private static final ObjectMapper JSON = new ObjectMapper();

    private IndependentCheck() {
    }

    static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    /** What is below a folder: path -> sha256 of a file, target of a symlink, nothing of a folder. */
    static Map<String, String> tree(Path folder) throws IOException {
        Map<String, String> tree = new TreeMap<>();
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : paths.toList()) {
                tree.put(folder.relativize(path).toString(), Files.isSymbolicLink(path)
                        ? Files.readSymbolicLink(path).toString()
                        : Files.isRegularFile(path) ? sha256(Files.readAllBytes(path)) : "");
            }
        }
        return tree;
    }

    /** Every blob below ROOT/blobs/sha256 whose name says that it is whole has that digest. */
    static void assertBlobs(Path root) throws IOException {
        Path blobs = root.resolve("blobs/sha256");
        if (!Files.exists(blobs)) {
            return;
        }
        try (Stream<Path> files = Files.list(blobs)) {
            for (Path blob : files.filter(f -> !f.getFileName().toString().startsWith(".")).toList()) {
                assertEquals(blob.getFileName().toString(), sha256(Files.readAllBytes(blob)), "a blob that is not whole");
            }
        }
    }

    /**
     * Every image that ROOT/SET/index.json names (image specification, image-layout.md) is there with all that it needs;
     * how many these are, 0 without such a file.
     */
    static int images(Path root, String set) throws IOException {
        Path index = root.resolve(set).resolve("index.json");
        if (!Files.exists(index)) {
            return 0;
        }
        JsonNode images = JSON.readTree(index.toFile()).required("manifests");
        for (JsonNode image : images) {
            assertThere(root, image);
        }
        return images.size();
    }

    /** A manifest's config and layers; of a list those manifests that are there, and at least one. */
    private static void assertThere(Path root, JsonNode descriptor) throws IOException {
        JsonNode manifest = JSON.readTree(bytes(root, descriptor));
        if (!manifest.has("manifests")) {
            bytes(root, manifest.required("config"));
            for (JsonNode layer : manifest.required("layers")) {
                bytes(root, layer);
            }
            return;
        }
        int there = 0;
        for (JsonNode platform : manifest.get("manifests")) {
            if (Files.exists(file(root, platform))) {
                assertThere(root, platform);
                there++;
            }
        }
        assertEquals(true, there > 0, () -> "no platform of " + descriptor);
    }

    private static Path file(Path root, JsonNode descriptor) {
        return root.resolve("blobs").resolve(descriptor.required("digest").asText().replace(':', '/'));
    }

    private static byte[] bytes(Path root, JsonNode descriptor) throws IOException {
        byte[] bytes = Files.readAllBytes(file(root, descriptor));
        assertEquals(descriptor.required("digest").asText() + " " + descriptor.required("size").asLong(),
                "sha256:" + sha256(bytes) + " " + bytes.length);
        return bytes;
    }
}
