//SOURCES ../common/cli/Proc.java
//SOURCES ../common/oci/Digest.java
//SOURCES ../common/oci/Manifest.java
//SOURCES ../container-images/images-4.10.3/extract-initial-4.10.3.java
//SOURCES ImageStore.java
//SOURCES TestImages.java
//DEPS org.apache.commons:commons-compress:1.28.0

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

import common.cli.Proc;
import common.oci.Digest;
import common.oci.Manifest;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One tarball per fault, all loaded by one run with a heap of 64 MiB and 100 MB for temporary files. */
@Tag("extract")
@Tag("fault")
@DisplayName("A hostile NAME.tgz")
class HostileTarballTest {
    private static final int ZEROS = 16 << 20;
    private static final byte[] NOTHING = {};
    private static final long TEN_GB = 640L * ZEROS;
    @TempDir
    static Path folder;
    private static ImageStore store;
    private static Path tarballs;
    private static Map<String, byte[]> image;
    private static String layer;
    private static Proc.Result result;
    private static double seconds;

    /** A tar that grows by what is wrong with it; null leaves a file of the image out. */
    private static final class Tar {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes);
        private final String name;

        Tar(String name) {
            this.name = name + "_1";
            tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
        }

        Tar image() throws IOException {
            for (Map.Entry<String, byte[]> file : image.entrySet()) {
                file(file.getKey(), file.getValue());
            }
            return this;
        }

        Tar file(String file, byte[] content) throws IOException {
            return entry(name + "/" + file, TarConstants.LF_NORMAL, null, content);
        }

        Tar entry(String path, byte type, String link, byte[] content) throws IOException {
            TarArchiveEntry entry = new TarArchiveEntry(path, type, true);
            entry.setLinkName(link == null ? "" : link);
            entry.setSize(content.length);
            tar.putArchiveEntry(entry);
            tar.write(content);
            tar.closeArchiveEntry();
            return this;
        }

        /** The tar so far, then 10 GB of zeros: one gzip member of 16 MiB again and again, the file has 10 MB. */
        void bomb(byte[] header) throws IOException {
            tar.flush();
            byte[] zeros = gzip(new byte[ZEROS]);
            try (OutputStream out = Files.newOutputStream(tarballs.resolve(name + ".tgz"))) {
                out.write(gzip(bytes.toByteArray()));
                out.write(gzip(header));
                for (long n = 0; n < TEN_GB; n += ZEROS) {
                    out.write(zeros);
                }
            }
        }

