package common.registry;

//SOURCES ../cli/Json.java
//SOURCES ../oci/Descriptor.java
//SOURCES ../oci/ImageList.java
//SOURCES ../oci/OciLayout.java
//DEPS org.apache.commons:commons-compress:1.28.0

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Json;
import common.oci.Descriptor;
import common.oci.ImageList;
import common.oci.OciLayout;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * What people call images: their names in a release (image-references, an ImageStream of image.openshift.io/v1), from
 * the release images whose blobs are here. For the screen only: what cannot be read names nothing, and is no error.
 * Not for several threads.
 */
final class ImageNames {
    private static final String REFERENCES = "release-manifests/image-references";
    private static final int MAX_BYTES = 8 << 20;
    private static final int SHOWN = 12;

    private final OciLayout layout;
    /** {@code sha256:HEX} of an image -> its name. */
    private final Map<String, String> names = new HashMap<>();

    /** Knows the releases in the set itself and in those beside it that share its blobs. */
    ImageNames(OciLayout layout) {
        this.layout = layout;
        try (Stream<Path> sets = Files.list(layout.blobs().toAbsolutePath().getParent())) {
            for (Path index : sets.map(s -> s.resolve("index.json")).filter(Files::exists).toList()) {
                OciLayout.images(Json.read(index), index.toString()).forEach(i -> learn(i.name(), i));
            }
        } catch (IOException | RuntimeException e) {
            // without names, then
        }
    }

    static boolean isRelease(String reference) {
        return reference.matches(".*/[\\w.-]*release[:@].*");
    }

    /** Takes the names of an image whose blobs are here, if it is a release. */
    void learn(String reference, Descriptor image) {
        if (reference == null || !isRelease(reference)) {
            return;
        }
        try {
            List<Descriptor> layers = new ArrayList<>(layout.manifest(image.digest()).layers());
            Collections.reverse(layers);
            for (Descriptor layer : layers) {
                if (layout.holds(layer) && references(layer)) {
                    return;
                }
            }
        } catch (IOException | RuntimeException e) {
            // a list of manifests, or a layer of another compression
        }
    }

    private boolean references(Descriptor layer) throws IOException {
        try (InputStream file = new BufferedInputStream(Files.newInputStream(layout.blob(layer.digest())));
                TarArchiveInputStream tar = new TarArchiveInputStream(unpacked(file), "UTF-8")) {
            for (TarArchiveEntry e; (e = tar.getNextEntry()) != null;) {
                if (e.getName().replaceFirst("^\\./", "").equals(REFERENCES)) {
                    for (JsonNode tag : Json.parse(tar.readNBytes(MAX_BYTES), REFERENCES).path("spec").path("tags")) {
                        String from = tag.path("from").path("name").asText();
                        names.put(from.substring(from.indexOf('@') + 1), tag.path("name").asText());
                    }
                    return true;
                }
            }
        }
        return false;
    }

    private static InputStream unpacked(InputStream layer) throws IOException {
        layer.mark(2);
        boolean gzip = layer.read() == 0x1f && layer.read() == 0x8b;
        layer.reset();
        return gzip ? new GZIPInputStream(layer) : layer;
    }

    /** {@code etcd (ocp-v4.0-art-dev@817e9a2acaf6)}; of an image that no release names, what is in parentheses. */
    String of(ImageList.Entry entry) {
        String repository = entry.repository().substring(entry.repository().lastIndexOf('/') + 1);
        String digest = Objects.requireNonNullElse(entry.reference().digest(), "");
        String brief = repository + (digest.isEmpty() ? ":" + entry.reference().tagOrDigest()
                : "@" + digest.substring(7, 7 + SHOWN));
        String name = names.get(digest);
        return name == null ? brief : name + " (" + brief + ")";
    }
}
