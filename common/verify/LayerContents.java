package common.verify;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/Parallel.java
//SOURCES ../oci/Descriptor.java
//SOURCES ../oci/Digest.java
//SOURCES ../oci/Manifest.java
//SOURCES ../oci/OciLayout.java
//SOURCES Findings.java

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;
import common.cli.Parallel;
import common.oci.Descriptor;
import common.oci.Digest;
import common.oci.Manifest;
import common.oci.OciLayout;

/**
 * Whether layers unpack to what the image's configuration says, {@code rootfs.diff_ids} (OCI image specification,
 * config.md): what a registry served wrong has the right digest and fails on the node only.
 */
final class LayerContents {
    private static final int GZIP = 0x8b1f;
    private static final int ZSTD = 0xb528;

    private final Findings findings;
    private final Map<Path, Digest> unpacked = new LinkedHashMap<>();

    private LayerContents(Findings findings) {
        this.findings = findings;
    }

    /** Unpacks the layers of these images, which are whole; of a list's, where these are here. */
    static void check(Map<OciLayout, List<Descriptor>> whole, Findings findings) throws IOException {
        LayerContents contents = new LayerContents(findings);
        for (Map.Entry<OciLayout, List<Descriptor>> set : whole.entrySet()) {
            OciLayout layout = set.getKey();
            for (Descriptor image : set.getValue()) {
                Manifest listed = layout.manifest(image.digest());
                List<Descriptor> children = listed.manifests().stream().filter(layout::holds).toList();
                for (Descriptor child : listed.isList() ? children : List.of(image)) {
                    Manifest manifest = layout.manifest(child.digest());
                    if (!manifest.isList()) {
                        contents.add(layout, manifest);
                    }
                }
            }
        }
        contents.check();
    }

    /** Adds the layers of an image manifest that is whole. */
    private void add(OciLayout layout, Manifest manifest) throws IOException {
        Path config = layout.blob(manifest.blobs().get(0).digest());
        JsonNode ids = Json.parse(Files.readAllBytes(config), config.toString()).path("rootfs").path("diff_ids");
        List<Descriptor> layers = manifest.layers();
        if (ids.isMissingNode()) {
            return; // no image: a signature, say
        }
        if (ids.size() != layers.size()) {
            findings.wrong(config, ids.size() + " diff_ids for " + layers.size() + " layers");
            return;
        }
        for (int i = 0; i < layers.size(); i++) {
            unpacked.put(layout.blob(layers.get(i).digest()), Digest.parse(ids.get(i).asText()));
        }
    }

    private void check() throws IOException {
        List<Path> zstd = new ArrayList<>();
        Parallel.run(Runtime.getRuntime().availableProcessors(), List.copyOf(unpacked.keySet()), LayerContents::unpack,
                (layer, digest) -> {
                    if (digest == null) {
                        zstd.add(layer);
                    } else if (!digest.equals(unpacked.get(layer))) {
                        findings.wrong(layer, "unpacks to " + digest + " instead of " + unpacked.get(layer));
                    }
                }, (layer, e) -> findings.wrong(layer, "does not unpack: " + Cli.describe(e)));
        if (!zstd.isEmpty()) {
            findings.unchecked(zstd.get(0).getParent(), zstd.size() + " layers are zstd, which is not unpacked here");
        }
    }

    /** The digest of what is in it; null of zstd. */
    private static Digest unpack(Path layer) throws IOException {
        try (InputStream file = new BufferedInputStream(Files.newInputStream(layer), 256 << 10)) {
            file.mark(2);
            int magic = file.read() | file.read() << 8;
            file.reset();
            if (magic == ZSTD) {
                return null;
            }
            MessageDigest sha256 = Digest.sha256();
            try (InputStream in = magic == GZIP ? new GZIPInputStream(file, 64 << 10) : file) {
                byte[] buffer = new byte[128 << 10];
                for (int n; (n = in.read(buffer)) > 0;) {
                    sha256.update(buffer, 0, n);
                }
            }
            return Digest.of(sha256);
        } catch (FileSystemException e) {
            throw new IOException(e.getMessage(), e); // of this layer only: the others are still looked at
        }
    }
}
