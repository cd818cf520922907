//SOURCES ../common/cli/Proc.java

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;

import common.cli.Proc;

/** The bytes of layers, by one compression or another. */
final class PackedLayer {
    private PackedLayer() {
    }

    static byte[] gzip(byte[] bytes) {
        ByteArrayOutputStream gzip = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(gzip)) {
            out.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return gzip.toByteArray();
    }

    static byte[] joined(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    static byte[] packed(Path temp, String program, byte[] tar) {
        try {
            Path file = Files.write(temp.resolve("to-pack"), tar);
            Path packed = temp.resolve("packed");
            Proc.of("sh", "-c", "exec \"$0\" -c >\"$1\"", program, packed.toString()).stdin(file).check();
            return Files.readAllBytes(packed);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
