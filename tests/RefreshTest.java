//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../container-images/curl-all.java
//SOURCES ../container-images/verify.java
//SOURCES ../lab/WebServer.java
//SOURCES ScriptRun.java
//SOURCES Scripts.java
//SOURCES ServedTree.java
//SOURCES TestTar.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

import common.cli.Cli;
import common.cli.Json;
import common.cli.Proc;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("curl-all onto a disk that was staged with an earlier release")
class RefreshTest {
    private static final String OLD = "4.10.3";
    private static final String NEW = "4.10.4";
    private static final int LAYER = 3_000_000;
    @TempDir
    static Path shared;
    private static WebServer oldServer;
    private static WebServer newServer;
    private static ServedTree newTree;
    /** The new release on a disk of its own. */
    private static Map<String, String> fresh;

    @TempDir
    Path disk;

    /** Both have the base layer; each has layers, a store and a node bundle of its own. */
    @BeforeAll
    static void serve() throws IOException {
        oldServer = WebServer.start(shared.resolve("old-nginx"), tree("old", OLD).root);
        newTree = tree("new", NEW);
        newServer = WebServer.start(shared.resolve("new-nginx"), newTree.root);
        Path folder = Files.createDirectory(shared.resolve("fresh"));
        assertEquals(Cli.DONE, stage(newServer, folder).exit());
        fresh = ServedTree.staged(folder);
    }

    private static ServedTree tree(String name, String release) throws IOException {
        return new ServedTree(Files.createDirectory(shared.resolve(name))).pull("ai-images", release, 2, LAYER)
                .pull("ocp-images", release, 2, LAYER)
                .add("node.tar", "node", TestTar.of(TestTar.file("bin/verify", "#!/bin/sh # " + release, 0755)))
                .add("store.sqfs", "store", ("the store of " + release).repeat(100_000).getBytes());
    }

    @AfterAll
    static void stop() {
        oldServer.close();
        newServer.close();
    }

    private static ScriptRun stage(WebServer server, Path disk, String... more) throws IOException {
        return ScriptRun.of(new CurlAll(), arguments(server, disk, more));
    }

    private static Object[] arguments(WebServer server, Path disk, String... more) {
        String[] arguments = new String[more.length + 2];
        arguments[0] = "127.0.0.1:" + server.port();
        arguments[1] = disk.toString();
        System.arraycopy(more, 0, arguments, 2, more.length);
        return arguments;
    }

    private void stageOld(String... more) throws IOException {
        assertEquals(Cli.DONE, stage(oldServer, disk, more).exit());
    }

    /** The release that the disk holds whole by its own word, checked; but for its stores, which are none that mount. */
    private String whole() throws IOException {
        ScriptRun run = ScriptRun.of(new Verify(), disk);
        assertEquals("", run.err().lines().filter(l -> !l.startsWith("wrong: store.sqfs: does not mount: "))
                .collect(Collectors.joining("\n")), run::toString);
        return Json.read(disk.resolve("staged.json")).get("release").asText();
    }

    @Test
    @DisplayName("with --rm-stale ends as a disk that never had the old one")
    void replaced() throws IOException {
        stageOld();
        ScriptRun run = stage(newServer, disk, "--rm-stale");
        assertEquals(Cli.DONE, run.exit(), run::toString);
        assertEquals(fresh, ServedTree.staged(disk));
    }

    @Test
    @DisplayName("fetches no blob that the old release brought")
    void onlyWhatIsNew() throws IOException {
        stageOld();
        Set<String> lacking = new TreeSet<>(ServedTree.blobs(newTree.root));
        lacking.removeAll(ServedTree.blobs(disk));
        int before = newServer.requests().size();
        stage(newServer, disk, "--rm-stale");
        Set<String> fetched = newServer.requests().stream().skip(before).filter(r -> r.method().equals("GET"))
                .map(r -> r.path().replaceFirst(".*/", "")).filter(n -> n.matches("[0-9a-f]{64}"))
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(lacking, fetched);
    }

    @Test
    @DisplayName("says before anything is fetched how much the earlier staging left, and what becomes of it")
    void saidFirst() throws IOException {
        stageOld();
        assertTrue(stage(newServer, disk).out().matches("(?s)Plan: [^\n]*\nStale: \\d+ files, \\d+\\.\\d MB, from an "
                + "earlier staging; --rm-stale removes them\n.*"));
        ScriptRun removing = stage(newServer, disk, "--rm-stale");
        assertTrue(removing.out().contains("; they go when all of the new is there\n"), removing::toString);
    }

