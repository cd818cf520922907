//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/oci/Digest.java
//SOURCES ../common/vm/RhcosImage.java
//SOURCES ../lab/WebServer.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;

import common.cli.Cli;
import common.cli.Proc;
import common.oci.Digest;
import common.vm.RhcosImage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

@DisplayName("The RHCOS image")
class RhcosImageTest {
    private static final String NAME = "rhcos-4.10.3-x86_64-qemu.x86_64.qcow2";
    @TempDir
    Path temp;
    private Path www;
    private Path cache;
    private byte[] content;
    private WebServer mirror;

    /** Real qcow2, so that its format can be told from its bytes. */
    @BeforeEach
    void serve() throws IOException {
        www = Files.createDirectory(temp.resolve("www"));
        cache = temp.resolve("cache");
        Path raw = Files.write(temp.resolve("raw"), random(300_000));
        Path image = temp.resolve("qcow2");
        Proc.of("qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw.toString(), image.toString()).check();
        content = Files.readAllBytes(image);
        mirror = WebServer.start(temp.resolve("nginx"), www);
    }

    @AfterEach
    void stop() {
        mirror.close();
    }

    private static byte[] random(int bytes) {
        byte[] random = new byte[bytes];
        new Random(1).nextBytes(random);
        return random;
    }

    private RhcosImage image() {
        return new RhcosImage(NAME, null, "127.0.0.1:" + mirror.port(), cache, null);
    }

    private Path put(String name) throws IOException {
        Path file = www.resolve(name);
        try (OutputStream plain = Files.newOutputStream(file); OutputStream out = name.endsWith(".gz")
                ? new GZIPOutputStream(plain) : name.endsWith(".xz") ? new XZOutputStream(plain, new LZMA2Options())
                : plain) {
            out.write(content);
        }
        Files.writeString(www.resolve("sha256sum.txt"), Digest.of(file).hex() + "  " + name + "\n");
        return file;
    }

    @ParameterizedTest(name = "is fetched from a mirror that has it as FILE{0}, checked, unpacked, and kept")
    @CsvSource({"''", ".gz", ".xz"})
    void fetched(String ending) throws IOException {
        put(NAME + ending);
        Path file = image().file();
        assertArrayEquals(content, Files.readAllBytes(file));
        try (var files = Files.list(cache)) {
            assertEquals(List.of(NAME), files.map(f -> f.getFileName().toString()).toList());
        }
        int asked = mirror.requests().size();
        assertEquals(file, image().file());
        assertEquals(asked, mirror.requests().size());
    }

    @Test
    @DisplayName("goes on with what an earlier run fetched")
    void resumed() throws IOException {
        Path served = put(NAME + ".gz");
        Files.createDirectories(cache);
        Files.write(cache.resolve(".partial-" + NAME + ".gz"), Arrays.copyOf(Files.readAllBytes(served), 100_000));
        assertArrayEquals(content, Files.readAllBytes(image().file()));
        assertTrue(mirror.requests().stream().anyMatch(r -> r.status() == 206 && r.range().equals("bytes=100000-")));
    }

    @Test
    @DisplayName("is refused when its bytes are not those of sha256sum.txt, and is not kept")
    void wrongBytes() throws IOException {
        Files.write(put(NAME + ".gz"), random(1000));
        Cli.Failure e = assertThrows(Cli.Failure.class, () -> image().file());
        assertAll(() -> assertTrue(e.getMessage().contains("sha256:"), e.getMessage()),
                () -> assertFalse(Files.exists(cache.resolve(NAME))));
    }

    @Test
    @DisplayName("of a build mirror is checked against its meta.json")
    void build() throws IOException {
        Path file = put(NAME + ".gz");
        Files.delete(www.resolve("sha256sum.txt"));
        Files.writeString(www.resolve("meta.json"), "{\"images\": {\"qemu\": {\"path\": \"" + NAME
                + ".gz\", \"sha256\": \"" + Digest.of(file).hex() + "\"}}}");
        assertArrayEquals(content, Files.readAllBytes(image().file()));
    }

    @ParameterizedTest(name = "that cannot be had ({0}): the error says which file to put where")
    @CsvSource({"not listed", "no checksums", "no server"})
    void missing(String why) throws IOException {
        if (why.equals("not listed")) {
            Files.writeString(www.resolve("sha256sum.txt"), "0".repeat(64) + "  other.qcow2\n");
        } else if (why.equals("no server")) {
            mirror.close();
        }
        Cli.Failure e = assertThrows(Cli.Failure.class, () -> image().file());
        assertTrue(e.getMessage().contains("put the unpacked file at " + cache.resolve(NAME)), e.getMessage());
    }

    @Test
    @DisplayName("that --image names packed is unpacked, and again when the file changes")
    void asked() throws IOException {
        Path packed = put("mine.qcow2.xz");
        RhcosImage mine = new RhcosImage(NAME, packed, null, cache, null);
        assertArrayEquals(content, Files.readAllBytes(mine.file()));
        content[content.length - 1]++;
        put("mine.qcow2.xz");
        assertArrayEquals(content, Files.readAllBytes(mine.file()));
    }

    @ParameterizedTest(name = "{0} is looked for in {1}")
    @CsvSource({"rhcos-410.84.202203231330-0-qemu.x86_64.qcow2, "
            + "https://rhcos.mirror.openshift.com/art/storage/releases/rhcos-4.10/410.84.202203231330-0/x86_64",
            "rhcos-418.94.202501221327-0-qemu.x86_64.qcow2, "
            + "https://rhcos.mirror.openshift.com/art/storage/prod/streams/4.18-9.4/builds/"
            + "418.94.202501221327-0/x86_64",
            "rhcos-4.10.3-x86_64-qemu.x86_64.qcow2, "
            + "https://mirror.openshift.com/pub/openshift-v4/x86_64/dependencies/rhcos/4.10/4.10.3"})
    void mirrors(String name, String folder) {
        assertEquals(folder, RhcosImage.folder(name).orElseThrow());
    }
}
