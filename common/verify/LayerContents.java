package common.verify;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/Parallel.java
//SOURCES ../oci/Descriptor.java
//SOURCES ../oci/Digest.java
//SOURCES ../oci/Loadable.java
//SOURCES ../oci/Manifest.java
//SOURCES ../oci/OciLayout.java
//SOURCES Fault.java
//SOURCES Findings.java
//SOURCES LayerTar.java

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;
import common.cli.Parallel;
import common.oci.Descriptor;
import common.oci.Digest;
import common.oci.Loadable;
import common.oci.Manifest;
import common.oci.OciLayout;

/**
 * Whether layers unpack to what the image's configuration says, {@code rootfs.diff_ids} (OCI image specification,
 * config.md): what a registry served wrong has the right digest and fails on the node only.
 */
final class LayerContents {
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
        if (!Loadable.config(Files.readAllBytes(config)).isEmpty()) {
            return; // said already
        }
        JsonNode ids = Json.parse(Files.readAllBytes(config), config.toString()).path("rootfs").path("diff_ids");
        List<Descriptor> layers = manifest.layers();
        if (ids.isMissingNode()) {
            return; // no image: a signature, say
        }
        if (ids.size() != layers.size()) {
            findings.wrong(Fault.INCONSISTENT, config, ids.size() + " diff_ids for " + layers.size() + " layers");
            return;
        }
        for (int i = 0; i < layers.size(); i++) {
            unpacked.put(layout.blob(layers.get(i).digest()), Digest.parse(ids.get(i).asText()));
        }
    }

    private void check() throws IOException {
        List<Path> packed = new ArrayList<>();
        Parallel.run(Runtime.getRuntime().availableProcessors(), List.copyOf(unpacked.keySet()), LayerContents::unpack,
                (layer, contents) -> {
                    if (contents.digest == null) {
                        packed.add(layer);
                    } else if (!contents.digest.equals(unpacked.get(layer))) {
                        findings.wrong(Fault.DAMAGED, layer, "unpacks to " + contents.digest + " instead of "
                                + unpacked.get(layer));
                    }
                    contents.fault.ifPresent(why -> findings.wrong(Fault.NOT_LOADABLE, layer, "no node unpacks it: "
                            + why));
                }, (layer, e) -> findings.wrong(Fault.NOT_LOADABLE, layer, "does not unpack: " + Cli.describe(e)));
        if (!packed.isEmpty()) {
            findings.unchecked(packed.get(0).getParent(), Cli.count(packed.size(), "layer") + " in zstd or xz not "
                    + "unpacked: that program is not installed here");
        }
    }

    /** {@code digest} of the tar in a layer, null when it was not unpacked; {@code fault}: why no node takes it. */
    private record Contents(Digest digest, Optional<String> fault) {
    }

    private static Contents unpack(Path layer) throws IOException {
        try (InputStream file = Files.newInputStream(layer)) {
            Optional<InputStream> unpacked = LayerTar.unpacked(layer, file);
            if (unpacked.isEmpty()) {
                return new Contents(null, Optional.empty());
            }
            try (InputStream tar = unpacked.get()) {
                MessageDigest sha256 = Digest.sha256();
                Optional<String> fault = LayerTar.fault(new DigestInputStream(tar, sha256));
                return new Contents(Digest.of(sha256), fault);
            }
        } catch (FileSystemException e) {
            throw new IOException(e.getMessage(), e); // of this layer only: the others are still looked at
        }
    }
}
