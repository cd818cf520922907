package common.vm;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** A disk image file, by its first bytes. */
public final class DiskImage {
    private static final byte[] QCOW = {'Q', 'F', 'I', (byte) 0xfb};
    private static final byte[] GZIP = {0x1f, (byte) 0x8b};
    private static final byte[] XZ = {(byte) 0xfd, '7', 'z', 'X', 'Z'};

    private DiskImage() {
    }

    /** {@code qcow2}, {@code gz}, {@code xz}, or {@code raw} for all else, also for a file that is not there yet. */
    public static String format(Path image) {
        if (!Files.exists(image)) {
            return image.toString().endsWith(".raw") ? "raw" : "qcow2";
        }
        try (InputStream in = Files.newInputStream(image)) {
            byte[] head = in.readNBytes(XZ.length);
            return begins(head, QCOW) ? "qcow2" : begins(head, GZIP) ? "gz" : begins(head, XZ) ? "xz" : "raw";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean begins(byte[] head, byte[] magic) {
        return head.length >= magic.length && Arrays.equals(head, 0, magic.length, magic, 0, magic.length);
    }
}
