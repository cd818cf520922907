//SOURCES ../common/cli/Proc.java
//SOURCES ../common/oci/Descriptor.java
//SOURCES ../common/oci/Digest.java
//SOURCES ../common/oci/Manifest.java
//SOURCES ../common/oci/OciLayout.java
//SOURCES RunningRegistry.java
//SOURCES TestDisk.java
//SOURCES TestImages.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;

import common.cli.Proc;
import common.oci.Descriptor;
import common.oci.Digest;
import common.oci.Manifest;
import common.oci.OciLayout;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("fault")
@DisplayName("A registry of a staged folder, in trouble,")
class RegistryFaultTest {
    private static final int LARGE = 40_000_000;
    @TempDir
    static Path shared;
    @TempDir
    Path temp;
    private static Path root;
    private static OciLayout set;
    private static Manifest image;
    private static Manifest other;
    private static RunningRegistry registry;
    private final List<Socket> clients = new ArrayList<>();

    @BeforeAll
    static void serve() throws IOException {
        root = Files.createDirectory(shared.resolve("mnt"));
        TestImages made = new TestImages(root.resolve("ai-images"), null);
        image = made.manifest(Manifest.OCI, made.layer("large", LARGE), made.layer("small", 50_000));
        other = made.manifest(Manifest.OCI, made.layer("other", 50_000));
        made.add("quay.io/team/app:1.0", image).add("quay.io/team/other:1.0", other);
        set = made.layout;
        registry = RunningRegistry.of(root, shared.resolve("registry"));
    }

    @AfterAll
    static void end() {
        registry.close();
    }

    @AfterEach
    void hangUp() throws IOException {
        for (Socket client : clients) {
            client.close();
        }
    }

    /** The status of a GET, asked with curl; 0 when there is no answer. */
    private static int status(String path) {
        return Integer.parseInt(curl("--output", "/dev/null", "--write-out", "%{http_code}", registry.url(path)).out());
    }

    private static Proc.Result curl(String... more) {
        return Proc.of(Stream.concat(Stream.of("curl", "--silent", "--path-as-is", "--max-time", "20"),
                Stream.of(more)).toList()).run();
    }

    private static String manifest(Manifest of) {
        return "/v2/quay.io/team/app/manifests/" + of.descriptor().digest();
    }

    private static String blob(Descriptor blob) {
        return "/v2/quay.io/team/app/blobs/" + blob.digest();
    }

    private Socket client(String request) throws IOException {
        Socket socket = new Socket("127.0.0.1", registry.port());
        clients.add(socket);
        socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
        return socket;
    }

    /** Does something while a file of the folder is another one. */
    private static void with(Path file, byte[] bytes, Runnable then) throws IOException {
        byte[] right = Files.readAllBytes(file);
        try {
            Files.write(file, bytes);
            then.run();
        } finally {
            Files.write(file, right);
        }
    }

    @Test
    @DisplayName("serves an image whole or not at all: with a layer missing or too short its manifest and tag are 404")
    void wholeOrNot() throws IOException {
        Descriptor layer = image.layers().get(1);
        Path file = set.blob(layer.digest());
        Path away = shared.resolve("away");
        Files.move(file, away);
        assertEquals(404, status(manifest(image)));
        assertEquals(404, status("/v2/quay.io/team/app/manifests/1.0"));
        assertEquals(404, status(blob(layer)));
        assertTrue(curl(registry.url("/v2/quay.io/team/app/tags/list")).out().replaceAll("\\s", "").endsWith("[]}"));
        Files.move(away, file);
        with(file, new byte[1000], () -> {
            assertEquals(404, status(manifest(image)));
            assertEquals(404, status(blob(layer)));
            assertEquals(200, status(manifest(other)));
        });
        assertEquals(200, status(manifest(image)));
    }

