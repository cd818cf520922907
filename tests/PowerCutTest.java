//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../container-images/curl-all.java
//SOURCES ../container-images/verify.java
//SOURCES ../create-gpt-partition.java
//SOURCES ../lab/LoopbackServer.java
//SOURCES ../lab/WebServer.java
//SOURCES ScriptRun.java
//SOURCES ServedTree.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;

import common.cli.Cli;
import common.cli.Proc;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a disk has got when its power goes is what the file behind the loop device has: no cache of the kernel's. */
@DisplayName("A server that is switched off, not shut down, after curl-all")
class PowerCutTest {
    private static final int START = 2048;
    @TempDir
    Path folder;
    private Path disk;
    private Path mount;
    private String loop;
    private WebServer nginx;

    @BeforeEach
    void partition() throws IOException {
        disk = folder.resolve("disk");
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(400 << 20);
        }
        mount = Files.createDirectory(folder.resolve("mount"));
        loop = Proc.of("losetup", "--find", "--show", disk.toString()).check().strip();
        ScriptRun run = ScriptRun.of(new CreateGptPartition(), "--device", loop, "--start-sector", START, "--mount", mount);
        assertEquals(Cli.DONE, run.exit(), run::toString);
        Path root = Files.createDirectory(folder.resolve("container-images"));
        nginx = WebServer.start(folder.resolve("nginx"), root);
        ServedTree.small(root);
    }

    @AfterEach
    void detach() {
        nginx.close();
        Proc.of("umount", "--quiet", mount.toString()).run();
        Proc.of("partx", "--delete", loop).run();
        Proc.of("losetup", "--detach", loop).check();
    }

    private ScriptRun stage() {
        ScriptRun run = ScriptRun.of(new CurlAll(), "127.0.0.1:" + nginx.port(), mount);
        assertEquals(Cli.DONE, run.exit(), run::toString);
        return run;
    }

    /** What verify says of the disk as it is now, when it is mounted as the node mounts it. */
    private ScriptRun onSite() throws IOException {
        Path cut = folder.resolve("cut");
        Proc.of("cp", "--sparse=always", disk.toString(), cut.toString()).check();
        Path site = Files.createDirectory(folder.resolve("site"));
        String copy = Proc.of("losetup", "--find", "--show", "--read-only", "--offset", "" + START * 512, cut.toString())
                .check().strip();
        try {
            Proc.of("mount", "-t", "xfs", "-o", "ro,nosuid,nodev,nouuid", copy, site.toString()).check();
            try {
                return ScriptRun.of(new Verify(), site);
            } finally {
                Proc.of("umount", site.toString()).check();
            }
        } finally {
            Proc.of("losetup", "--detach", copy).check();
        }
    }

    @Test
    @DisplayName("has every file, and the partition can be mounted without its log")
    void whole() throws IOException {
        stage();
        ScriptRun run = onSite();
        assertEquals(Cli.DONE, run.exit(), run::toString);
    }

    @Test
    @DisplayName("is warned of while somebody writes to the partition, which stays as it is mounted")
    void inUse() throws IOException {
        try (OutputStream open = Files.newOutputStream(mount.resolve("log"))) {
            ScriptRun run = stage();
            assertTrue(run.err().contains("warning: unmount " + mount + " before the server is switched off"), run::toString);
            open.write(1);
        }
    }

    @Test
    @DisplayName("finds the partition mounted as it was")
    void mounted() throws IOException {
        stage();
        Files.writeString(mount.resolve("more"), "written");
        assertEquals("written", Files.readString(mount.resolve("more")));
    }
}
