//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/AtomicFile.java
//SOURCES ../common/oci/Descriptor.java
//SOURCES ../common/oci/Digest.java
//SOURCES ../common/oci/Manifest.java
//SOURCES ../common/oci/OciLayout.java
//SOURCES ../lab/CorpusLayer.java
//SOURCES TestTar.java
//DEPS org.apache.commons:commons-compress:1.28.0

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.GZIPOutputStream;

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.AtomicFile;
import common.cli.Json;
import common.oci.Descriptor;
import common.oci.Digest;
import common.oci.Manifest;
import common.oci.OciLayout;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** Small real images, written straight into an OCI layout: no registry takes part. The same calls, the same bytes. */
final class TestImages {
    private static final boolean ARM = System.getProperty("os.arch").equals("aarch64");
    static final String HOST = ARM ? "arm64" : "amd64";
    static final String OTHER = ARM ? "amd64" : "arm64";
    final OciLayout layout;
    private final List<Descriptor> images = new ArrayList<>();
    private int configs;

    TestImages(Path folder, Path blobs) throws IOException {
        layout = OciLayout.at(folder, blobs);
        layout.createFolders();
    }

    /** A gzip layer with one file of that many random bytes; the name is the seed. */
    Layer layer(String name, int bytes) {
        byte[] content = new byte[bytes];
        new Random(name.hashCode()).nextBytes(content);
        ByteArrayOutputStream plain = new ByteArrayOutputStream();
        ByteArrayOutputStream gzip = new ByteArrayOutputStream();
        try {
            try (TarArchiveOutputStream tar = new TarArchiveOutputStream(plain)) {
                TarArchiveEntry entry = new TarArchiveEntry("data/" + name);
                entry.setSize(bytes);
                entry.setModTime(0);
                tar.putArchiveEntry(entry);
                tar.write(content);
                tar.closeArchiveEntry();
            }
            try (GZIPOutputStream out = new GZIPOutputStream(gzip)) {
                out.write(plain.toByteArray());
            }
            return new Layer(put(gzip.toByteArray()), gzip.size(), Digest.of(plain.toByteArray()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A layer of the lab's corpus, with all kinds of files. */
    Layer layer(CorpusLayer made) {
        put(made.bytes());
        return new Layer(made.digest(), made.bytes().length, made.diffId());
    }

    /** A gzip layer of these files; whiteouts by their names (image specification, layer.md). */
    Layer layer(TestTar.Entry... files) {
        byte[] plain = TestTar.of(files);
        ByteArrayOutputStream gzip = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(gzip)) {
            out.write(plain);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Layer(put(gzip.toByteArray()), gzip.size(), Digest.of(plain));
    }

    record Layer(Digest digest, long size, Digest diffId) {
    }

    /** An image manifest of that media type with a config of its own. */
    Manifest manifest(String mediaType, Layer... layers) {
        return manifest(mediaType, HOST, layers);
    }

    Manifest manifest(String mediaType, String architecture, Layer... layers) {
        return manifest(mediaType, architecture, Map.of(), layers);
    }

    /** As machine-os-content of a release up to 4.12. */
    Manifest operatingSystem(Layer... layers) {
        return manifest(Manifest.DOCKER, HOST, Map.of("com.coreos.ostree-commit", "0".repeat(64)), layers);
    }

    private Manifest manifest(String mediaType, String architecture, Map<String, String> labels, Layer... layers) {
        boolean docker = mediaType.equals(Manifest.DOCKER);
        ObjectNode config = Json.object().put("created", "2022-03-23T00:00:00Z").put("architecture", architecture)
                .put("os", "linux");
        config.putObject("config").putArray("Env").add("NUMBER=" + configs++);
        if (!labels.isEmpty()) {
            labels.forEach(config.withObject("/config/Labels")::put);
        }
        ObjectNode rootfs = config.putObject("rootfs").put("type", "layers");
        rootfs.putArray("diff_ids");
        config.putArray("history");
        for (Layer layer : layers) {
            rootfs.withArray("diff_ids").add(layer.diffId.toString());
            config.withArray("history").addObject().put("created_by", "test");
        }
        byte[] configBytes = Json.pretty(config);
        ObjectNode manifest = Json.object().put("schemaVersion", 2).put("mediaType", mediaType);
        manifest.putObject("config").put("size", configBytes.length).put("digest", put(configBytes).toString())
                .put("mediaType", docker ? "application/vnd.docker.container.image.v1+json"
                        : "application/vnd.oci.image.config.v1+json");
        manifest.putArray("layers");
        for (Layer layer : layers) {
            manifest.withArray("layers").addObject().put("size", layer.size).put("digest", layer.digest.toString())
                    .put("mediaType", docker ? "application/vnd.docker.image.rootfs.diff.tar.gzip"
                            : "application/vnd.oci.image.layer.v1.tar+gzip");
        }
        return stored(manifest);
    }

    /** A Docker manifest list of this host's image and of another that is not here: as a pull of one platform. */
    Manifest list(Manifest host) {
        return list(host.descriptor(),
                new Descriptor(Manifest.DOCKER, Digest.of("not here".getBytes()), 8, null, null));
    }

    Manifest list(Descriptor host, Descriptor other) {
        ObjectNode list = Json.object().put("schemaVersion", 2).put("mediaType", Manifest.DOCKER_LIST);
        list.putArray("manifests");
        entry(list, other, OTHER);
        entry(list, host, HOST);
        return stored(list);
    }

    private static void entry(ObjectNode list, Descriptor manifest, String architecture) {
        ObjectNode entry = list.withArray("manifests").addObject().put("mediaType", manifest.mediaType())
                .put("size", manifest.size()).put("digest", manifest.digest().toString());
        entry.putObject("platform").put("os", "linux").put("architecture", architecture);
    }

    private Manifest stored(ObjectNode json) {
        Manifest manifest = Manifest.parse(Json.pretty(json), "test manifest");
        put(manifest.bytes());
        return manifest;
    }

    /** Names the image and adds it to index.json and to the image list that is beside it. */
    TestImages add(String reference, Manifest manifest) throws IOException {
        images.add(manifest.descriptor().named(reference));
        layout.commit(images);
        Files.write(layout.folder().resolve("images.txt"), images.stream().map(Descriptor::name).toList());
        return this;
    }

    private Digest put(byte[] bytes) {
        Digest digest = Digest.of(bytes);
        try {
            AtomicFile.write(layout.blob(digest), bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return digest;
    }
}