    @Test
    @DisplayName("knows a blob's size from the manifests, also when a client goes on after a restart")
    void sizeAfterRestart() throws IOException {
        Descriptor layer = other.layers().get(0);
        with(set.blob(layer.digest()), new byte[1000], () -> {
            try (RunningRegistry again = RunningRegistry.of(root, temp.resolve("again"))) {
                Proc.Result asked = curl("--output", "/dev/null", "--write-out", "%{http_code}", again.url(blob(layer)));
                assertEquals("404", asked.out());
                assertTrue(again.output().contains("2 images in 2 repositories; 1 of them cannot be served whole"),
                        again.output());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    @Test
    @DisplayName("answers no manifest whose bytes are not those of its digest")
    void damagedManifest() throws IOException {
        byte[] changed = other.bytes().clone();
        changed[changed.length - 2] = ' ';
        with(set.blob(other.descriptor().digest()), changed, () -> assertEquals(404, status(manifest(other))));
    }

    @Test
    @DisplayName("follows no symlink among the blobs")
    void symlink() throws IOException {
        Digest secret = Digest.of(Files.readAllBytes(Path.of("/etc/passwd")));
        Path link = Files.createSymbolicLink(set.blob(secret), Path.of("/etc/passwd"));
        assertEquals(404, status("/v2/a/blobs/" + secret));
        Files.delete(link);
    }

    @Test
    @DisplayName("cuts the connection short when a layer ends before its size, and answers the next request")
    void cutShort() throws IOException {
        Descriptor layer = image.layers().get(0);
        Path file = set.blob(layer.digest());
        byte[] right = Files.readAllBytes(file);
        Socket socket = client("GET " + blob(layer) + " HTTP/1.1\r\nHost: x\r\n\r\n");
        try {
            InputStream in = socket.getInputStream();
            in.readNBytes(1000);
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.truncate(LARGE / 2);
            }
            long rest = in.transferTo(OutputStream.nullOutputStream());
            assertTrue(rest < LARGE - 1000, rest + " bytes");
        } catch (IOException reset) {
            assertTrue(reset.getMessage().contains("reset"), reset.getMessage());
        } finally {
            Files.write(file, right);
        }
        assertEquals(200, status("/v2/"));
    }

    @Test
    @DisplayName("answers 503 and says so once while its disk is gone, and serves again when it is back")
    void diskIsGone() throws IOException {
        Path mount = Files.createDirectory(temp.resolve("mount"));
        try (TestDisk disk = new TestDisk(temp, 64 * TestDisk.MIB)) {
            Proc.of("mkfs.ext4", "-q", disk.attach().device.toString()).check();
            mount(disk, mount);
            TestImages made = new TestImages(mount.resolve("ai-images"), null);
            Manifest there = made.manifest(Manifest.OCI, made.layer("a", 1000));
            made.add("quay.io/team/app:1.0", there);
            try (RunningRegistry own = RunningRegistry.of(mount, temp.resolve("own"))) {
                String url = own.url("/v2/quay.io/team/app/manifests/1.0");
                assertEquals("200", code(url));
                Proc.of("umount", "--lazy", mount.toString()).check();
                for (int i = 0; i < 5; i++) {
                    assertEquals("503", code(url));
                }
                assertEquals("200", code(own.url("/v2/")));
                assertEquals(1, own.output().lines().filter(l -> l.contains("the disk does not answer")).count(),
                        own.output());
                mount(disk, mount);
                assertEquals("200", code(url));
            } finally {
                Proc.of("umount", "--lazy", mount.toString()).run();
            }
        }
    }

    private static void mount(TestDisk disk, Path mount) {
        Proc.of("mount", disk.device.toString(), mount.toString()).check();
    }

    private static String code(String url) {
        return curl("--output", "/dev/null", "--write-out", "%{http_code}", url).out();
    }

    @Test
    @DisplayName("serves or refuses odd paths: .., %2e, NUL, 8 kB, no HTTP at all")
    void oddPaths() throws IOException {
        for (String path : List.of("/v2/../../etc/passwd", "/v2/%2e%2e/%2e%2e/etc/passwd", "/v2/a/blobs/../../../etc/passwd",
                "/v2/a%00/manifests/b", "/v2/a/blobs/..%2f..%2fetc%2fpasswd", "/etc/passwd", "/", "/v2/A/manifests/b",
                "/v2/" + "a/".repeat(2000) + "manifests/b", "/v2/" + "a".repeat(8192) + "/manifests/b",
                "/v2/a/manifests/" + "x".repeat(300), "/v2/a/blobs/sha512:" + "0".repeat(128))) {
            int status = status(path);
            assertTrue(status >= 400 && status < 500, path + ": " + status);
        }
        for (String bytes : List.of("GET /v2/\0 HTTP/1.1\r\nHost: x\r\n\r\n", "\0\1\2\3\r\n\r\n", "GET\r\n\r\n")) {
            String answer = new String(client(bytes).getInputStream().readNBytes(12), StandardCharsets.ISO_8859_1);
            assertEquals("HTTP/1.1 400", answer);
        }
        assertEquals(200, status("/v2/"));
    }

    @Test
    @DisplayName("answers 1,000 requests on 32 connections beside slow readers, half-open connections and a HEAD storm")
    void crowd() throws IOException {
        for (int i = 0; i < 40; i++) { // they read nothing
            client("GET " + blob(image.layers().get(0)) + " HTTP/1.1\r\nHost: x\r\n\r\n");
            client("GET /v2/ HT");
        }
        client(("HEAD " + manifest(image) + " HTTP/1.1\r\nHost: x\r\n\r\n").repeat(500));
        List<String> config = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            String path = i % 2 == 0 ? manifest(image) : blob(image.layers().get(1));
            config.addAll(List.of("url = " + registry.url(path), "output = /dev/null"));
        }
        Path urls = Files.write(temp.resolve("urls"), config);
        Proc.Result all = Proc.of("curl", "--silent", "--show-error", "--fail", "--parallel", "--parallel-max", "32",
                "--max-time", "60", "--config", urls.toString(), "--write-out", "%{http_code}\n").run();
        assertEquals(0, all.exit(), all.err());
        assertEquals(Collections.nCopies(1000, "200"), all.out().lines().toList());
        Path process = Path.of("/proc/" + registry.pid());
        try (Stream<Path> threads = Files.list(process.resolve("task"))) {
            assertTrue(threads.count() < 40);
        }
        String peak = Files.readAllLines(process.resolve("status")).stream().filter(l -> l.startsWith("VmHWM"))
                .findFirst().orElseThrow().replaceAll("\\D", "");
        assertTrue(Long.parseLong(peak) < 160 << 10, peak + " kB");
    }
}
