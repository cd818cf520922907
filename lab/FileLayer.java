//SOURCES ../common/oci/Digest.java
//DEPS org.apache.commons:commons-compress:1.28.0
//DEPS com.github.luben:zstd-jni:1.5.7-28

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPOutputStream;

import com.github.luben.zstd.ZstdOutputStream;
import common.oci.Digest;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/** An image layer of given files. A plain one has the same bytes everywhere; others depend on the host's library. */
record FileLayer(byte[] bytes, Digest digest, Digest diffId, String mediaType) {
    static Content with(String path, byte[] content) {
        return new Content().with(path, content);
    }

    static Content with(String path, String content) {
        return new Content().with(path, content);
    }

    /** What is in the layer so far. */
    static final class Content {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes, "UTF-8");

        Content with(String path, byte[] content) {
            return add(new TarArchiveEntry(path, TarConstants.LF_NORMAL), content);
        }

        Content with(String path, String content) {
            return with(path, content.getBytes(StandardCharsets.UTF_8));
        }

        Content withFolder(String path) {
            return add(new TarArchiveEntry(path + "/", TarConstants.LF_DIR), new byte[0]);
        }

        Content withLink(String path, String target) {
            TarArchiveEntry link = new TarArchiveEntry(path, TarConstants.LF_SYMLINK);
            link.setLinkName(target);
            return add(link, new byte[0]);
        }

        /** Deletes what lower layers have at the path. */
        Content without(String path) {
            return with(path.replaceFirst("([^/]+)$", ".wh.$1"), new byte[0]);
        }

        /** Deletes what lower layers have in the folder. */
        Content withoutContentOf(String folder) {
            return with(folder + "/.wh..wh..opq", new byte[0]);
        }

        private Content add(TarArchiveEntry entry, byte[] content) {
            try {
                tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
                entry.setModTime(0);
                entry.setSize(content.length);
                tar.putArchiveEntry(entry);
                tar.write(content);
                tar.closeArchiveEntry();
                return this;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        FileLayer plain() {
            byte[] whole = whole();
            return new FileLayer(whole, Digest.of(whole), Digest.of(whole), "application/vnd.oci.image.layer.v1.tar");
        }

        FileLayer gzip() {
            return packed(GZIPOutputStream::new, "gzip");
        }

        FileLayer zstd() {
            return packed(ZstdOutputStream::new, "zstd");
        }

        private byte[] whole() {
            try {
                tar.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return bytes.toByteArray();
        }

        private interface Packer {
            OutputStream around(OutputStream out) throws IOException;
        }

        private FileLayer packed(Packer packer, String name) {
            byte[] whole = whole();
            ByteArrayOutputStream packed = new ByteArrayOutputStream();
            try (OutputStream out = packer.around(packed)) {
                out.write(whole);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return new FileLayer(packed.toByteArray(), Digest.of(packed.toByteArray()), Digest.of(whole),
                    "application/vnd.oci.image.layer.v1.tar+" + name);
        }
    }
}
