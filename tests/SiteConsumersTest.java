//SOURCES ../common/cli/Proc.java
//SOURCES ../lab/Corpus.java
//SOURCES ../lab/LocalRegistry.java
//SOURCES ../lab/PrivateStorage.java
//SOURCES Repository.java
//SOURCES TestDisk.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

import common.cli.Proc;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A proof that cannot fail is none: each stand-in fails where the program that it stands for does. */
@DisplayName("The stand-ins for what installs OpenShift")
class SiteConsumersTest {
    private static final int SECONDS = 20;

    @TempDir
    static Path shared;
    @TempDir
    Path temp;
    private static LocalRegistry registry;
    private static Corpus.Published corpus;
    private static PrivateStorage storage;
    private TestDisk disk;

    @BeforeAll
    static void publish() throws IOException {
        registry = LocalRegistry.start(shared.resolve("registry"));
        corpus = Corpus.of(6, 0.02).publish(registry.port(), shared.resolve("lists"));
        storage = PrivateStorage.in(shared.resolve("storage"), Files.createTempDirectory("site"));
    }

    @AfterAll
    static void stop() throws IOException {
        registry.close();
        Proc.of("umount", storage.root().resolve("overlay").toString()).run();
        Proc.of("rm", "-rf", "--one-file-system", storage.runRoot().getParent().toString()).check();
    }

    @BeforeEach
    void disk() throws IOException {
        disk = new TestDisk(temp, 64 * TestDisk.MIB);
    }

    @AfterEach
    void close() throws IOException {
        disk.close();
    }

    @Test
    @DisplayName("take a disk whose partition is mounted through a loop device over the disk, not one that is itself")
    void mountedPartition() throws IOException {
        disk.attach().gpt("start=40960, name=data");
        Proc.of("mkfs.ext4", "-q", disk.node(1).toString()).check();
        Path mount = Files.createDirectory(temp.resolve("mount"));
        Proc.of("mount", disk.node(1).toString(), mount.toString()).check();
        String use = disk.node(1).getFileName() + " is mounted on " + mount;
        String before = disk.digest();
        assertAll(() -> assertFails("not eligible: " + use, run("disk-eligible", disk.device)),
                () -> assertFails("found busy partitions: " + use, run("disk-install", disk.device, "data")),
                () -> assertEquals(before, disk.digest()));
        Proc.of("umount", mount.toString()).check();
        Proc.of("mount", "-o", "ro,loop,offset=" + 40960 * 512, disk.device.toString(), mount.toString()).check();
        try {
            assertPasses(run("disk-eligible", disk.device));
        } finally {
            Proc.of("umount", mount.toString()).check();
        }
    }

    @Test
    @DisplayName("take no disk with a partition that is swapped to")
    void swap() throws IOException {
        disk.attach().gpt("start=2048, name=data");
        Proc.of("mkswap", "--quiet", disk.node(1).toString()).check();
        Proc.of("swapon", disk.node(1).toString()).check();
        String use = disk.node(1).getFileName() + " is swap";
        assertFails("not eligible: " + use, run("disk-eligible", disk.device));
        assertFails("found busy partitions: " + use, run("disk-install", disk.device, "data"));
    }

    @Test
    @DisplayName("install on no disk that lacks the partition to be saved")
    void nothingToSave() throws IOException {
        disk.attach("--partscan").gpt("start=40960, name=other");
        assertFails("no partition data on " + disk.device + " to be saved", run("disk-install", disk.device, "data"));
    }

    @Test
    @DisplayName("pull images by tag and digest, also those that are there, and need the registry for it")
    void availability() throws IOException {
        List<Object> arguments = new ArrayList<>(List.of(SECONDS));
        arguments.addAll(corpus.references());
        Path home = home(registry.port());
        assertPasses(run(home, "image-availability", arguments));
        assertPasses(run(home, "image-availability", arguments));
        Path nobody = home(closedPort());
        assertFails(corpus.references().get(0) + " was not pulled in " + SECONDS + " s",
                run(nobody, "image-availability", arguments));
    }

    @Test
    @DisplayName("give up a registry that takes connections and answers nothing when the time is over")
    void deafRegistry() throws IOException {
        try (ServerSocket deaf = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Path home = home(deaf.getLocalPort());
            long begun = System.nanoTime();
            assertFails(corpus.references().get(0) + " was not pulled in 3 s",
                    run(home, "image-availability", List.of(3, corpus.references().get(0))));
            assertTrue(System.nanoTime() - begun < Duration.ofSeconds(SECONDS).toNanos());
        }
    }