    @Test
    @DisplayName("without --rm-stale keeps the old layers")
    void kept() throws IOException {
        stageOld();
        Set<String> both = new TreeSet<>(ServedTree.blobs(disk));
        both.addAll(ServedTree.blobs(newTree.root));
        stage(newServer, disk);
        assertEquals(both, ServedTree.blobs(disk));
        assertEquals(NEW, whole());
    }

    @Test
    @DisplayName("leaves the old release whole when the new one cannot be had whole")
    void newIsBroken() throws IOException {
        stageOld();
        Path blob = newTree.ownLayer("ocp-images", NEW);
        Path aside = shared.resolve("aside");
        Files.move(blob, aside);
        ScriptRun run = stage(newServer, disk, "--rm-stale");
        Files.move(aside, blob);
        assertEquals(Cli.PARTIAL, run.exit(), run::toString);
        assertTrue(run.out().contains("; release " + OLD + " is whole there as before\n"), run::toString);
        assertEquals(OLD, whole());
        assertEquals(Cli.DONE, stage(newServer, disk, "--rm-stale").exit());
        assertEquals(fresh, ServedTree.staged(disk));
    }

    @Test
    @DisplayName("without room for both: refused with what would help, and the old one stays whole")
    void noRoom() throws IOException {
        try (SmallDisk small = new SmallDisk(disk)) {
            stageOld();
            ScriptRun run = stage(newServer, disk);
            assertEquals(Cli.FAILED, run.exit(), run::toString);
            assertTrue(run.err().matches("(?s).*does not fit: .*; --rm-stale first removes the \\d+\\.\\d MB that it does "
                    + "not need\n"), run::toString);
            assertEquals(OLD, whole());
        }
    }

    @Test
    @DisplayName("without room for both, with --rm-stale: the old one goes first, which is said")
    void oldGoesFirst() throws IOException {
        try (SmallDisk small = new SmallDisk(disk)) {
            stageOld();
            ScriptRun run = stage(newServer, disk, "--rm-stale");
            assertEquals(Cli.DONE, run.exit(), run::toString);
            assertTrue(run.out().contains("; they go first: there is no room for both\n"), run::toString);
            assertEquals(fresh, ServedTree.staged(disk));
        }
    }

    @Test
    @DisplayName("--mode store --rm-stale after --mode both: the layers go, the store stays")
    void layersGo() throws IOException {
        stageOld("--mode", "both");
        stageOld("--mode", "store", "--rm-stale");
        assertTrue(Files.exists(disk.resolve("store.sqfs")));
        Path alone = Files.createDirectory(shared.resolve("alone" + System.nanoTime()));
        assertEquals(Cli.DONE, stage(oldServer, alone, "--mode", "store").exit());
        assertEquals(ServedTree.staged(alone), ServedTree.staged(disk));
    }

    @Test
    @DisplayName("the same release again has nothing stale")
    void again() throws IOException {
        stageOld();
        ScriptRun run = stage(oldServer, disk);
        assertFalse(run.out().contains("Stale"), run::toString);
    }

    @RepeatedTest(value = 8, name = "{currentRepetition} of {totalRepetitions}")
    @DisplayName("killed at a random moment: one of the two is whole or the disk says that none is; the same command goes on")
    @Tag("fault")
    void killed() throws Exception {
        stageOld();
        Process process = new ProcessBuilder(Scripts.argv(CurlAll.class, arguments(newServer, disk, "--rm-stale")))
                .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        Thread.sleep(300 + new Random().nextInt(900));
        process.destroyForcibly().waitFor();
        if (Files.exists(disk.resolve("staged.json"))) {
            whole();
        }
        ServedTree.assertNothingHalf(disk);
        assertEquals(Cli.DONE, stage(newServer, disk, "--rm-stale").exit());
        assertEquals(fresh, ServedTree.staged(disk));
    }

    /** Room for one release and a little more. */
    private record SmallDisk(Path folder) implements AutoCloseable {
        SmallDisk {
            Proc.of("mount", "-t", "tmpfs", "-o", "size=28M", "tmpfs", folder.toString()).check();
        }

        @Override
        public void close() {
            Proc.of("umount", folder.toString()).check();
        }
    }
}
