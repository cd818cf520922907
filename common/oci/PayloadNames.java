package common.oci;

//SOURCES ../cli/Json.java
//DEPS org.apache.commons:commons-compress:1.28.0

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Json;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** What a release calls its images: image-references, an ImageStream of image.openshift.io/v1, in a layer of its image. */
public final class PayloadNames {
    private static final String REFERENCES = "release-manifests/image-references";
    private static final int MAX_BYTES = 8 << 20;

    private PayloadNames() {
    }

    /**
     * Reads a layer as a registry has it, gzip or not; closes it.
     *
     * @return name -> reference by digest; empty when it is not the layer that has them
     */
    public static Optional<Map<String, String>> in(InputStream layer) throws IOException {
        try (InputStream file = new BufferedInputStream(layer);
                TarArchiveInputStream tar = new TarArchiveInputStream(unpacked(file), "UTF-8")) {
            for (TarArchiveEntry e; (e = tar.getNextEntry()) != null;) {
                if (e.getName().replaceFirst("^\\./", "").equals(REFERENCES)) {
                    Map<String, String> references = new TreeMap<>();
                    for (JsonNode tag : Json.parse(tar.readNBytes(MAX_BYTES), REFERENCES).path("spec").path("tags")) {
                        references.put(tag.path("name").asText(), tag.path("from").path("name").asText());
                    }
                    return Optional.of(references);
                }
            }
        }
        return Optional.empty();
    }

    private static InputStream unpacked(InputStream layer) throws IOException {
        layer.mark(2);
        boolean gzip = layer.read() == 0x1f && layer.read() == 0x8b;
        layer.reset();
        return gzip ? new GZIPInputStream(layer) : layer;
    }
}
