//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/oci/Digest.java
//SOURCES ../container-images/images-4.10.3/pull-initial-4.10.3.java
//SOURCES ../lab/LocalRegistry.java
//SOURCES ../lab/LoopbackServer.java
//SOURCES PullLab.java
//SOURCES ScriptRun.java
//SOURCES Scripts.java
//SOURCES SlowLink.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import common.cli.Cli;
import common.cli.Proc;
import common.oci.Digest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("fault")
@Tag("slow")
@DisplayName("A pull that ends in its middle")
class PullInterruptTest {
    private static final Random RANDOM = new Random();

    @TempDir
    static Path shared;
    private static PullLab lab;
    private static LocalRegistry behindLink;
    private static SlowLink link;
    private static Path slow;
    private static Map<String, String> undisturbed;
    private static long bytes;

    @TempDir
    Path root;

    @BeforeAll
    static void publish() throws IOException {
        lab = PullLab.start(shared, 0.3);
        Path storage = shared.resolve("registry/storage");
        behindLink = LocalRegistry.start(shared.resolve("behind"), storage, null, null, null);
        link = new SlowLink(behindLink.port(), 1_000_000);
        slow = Files.writeString(shared.resolve("slow.conf"), Files.readString(lab.corpus.registriesConf())
                .replace(":" + lab.registry.port(), ":" + link.port()));
        Path other = Files.createDirectory(shared.resolve("undisturbed"));
        PullLab.assertDone(lab.initial(other));
        undisturbed = Scripts.tree(other);
        bytes = sizes(other).values().stream().mapToLong(Long::longValue).sum();
    }

    @AfterAll
    static void stop() throws IOException {
        lab.close();
        link.close();
        behindLink.close();
    }

    /** The blobs below a folder: {@code sha256/HEX}, {@code sha256/.partial/HEX} -> size. */
    private static Map<String, Long> sizes(Path root) throws IOException {
        Map<String, Long> sizes = new HashMap<>();
        Path blobs = root.resolve("blobs");
        if (Files.exists(blobs)) {
            try (Stream<Path> files = Files.walk(blobs)) {
                for (Path file : files.filter(f -> f.getFileName().toString().length() == 64).toList()) {
                    sizes.put(blobs.relativize(file).toString(), file.toFile().length());
                }
            } catch (UncheckedIOException renamedMeanwhile) {
                return sizes(root);
            }
        }
        return sizes;
    }

    /** The arguments of a pull over the slow link; what it asked for stands in the log of a registry of its own. */
    private Object[] overLink() {
        return lab.args(lab.corpus.initialList(), root.resolve(PullLab.AI), "--registries-conf", slow);
    }

    /** What the pull prints; not below its own root, whose tree is compared. */
    private Path log() {
        return shared.resolve(root.getFileName() + ".log");
    }

    /** Starts a pull over the slow link and returns when this share of its bytes is on disk. */
    private Process pullUntil(double share) throws Exception {
        Process pull = Scripts.program(PullInitial4103.class, overLink())
                .background(log());
        while (pull.isAlive() && sizes(root).values().stream().mapToLong(Long::longValue).sum() <= share * bytes) {
            Thread.sleep(2);
        }
        return pull;
    }

    /** What has a blob's name is that blob; a re-run fetches none of these again, and of the others only what lacks. */
    private void assertResumes() throws IOException {
        Map<String, Long> left = sizes(root);
        Set<String> whole = left.keySet().stream().filter(n -> !n.contains("partial"))
                .map(n -> n.replace("sha256/", "")).collect(Collectors.toSet());
        for (String hex : whole) {
            assertEquals(hex, Digest.of(root.resolve("blobs/sha256").resolve(hex)).hex());
        }
        int since = lab.registry.requests().size();
        PullLab.assertDone(lab.initial(root));
        List<LoopbackServer.Request> asked = lab.registry.requests().stream().skip(since)
                .filter(r -> r.path().contains("/blobs/")).toList();
        for (LoopbackServer.Request request : asked) {
            String hex = request.path().replaceFirst(".*sha256:", "");
            long here = left.getOrDefault("sha256/.partial/" + hex, 0L);
            assertTrue(!whole.contains(hex), hex + " is fetched again");
            assertEquals(here > 0 ? 206 : 200, request.status(), request::toString);
            assertEquals(lab.corpus.blobs().get("sha256:" + hex) - here, request.bytes(), request::toString);
        }
        assertEquals(undisturbed, Scripts.tree(root));
    }

    @RepeatedTest(10)
    @DisplayName("by kill -9 at a random moment: a re-run goes on and ends as an undisturbed one")
    void killed() throws Exception {
        double share = RANDOM.nextDouble() * 1.05;
        Process pull = pullUntil(share);
        pull.destroyForcibly().waitFor();
        try {
            assertResumes();
        } catch (AssertionError e) {
            throw new AssertionError("killed at " + share + " of the bytes: " + e.getMessage(), e);
        }
    }

    @Test
    @DisplayName("by Ctrl-C: exit 130, says that it can go on, and a re-run does")
    void interrupted() throws Exception {
        Process pull = pullUntil(0.3);
        Proc.of("kill", "-INT", String.valueOf(pull.pid())).check();
        assertEquals(Cli.INTERRUPTED, pull.waitFor());
        String said = Files.readString(log());
        assertTrue(said.contains("interrupted: ") && said.contains("run the same command again"), said);
        assertResumes();
    }

    @Test
    @DisplayName("by a full disk: one line says so, nothing half-written counts as whole, with space a re-run goes on")
    void diskFull() throws IOException {
        Path image = shared.resolve("disk.img");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(340 << 20);
        }
        Proc.of("mkfs.xfs", "-q", image.toString()).check();
        Proc.of("mount", "-o", "loop", image.toString(), root.toString()).check();
        try {
            ScriptRun run = ScriptRun.watched(line -> fill(line.startsWith("Plan:")), new PullInitial4103(),
                    overLink());
            assertEquals(Cli.FAILED, run.exit(), run::toString);
            assertEquals(1, run.err().lines().filter(l -> !l.startsWith("Pulled ")).count(), run.err());
            assertTrue(run.err().matches("(?s).*error: disk full: [^\n]+; free some space and run [^\n]+ again\n"),
                    run.err());
            Files.delete(root.resolve("ballast"));
            assertResumes();
        } finally {
            Proc.of("umount", root.toString()).check();
        }
    }

    /** Leaves free less than half of what the pull needs. */
    private void fill(boolean now) {
        try {
            if (now) {
                long free = Files.getFileStore(root).getUsableSpace();
                Proc.of("fallocate", "-l", String.valueOf(free - bytes / 2), root + "/ballast").check();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
