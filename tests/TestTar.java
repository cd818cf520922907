//DEPS org.apache.commons:commons-compress:1.28.0

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/** Tar files in memory, also such as no packer makes. */
final class TestTar {
    private TestTar() {
    }

    record Entry(TarArchiveEntry header, byte[] content) {
    }

    static Entry file(String name, String content, int mode) {
        byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
        TarArchiveEntry header = new TarArchiveEntry(name, true);
        header.setSize(bytes.length);
        header.setMode(mode);
        return new Entry(header, bytes);
    }

    static Entry link(String name, String target) {
        return special(name, TarConstants.LF_SYMLINK, target);
    }

    /** {@code type}: a constant of {@link TarConstants}; {@code target}: where a link leads, else "". */
    static Entry special(String name, byte type, String target) {
        TarArchiveEntry header = new TarArchiveEntry(name, type, true);
        header.setLinkName(target);
        return new Entry(header, new byte[0]);
    }

    static byte[] of(Entry... entries) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
            for (Entry entry : Arrays.asList(entries)) {
                entry.header.setModTime(0);
                tar.putArchiveEntry(entry.header);
                tar.write(entry.content);
                tar.closeArchiveEntry();
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return bytes.toByteArray();
    }
}
