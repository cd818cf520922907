//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../container-images/curl-all.java
//SOURCES ../lab/WebServer.java
//SOURCES ScriptRun.java
//SOURCES Scripts.java
//SOURCES ServedTree.java
//SOURCES TestTar.java

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;

import common.cli.Cli;
import common.cli.Proc;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("fault")
@DisplayName("curl-all, run again after an end in the middle,")
class CurlAllResumeTest {
    private static final byte[] VERSION_1 = new byte[200_000];
    @TempDir
    static Path shared;
    private static Path root;
    private static ServedTree tree;
    private static WebServer nginx;
    private static Map<String, String> undisturbed;

    @TempDir
    Path disk;

    @BeforeAll
    static void serve() throws IOException {
        root = Files.createDirectory(shared.resolve("container-images"));
        tree = ServedTree.small(root).pull("ai-images", "4.10.3", 4, 12_000_000);
        tree.add("node.tar", "node", TestTar.of(TestTar.file("bin/java", "#!".repeat(2_000_000), 0755)));
        new Random(1).nextBytes(VERSION_1);
        nginx = WebServer.start(shared.resolve("nginx"), root);
        Path folder = Files.createDirectory(shared.resolve("undisturbed"));
        assertEquals(Cli.DONE, ScriptRun.of(new CurlAll(), base(), folder).exit());
        undisturbed = ServedTree.staged(folder);
    }

    @AfterAll
    static void stop() {
        nginx.close();
    }

    private static String base() {
        return "127.0.0.1:" + nginx.port();
    }

    private void assertGoesOn() throws IOException {
        ScriptRun again = ScriptRun.of(new CurlAll(), base(), disk);
        assertEquals(Cli.DONE, again.exit(), again::toString);
        assertEquals(undisturbed, ServedTree.staged(disk));
    }

    private static List<String> requests(int since, Path file) throws IOException {
        return nginx.requests().stream().skip(since)
                .filter(r -> r.method().equals("GET") && r.path().endsWith("/" + file.getFileName()))
                .map(r -> r.status() + " " + r.range()).toList();
    }

    private Process start() throws Exception {
        Process process = new ProcessBuilder(Scripts.argv(CurlAll.class, base(), disk))
                .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        while (process.isAlive() && !Files.exists(disk.resolve(".curl-all.lock"))) {
            Thread.sleep(1);
        }
        return process;
    }

    @RepeatedTest(value = 10, name = "{currentRepetition} of {totalRepetitions}")
    @DisplayName("kill -9 at a random moment: no whole blob is fetched again, the end is the same")
    void killed() throws Exception {
        Process process = start();
        Thread.sleep(new Random().nextInt(400)); // about what is left of an undisturbed run
        process.destroyForcibly().waitFor();

        ServedTree.assertNothingHalf(disk);
        Set<String> whole = ServedTree.blobs(disk);
        int asked = nginx.requests().size();
        assertGoesOn();
        Set<String> fetchedAgain = new TreeSet<>(nginx.requests().stream().skip(asked)
                .map(r -> r.path().replaceFirst(".*/", "")).toList());
        fetchedAgain.retainAll(whole);
        assertEquals(Set.of(), fetchedAgain);
    }

    @Test
    @DisplayName("SIGTERM: exit code 130, and the next run goes on")
    void terminated() throws Exception {
        Process process = start();
        process.destroy();
        assertEquals(Cli.INTERRUPTED, process.waitFor());
        assertGoesOn();
    }

    private List<String> resume(byte[] partial) throws IOException {
        Path layer = tree.ownLayer("ai-images", "4.10.3");
        int asked = nginx.requests().size();
        Path partials = Files.createDirectories(disk.resolve("blobs/sha256/.partial"));
        Files.write(partials.resolve(layer.getFileName()), partial);
        assertGoesOn();
        return requests(asked, layer);
    }

    @Test
    @DisplayName("continues a partial blob with Range")
    void partialBlob() throws IOException {
        byte[] half = Arrays.copyOf(Files.readAllBytes(tree.ownLayer("ai-images", "4.10.3")), 6_000_000);
        assertEquals(List.of("206 bytes=6000000-"), resume(half));
    }

    @Test
    @DisplayName("fetches a partial blob with wrong bytes from its start")
    void wrongPartialBlob() throws IOException {
        assertEquals(List.of("206 bytes=6000000-", "200 "), resume(new byte[6_000_000]));
    }

    /** Half a tarball of an earlier run, with the validator of that version; the server has no inventory. */
    private List<String> resumeTarball(byte[] now) throws Exception {
        Path folder = Files.createTempDirectory(root, "factory");
        ServedTree.small(folder).withoutInventory();
        Path tgz = Files.write(folder.resolve("images-4.10.3/agent_latest.tgz"), VERSION_1);
        String url = base() + "/" + folder.getFileName();
        String head = Proc.of("curl", "--silent", "--head", url + "/images-4.10.3/agent_latest.tgz").check();
        Path set = Files.createDirectories(disk.resolve(".incoming/ai-images"));
        Files.write(set.resolve(".partial-agent_latest.tgz"), Arrays.copyOf(VERSION_1, 100_000));
        String etag = head.replaceFirst("(?s).*ETag: (\\S+).*", "$1");
        Files.writeString(set.resolve(".partial-agent_latest.tgz.etag"), etag);
        if (!Arrays.equals(now, VERSION_1)) { // nginx makes its ETag of the time
            Files.write(tgz, now);
        }
        int asked = nginx.requests().size();
        assertEquals(Cli.DONE, ScriptRun.of(new CurlAll(), url, disk).exit());
        assertEquals(-1, Files.mismatch(tgz, disk.resolve("ai-images/agent_latest.tgz")));
        return requests(asked, tgz);
    }

    @Test
    @DisplayName("without an inventory continues half a tarball")
    void halfTarball() throws Exception {
        assertEquals(List.of("206 bytes=100000-"), resumeTarball(VERSION_1));
    }

    @Test
    @DisplayName("without an inventory fetches half a tarball from its start when it changed on the server")
    void changedTarball() throws Exception {
        assertEquals(List.of("200 bytes=100000-"), resumeTarball(new byte[150_000]));
    }
}
