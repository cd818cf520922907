//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../container-images/curl-all.java
//SOURCES ../lab/WebServer.java
//SOURCES ScriptRun.java
//SOURCES ServedTree.java
//SOURCES StagedDisk.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

import common.cli.Cli;
import common.cli.Proc;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("fault")
@DisplayName("curl-all, onto a disk that somebody prepared,")
class ArrivedDiskTest {
    @TempDir
    Path temp;
    private ServedTree server;
    private WebServer nginx;
    private Path disk;
    private Path outside;

    @BeforeEach
    void serve() throws IOException {
        server = StagedDisk.server(temp);
        nginx = WebServer.start(temp.resolve("nginx"), server.root);
        disk = Files.createDirectory(temp.resolve("mnt")).toRealPath();
        outside = Files.createDirectory(temp.resolve("outside"));
    }

    @AfterEach
    void stop() {
        nginx.close();
    }

    private ScriptRun stage() {
        return assertTimeoutPreemptively(Duration.ofSeconds(100),
                () -> ScriptRun.of(new CurlAll(), "127.0.0.1:" + nginx.port(), disk));
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"blobs/sha256/.partial/LAYER", "ai-images", "ai-images/blobs", "blobs", "blobs/sha256",
        ".curl-all.lock", "ai-images/.index.json.tmp", ".partial-node.tar", "staged.json", "node.tar"})
    @DisplayName("writes through no link that was put where it writes:")
    void link(String name) throws IOException {
        String layer = server.ownLayer("ai-images", "4.10.3").getFileName().toString();
        Path link = disk.resolve(name.replace("LAYER", layer));
        Path victim = Files.writeString(outside.resolve("victim"), "kept");
        boolean folder = List.of("ai-images", "blobs", "sha256").contains(link.getFileName().toString());
        Files.createDirectories(link.getParent());
        Files.createSymbolicLink(link, folder ? outside : victim);
        ScriptRun run = stage();
        assertEquals(Cli.FAILED, run.exit(), run::toString);
        assertTrue(run.err().contains(link + ": a link to " + outside), run.err());
        assertEquals("kept", Files.readString(victim));
        try (Stream<Path> files = Files.list(outside)) {
            assertEquals(List.of(victim), files.toList());
        }
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"p", "c 1 7"})
    @DisplayName("opens no pipe and no device in the place of a partial file:")
    void special(String type) throws IOException {
        Path file = Files.createDirectories(disk.resolve("blobs/sha256/.partial"))
                .resolve(server.ownLayer("ai-images", "4.10.3").getFileName());
        Proc.of(Stream.concat(Stream.of("mknod", file.toString()), Stream.of(type.split(" "))).toList()).check();
        ScriptRun run = stage();
        assertEquals(Cli.FAILED, run.exit(), run::toString);
        assertTrue(run.err().contains(file + ": neither a file nor a folder"), run.err());
    }

    @Test
    @DisplayName("goes on with what an earlier run left, links of its own included")
    void again() throws IOException {
        StagedDisk.assertWhole(stageAndVerify());
        Files.createSymbolicLink(Files.createDirectory(disk.resolve(".node.tmp")).resolve("v.jar"), Path.of("verify.jar"));
        StagedDisk.assertWhole(stageAndVerify());
    }

    @Test
    @DisplayName("without an inventory takes sets, node.tar and store.sqfs, and no script that lies beside them")
    void strangers() throws IOException {
        Files.writeString(server.withoutInventory().root.resolve("verify.java"), "class Verify { }");
        ScriptRun run = stage();
        assertEquals(Cli.DONE, run.exit(), run::toString);
        assertFalse(Files.exists(disk.resolve("verify.java")));
        assertTrue(run.err().contains("left out") && run.err().contains("verify.java"), run.err());
        assertTrue(Files.exists(disk.resolve("node.tar")));
    }

    private ScriptRun stageAndVerify() {
        ScriptRun run = stage();
        assertEquals(Cli.DONE, run.exit(), run::toString);
        return StagedDisk.verify(disk);
    }
}
