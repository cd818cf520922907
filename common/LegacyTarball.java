package common;

//SOURCES OciLayout.java
//DEPS org.apache.commons:commons-compress:1.28.0

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/**
 * One image in the shell original's format: a gzip tar of one folder in skopeo's {@code dir:} layout (containers/image,
 * directory/directory_transport.go).
 *
 * <pre>
 * NAME/version               "Directory Transport Version: 1.1"
 * NAME/manifest.json         the manifest, or the whole manifest list
 * NAME/HEX.manifest.json     those manifests of a list that are there
 * NAME/HEX                   config and layers
 * NAME/signature-N           optional
 * </pre>
 */
public final class LegacyTarball {
    private static final byte[] VERSION = "Directory Transport Version: 1.1\n".getBytes(StandardCharsets.UTF_8);

    private LegacyTarball() {
    }

    /**
     * Writes NAME.tgz by temp file, fsync and rename; the same image gives the same bytes. An image under a list digest
     * gets the list and those of its manifests that the layout has, so that the list digest answers on site.
     */
    public static void write(OciLayout layout, Descriptor image, String name, Path tgz) throws IOException {
        Path temp = tgz.resolveSibling("." + tgz.getFileName() + ".tmp");
        try {
            try (TarArchiveOutputStream tar = new TarArchiveOutputStream(stored(temp))) {
                tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
                tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
                add(tar, name + "/", 0);
                tar.closeArchiveEntry();
                add(tar, name + "/version", VERSION.length);
                tar.write(VERSION);
                tar.closeArchiveEntry();
                for (Map.Entry<String, Descriptor> file : files(layout, image).entrySet()) {
                    add(tar, name + "/" + file.getKey(), file.getValue().size());
                    Files.copy(layout.blob(file.getValue().digest()), tar);
                    tar.closeArchiveEntry();
                }
            }
            try (FileChannel written = FileChannel.open(temp, StandardOpenOption.WRITE)) {
                written.force(true);
            }
            AtomicFile.rename(temp, tgz);
            AtomicFile.sync(tgz.toAbsolutePath().getParent());
        } finally {
            Files.deleteIfExists(temp);
        }
    }

    /** What the folder holds besides {@code version}, manifests first: a reader then knows what may follow. */
    private static Map<String, Descriptor> files(OciLayout layout, Descriptor image) {
        Map<String, Descriptor> files = new LinkedHashMap<>();
        Manifest top = layout.manifest(image.digest());
        files.put("manifest.json", top.descriptor());
        List<Manifest> images = !top.isList() ? List.of(top)
                : top.manifests().stream().filter(layout::holds).map(m -> layout.manifest(m.digest())).toList();
        if (top.isList()) {
            images.forEach(m -> files.put(m.descriptor().digest().hex() + ".manifest.json", m.descriptor()));
        }
        images.forEach(m -> m.blobs().forEach(b -> files.put(b.digest().hex(), b)));
        return files;
    }

    private static void add(TarArchiveOutputStream tar, String name, long size) throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.setSize(size);
        entry.setModTime(0);
        tar.putArchiveEntry(entry);
    }

    /** gzip that only wraps: the layers are compressed already, deflating them again costs the time and wins nothing. */
    private static OutputStream stored(Path file) throws IOException {
        return new GZIPOutputStream(new BufferedOutputStream(Files.newOutputStream(file), 256 << 10), 64 << 10) {
            {
                def.setLevel(Deflater.NO_COMPRESSION);
            }
        };
    }
}
