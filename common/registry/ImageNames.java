package common.registry;

//SOURCES ../cli/Json.java
//SOURCES ../oci/Descriptor.java
//SOURCES ../oci/ImageList.java
//SOURCES ../oci/OciLayout.java
//SOURCES ../oci/PayloadNames.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

import common.cli.Json;
import common.oci.Descriptor;
import common.oci.ImageList;
import common.oci.OciLayout;
import common.oci.PayloadNames;

/**
 * What people call images: their names in a release (image-references, an ImageStream of image.openshift.io/v1), from
 * the release images whose blobs are here. For the screen only: what cannot be read names nothing, and is no error.
 * Not for several threads.
 */
final class ImageNames {
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
        Optional<Map<String, String>> payload = PayloadNames.in(Files.newInputStream(layout.blob(layer.digest())));
        payload.ifPresent(p -> p.forEach((name, from) -> names.put(from.substring(from.indexOf('@') + 1), name)));
        return payload.isPresent();
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
