package common.storage;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../oci/Descriptor.java
//SOURCES ../oci/Digest.java
//SOURCES ../oci/ImageList.java
//SOURCES ../oci/Manifest.java
//SOURCES ../oci/OciLayout.java
//SOURCES StoreSource.java

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import common.cli.Cli;
import common.cli.Json;
import common.oci.Descriptor;
import common.oci.Digest;
import common.oci.ImageList;
import common.oci.Manifest;
import common.oci.OciLayout;

/**
 * What a store of an input will take, known before anything is unpacked: from the manifests and from the ends of the
 * gzip layers, which state the unpacked size (RFC 1952, ISIZE). Damaged images are left out: loading will name them.
 */
public final class StoreEstimate {
    /** Of a blob that does not say how large it is unpacked. */
    private static final int USUAL_RATIO = 3;

    private final Map<Digest, Long> blobs = new HashMap<>();
    private final Map<Digest, Long> stacked = new HashMap<>();
    private Instant newest;

    /** Reads what it needs to know. */
    public static StoreEstimate of(StoreSource input) throws IOException {
        StoreEstimate size = new StoreEstimate();
        for (StoreSource.SourceSet set : input.sets()) {
            Set<String> listed = set.list().entries().stream().map(ImageList.Entry::text).collect(Collectors.toSet());
            for (Descriptor image : set.layout().images()) {
                if (image.name() != null && !listed.contains(image.name())) {
                    continue;
                }
                try {
                    size.add(set.layout(), image.digest());
                } catch (Cli.Failure | UncheckedIOException e) {
                    continue; // the image is damaged
                }
            }
            for (Path tgz : StoreSource.tarballs(set.layout().folder())) {
                Digest name = Digest.of(tgz.toString().getBytes(StandardCharsets.UTF_8));
                size.blobs.put(name, Files.size(tgz));
                size.stacked.put(name, USUAL_RATIO * Files.size(tgz));
            }
        }
        return size;
    }

    /** Of the blobs, each counted once. */
    public long blobBytes() {
        return blobs.values().stream().mapToLong(b -> b).sum();
    }

    public long largestBlob() {
        return blobs.values().stream().mapToLong(b -> b).max().orElse(0);
    }

    /** Of the layers, each counted once for each stack of layers that it lies on: as overlay stores them. */
    public long unpackedBytes() {
        return stacked.values().stream().mapToLong(b -> b).sum();
    }

    /** When the newest of the images was made; null when none says. */
    public Instant newest() {
        return newest;
    }

    private void add(OciLayout layout, Digest digest) {
        Manifest manifest = layout.manifest(digest);
        blobs.put(digest, manifest.descriptor().size());
        manifest.manifests().stream().filter(layout::holds).forEach(m -> add(layout, m.digest()));
        manifest.blobs().forEach(b -> blobs.put(b.digest(), b.size()));
        if (manifest.isList()) {
            return;
        }
        StringBuilder stack = new StringBuilder();
        for (Descriptor layer : manifest.layers()) {
            stack.append(layer.digest());
            stacked.computeIfAbsent(Digest.of(stack.toString().getBytes(StandardCharsets.UTF_8)),
                    s -> unpacked(layout.blob(layer.digest()), layer.size()));
        }
        Instant created = created(layout.blob(manifest.blobs().get(0).digest()));
        if (newest == null || created != null && created.isAfter(newest)) {
            newest = created;
        }
    }

    /** The last four bytes of a gzip file are the unpacked size, modulo 4 GiB and of its last member only. */
    private static long unpacked(Path blob, long size) {
        try (RandomAccessFile file = new RandomAccessFile(blob.toFile(), "r")) {
            boolean gzip = file.length() > 18 && file.readUnsignedShort() == 0x1f8b;
            if (gzip) {
                file.seek(file.length() - 4);
                long stated = Integer.toUnsignedLong(Integer.reverseBytes(file.readInt()));
                if (stated >= size) {
                    return stated;
                }
            }
            return USUAL_RATIO * size;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** OCI image specification, config.md; the first second of 1970 and of the year 1 stand for "not stated". */
    private static Instant created(Path config) {
        try {
            Instant created = OffsetDateTime.parse(Json.read(config).path("created").asText()).toInstant();
            return created.isAfter(Instant.EPOCH) ? created : null;
        } catch (DateTimeException e) {
            return null;
        }
    }
}