    @Test
    @DisplayName("read an image whole through the image proxy, as ostree does")
    void imageProxy() throws IOException {
        Proc.Result pulled = run(home(registry.port()), "image-pull",
                List.of(corpus.references().get(Corpus.OCI), corpus.references().get(Corpus.MULTI_ARCH)));
        assertPasses(pulled);
        assertTrue(pulled.out().contains(corpus.references().get(Corpus.MULTI_ARCH) + " 6 layers\n"), pulled.out());
        assertFails("connection refused", run(home(closedPort()), "image-pull",
                List.of(corpus.references().get(Corpus.OCI))));
    }

    @Test
    @DisplayName("refuse an image of which the registry serves a damaged layer")
    void damagedLayer() throws IOException {
        try (LocalRegistry other = LocalRegistry.start(temp.resolve("registry"))) {
            Corpus.Published damaged = Corpus.of(6, 0.02).publish(other.port(), temp.resolve("lists"));
            String layer = damaged.blobs().keySet().stream().reduce((a, b) -> b).orElseThrow().substring(7);
            Path file = temp.resolve("registry/storage/docker/registry/v2/blobs/sha256").resolve(layer.substring(0, 2))
                    .resolve(layer).resolve("data");
            byte[] bytes = Files.readAllBytes(file);
            bytes[bytes.length / 2] ^= 1;
            Files.write(file, bytes);
            assertFails("FinishPipe of GetBlob: corrupted blob, expecting sha256:" + layer,
                    run(home(other.port()), "image-pull", List.of(damaged.references().get(5))));
        }
    }

    @Test
    @DisplayName("say on the console how each of them went, and in what time")
    void report() {
        assertAll(() -> assertReports("ok \\d+\\.\\d", 0, 5, "echo", "done"),
                () -> assertReports("failed two words", 3, 5, "bash", "-c", "echo two words; echo; exit 3"),
                () -> assertReports("failed no end after 1 s", 124, 1, "sleep", "20"),
                () -> assertReports("failed HOME PATH", 1, 5, "bash", "-c",
                        "echo $(env | grep -v '^_=\\|^PWD=\\|^SHLVL=' | cut -d = -f 1 | sort); exit 1"));
    }

    private static void assertReports(String how, int exit, int seconds, String... argv) {
        List<Object> arguments = new ArrayList<>(List.of("NAME", seconds));
        arguments.addAll(List.of(argv));
        Proc.Result run = run("consumer", arguments.toArray());
        assertEquals(exit, run.exit());
        assertTrue(Pattern.matches("LAB-REPORT consumer NAME: " + how + "\n", run.out()), run.out());
    }

    private static void assertPasses(Proc.Result run) {
        assertEquals(0, run.exit(), run.out() + run.err());
    }

    private static void assertFails(String reason, Proc.Result run) {
        assertFalse(run.ok(), run.out());
        assertTrue((run.out() + run.err()).contains(reason), run.out() + run.err());
    }

    private static Proc.Result run(String name, Object... arguments) {
        return run(shared, name, List.of(arguments));
    }

    private static Proc.Result run(Path home, String name, List<?> arguments) {
        Path program = Repository.ROOT.resolve("lab/site").resolve(name);
        List<String> argv = new ArrayList<>(List.of(name.equals("image-pull") ? "python3" : "bash",
                program.toString()));
        arguments.forEach(a -> argv.add(a.toString()));
        return Proc.of(argv).env("HOME", home.toString()).env("CONTAINERS_STORAGE_CONF", storage.conf().toString())
                .run();
    }

    /** A home folder whose containers configuration sends all to a port of loopback, and nothing to the world. */
    private Path home(int port) throws IOException {
        Path home = Files.createTempDirectory(temp, "home");
        Path conf = Files.createDirectories(home.resolve(".config/containers"));
        String registry = "[[registry]]\nprefix = \"%s\"\nlocation = \"127.0.0.1:%d\"\ninsecure = true\n";
        Files.writeString(conf.resolve("registries.conf"), registry.formatted("quay.io", port)
                + registry.formatted("registry.redhat.io", port));
        return home;
    }

    private static int closedPort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