        byte[] write() throws IOException {
            tar.close();
            byte[] tgz = gzip(bytes.toByteArray());
            Files.write(tarballs.resolve(name + ".tgz"), tgz);
            return tgz;
        }
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }

    /** A header that states 10 GB. */
    private static byte[] header(String path, byte type) throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(path, type);
        entry.setSize(TEN_GB);
        ByteArrayOutputStream header = new ByteArrayOutputStream();
        TarArchiveOutputStream tar = new TarArchiveOutputStream(header);
        tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_STAR);
        tar.putArchiveEntry(entry);
        return header.toByteArray();
    }

    @BeforeAll
    static void extractThemAll() throws IOException {
        store = new ImageStore(folder.resolve("store"));
        Proc.of("mount", "-t", "tmpfs", "-o", "size=100m", "tmpfs", store.temp.toString()).check();
        tarballs = Files.createDirectory(folder.resolve("tarballs"));
        TestImages images = new TestImages(folder.resolve("set"), null);
        TestImages.Layer made = images.layer("layer", 1000);
        Manifest manifest = images.manifest(Manifest.DOCKER, made);
        layer = made.digest().hex();
        image = new LinkedHashMap<>();
        image.put("version", "Directory Transport Version: 1.1\n".getBytes());
        image.put("manifest.json", manifest.bytes());
        for (var blob : manifest.blobs()) {
            image.put(blob.digest().hex(), Files.readAllBytes(images.layout.blob(blob.digest())));
        }
        writeThemAll();
        try (Stream<Path> files = Files.list(tarballs)) {
            Files.write(tarballs.resolve("list.txt"), files
                    .map(f -> "quay.io/org/" + f.getFileName().toString().replace("_1.tgz", ":1")).sorted().toList());
        }
        long begun = System.nanoTime();
        result = store.on(Proc.of(ImageStore.argv(ExtractInitial4103.class, "--folder", tarballs.toString())))
                .env("JAVA_TOOL_OPTIONS", "-Xmx64m").run();
        seconds = (System.nanoTime() - begun) / 1e9;
    }

    private static void writeThemAll() throws IOException {
        byte[] evil = "evil".getBytes();
        String outside = folder.resolve("evil").toString();
        new Tar("good").image().write();
        String up = "parent_1/../../../../../" + outside;
        String blob = "_1/" + "0".repeat(64);
        new Tar("parent").image().entry(up, TarConstants.LF_NORMAL, null, evil).write();
        new Tar("absolute").image().entry(outside, TarConstants.LF_NORMAL, null, evil).write();
        new Tar("symlink").image().entry("symlink" + blob, TarConstants.LF_SYMLINK, outside, NOTHING).write();
        new Tar("hardlink").image().entry("hardlink" + blob, TarConstants.LF_LINK, "/etc/passwd", NOTHING).write();
        new Tar("device").image().entry("device" + blob, TarConstants.LF_CHR, null, NOTHING).write();
        new Tar("fifo").image().entry("fifo_1/version", TarConstants.LF_FIFO, null, NOTHING).write();
        new Tar("folder").image().entry("folder_1/sub/", TarConstants.LF_DIR, null, NOTHING).write();
        new Tar("stray").image().file("README", evil).write();
        new Tar("twice").image().file(layer, image.get(layer)).write();
        new Tar("manifests").image().file("manifest.json", image.get("manifest.json")).write();
        new Tar("unnamed").image().file(Digest.of(evil).hex(), evil).write();
        new Tar("bare").file("version", image.get("version")).write();
        byte[] flipped = image.get(layer).clone();
        flipped[flipped.length / 2] ^= 1;
        byte[] longer = Arrays.copyOf(image.get(layer), flipped.length + 1);
        without("corrupted", layer).file(layer, flipped).write();
        without("longer", layer).file(layer, longer).write();
        without("missing", layer).write();
        byte[] whole = new Tar("cut").image().write();
        Files.write(tarballs.resolve("cut_1.tgz"), Arrays.copyOf(whole, whole.length / 2));
        without("junk", layer).file("version", new byte[5 << 20]).write();
        without("bomb", "manifest.json").bomb(header("bomb" + blob, TarConstants.LF_NORMAL));
        new Tar("bomb-of-layer").file("manifest.json", image.get("manifest.json"))
                .bomb(header("bomb-of-layer_1/" + layer, TarConstants.LF_NORMAL));
        new Tar("bomb-of-name").bomb(header("././@LongLink", TarConstants.LF_GNUTYPE_LONGNAME));
        ByteArrayOutputStream attribute = new ByteArrayOutputStream();
        attribute.write(header("pax", TarConstants.LF_PAX_EXTENDED_HEADER_LC));
        attribute.write((TEN_GB + " path=").getBytes());
        new Tar("bomb-of-attributes").bomb(attribute.toByteArray());
    }

    private static Tar without(String name, String left) throws IOException {
        Tar tar = new Tar(name);
        for (Map.Entry<String, byte[]> file : image.entrySet()) {
            if (!file.getKey().equals(left)) {
                tar.file(file.getKey(), file.getValue());
            }
        }
        return tar;
    }

    @AfterAll
    static void unmount() throws IOException {
        Proc.of("umount", store.temp.toString()).check();
        store.close();
    }

    @ParameterizedTest(name = "is refused: {0}")
    @CsvSource(delimiter = '|', textBlock = """
            parent      | not part of skopeo's dir: layout
            absolute    | only the plain files of skopeo's dir: layout may be there
            symlink     | only the plain files of skopeo's dir: layout may be there
            hardlink    | only the plain files of skopeo's dir: layout may be there
            device      | only the plain files of skopeo's dir: layout may be there
            fifo        | only the plain files of skopeo's dir: layout may be there
            folder      | only the plain files of skopeo's dir: layout may be there
            stray       | not part of skopeo's dir: layout
            twice       | there twice
            manifests   | there twice
            unnamed     | no manifest names it
            bare        | manifest.json: missing
            corrupted   | corrupted, its bytes have
            longer      | its manifest says
            missing     | missing
            cut         | Unexpected end of ZLIB input stream
            junk        | bytes are too many
            bomb        | 10737418240 bytes are too many
            bomb-of-layer      | 10737418240 bytes are too many
            bomb-of-name       | holds more than it states
            bomb-of-attributes | holds more than it states
            """)
    void is_refused(String name, String reason) {
        String line = result.err().lines().filter(l -> l.startsWith("error: quay.io/org/" + name + ":1: ")).findFirst()
                .orElse(result.err());
        assertTrue(line.contains(reason), "no \"" + reason + "\" in: " + line);
    }

    @Test
    void does_not_keep_a_good_one_from_being_loaded() {
        assertEquals("3 true", result.exit() + " " + store.has("quay.io/org/good:1"), result.err());
    }

    @Test
    void writes_nothing_outside_and_leaves_nothing() {
        assertEquals("false []", Files.exists(folder.resolve("evil")) + " " + store.leftovers());
    }

    @Test
    void costs_little_time() {
        assertTrue(seconds < 10, seconds + " s");
    }
}
