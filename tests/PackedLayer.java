//SOURCES ../common/cli/Proc.java

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
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

    /** A tar as a program packs it, in one part and in two, and with what may have happened to it since: how -> bytes. */
    static Map<String, byte[]> wholeAndNot(Path temp, String program, byte[] tar) {
        byte[] packed = packed(temp, program, tar);
        byte[] changed = packed.clone();
        changed[packed.length / 2] ^= 1;
        Map<String, byte[]> layers = new LinkedHashMap<>();
        layers.put("as it is", packed);
        layers.put("in two parts", joined(packed(temp, program, Arrays.copyOf(tar, 1000)),
                packed(temp, program, Arrays.copyOfRange(tar, 1000, tar.length))));
        layers.put("cut in the middle", Arrays.copyOf(packed, packed.length / 2));
        layers.put("without its last byte", Arrays.copyOf(packed, packed.length - 1));
        layers.put("with four zeros behind", joined(packed, new byte[4]));
        layers.put("with something behind", joined(packed, "garbage".getBytes()));
        layers.put("with another tar behind", joined(packed, tar));
        layers.put("with a bit changed", changed);
        return layers;
    }

    private static byte[] packed(Path temp, String program, byte[] tar) {
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
