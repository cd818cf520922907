//SOURCES ../common/cli/Proc.java
//SOURCES ../common/ignition/IgnitionFiles.java
//SOURCES ../lab/PrivateStorage.java
//SOURCES RenderedConfig.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

import common.cli.Proc;
import common.ignition.IgnitionFiles.Mode;
import common.ignition.IgnitionFiles.Stage;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The program as a config carries it, with a real store and the real podman, in a mount namespace where /etc, /run and
 * podman's storage may be changed.
 */
@DisplayName("precache-store")
class PrecacheStoreTest {
    private static final String CONF = """
            # of the host
            [storage]
            driver = "overlay"
            runroot = "/run/containers/storage"
            graphroot = "/var/lib/containers/storage"
            [storage.options]
            additionalimagestores = [
            ]
            pull_options = {enable_partial_images = "false"}
            """;
    private static final String OURS = "additionalimagestores = [\"/var/lib/precache/store\"]\n";
    private static final String CRIO = "[crio]\nstorage_option = [\"overlay.imagestore=/var/lib/precache/store\"]\n";
    private static final String NOTHING = "== /etc/containers/storage.conf\n" + CONF + "== podman\nnothing mounted\n";
    private static final String SANDBOX = """
            mkdir -p /var/lib/containers
            mount -t tmpfs tmpfs /run
            mount -t tmpfs tmpfs /var/lib/containers
            mount -t tmpfs tmpfs "$1"
            mkdir "$1/etc" "$1/work"
            mount -t overlay -o "lowerdir=/etc,upperdir=$1/etc,workdir=$1/work" overlay /etc
            mount -t tmpfs tmpfs /usr/local/bin
            [ -z "$5" ] || printf '#!/bin/bash\necho "crio version %s"\n' "$5" >/usr/local/bin/crio
            chmod 755 /usr/local/bin/* 2>/dev/null || :
            mkdir -p /etc/containers /run/precache/data /var/lib/precache
            mount -t tmpfs tmpfs /var/lib/precache
            mkdir /var/lib/precache/store
            cp "$2" /etc/containers/storage.conf
            [ -z "$4" ] || ln -s "$4" /run/precache/data/store.sqfs
            code=0
            bash /dev/stdin "$3" || code=$?
            echo "exit $code"
            for file in /etc/containers/storage.conf /run/precache/store.env /etc/crio/crio.conf.d/*; do
                [ ! -e "$file" ] || { echo "== $file"; cat "$file"; }
            done
            echo "== podman"
            mountpoint -q /var/lib/precache/store || echo nothing mounted
            [ ! -e /run/precache/store.env ] || export "$(cat /run/precache/store.env)"
            podman images --noheading --format '{{.Repository}}:{{.Tag}}'
            """;

    @TempDir
    static Path folder;
    private static Path store;

    @BeforeAll
    static void makeStore() throws IOException {
        Path runRoots = Files.createTempDirectory("run");
        PrivateStorage storage = PrivateStorage.in(folder.resolve("storage"), runRoots);
        assertEquals("overlay", storage.driver());
        Path tar = folder.resolve("image.tar");
        Proc.of("tar", "-cf", tar.toString(), "-C", "/etc", "hostname").check();
        storage.podman("import", "--quiet", tar.toString(), "quay.io/lab/staged:1").check();
        Proc.of("umount", "--quiet", storage.root().resolve("overlay").toString()).run();
        store = folder.resolve("store.sqfs");
        Proc.of("mksquashfs", storage.root().toString(), store.toString(), "-no-progress", "-quiet").check();
        Proc.of("rm", "-r", runRoots.toString()).check();
    }

    private static String run(String stage, Path squashfs, String conf) throws IOException {
        return run(stage, squashfs, conf, "1.24.6-1.rhaos4.10");
    }

    private static String run(String stage, Path squashfs, String conf, String crio) throws IOException {
        Path temp = Files.createTempDirectory(folder, "sandbox");
        Path file = Files.writeString(temp.resolveSibling("storage.conf"), conf);
        String program = RenderedConfig.of(Stage.OCP, Mode.STORE).program("precache-store");
        Proc.Result result = Proc.of("unshare", "--mount", "bash", "-ec", SANDBOX, "sandbox", temp.toString(),
                file.toString(), stage, squashfs == null ? "" : squashfs.toString(), crio).stdin(program).run();
        assertEquals(0, result.exit(), result.err());
        return result.err() + result.out();
    }

    @Test
    @DisplayName("discovery: storage.conf names the store and keeps the rest; podman has its images")
    void discovery() throws IOException {
        String out = run("discovery", store, CONF);
        String expected = CONF.replace("additionalimagestores = [\n]\n", "")
                .replace("[storage.options]\n", "[storage.options]\n" + OURS);
        assertAll(() -> assertTrue(out.contains("1 images in the store at /var/lib/precache/store\nexit 0\n"), out),
                () -> assertTrue(out.contains("== /etc/containers/storage.conf\n" + expected + "=="), out),
                () -> assertTrue(out.endsWith("== podman\nquay.io/lab/staged:1\n"), out));
    }

    @Test
    @DisplayName("discovery: a storage.conf with one store on one line, or without options, gets ours")
    void otherForms() throws IOException {
        String head = CONF.substring(0, CONF.indexOf("[storage.options]"));
        for (String conf : new String[] {head, head + "[storage.options]\nadditionalimagestores = [ \"/opt\" ]\n"}) {
            String out = run("discovery", store, conf);
            assertTrue(out.contains(head + "[storage.options]\n" + OURS + "=="), out);
        }
    }

    @Test
    @DisplayName("installed: environment file for podman and drop-in for CRI-O; storage.conf stays byte for byte")
    void installed() throws IOException {
        String out = run("installed", store, CONF);
        assertTrue(out.endsWith("exit 0\n== /etc/containers/storage.conf\n" + CONF
                + "== /run/precache/store.env\nSTORAGE_OPTS=overlay.imagestore=/var/lib/precache/store\n"
                + "== /etc/crio/crio.conf.d/90-precache-store.conf\n"
                + CRIO
                + "== podman\nquay.io/lab/staged:1\n"), out);
    }

    @ParameterizedTest(name = "CRI-O {0} gets \"internal_repair = false\": {1}")
    @CsvSource({"1.30.14-3.rhaos4.17, false", "1.31.0-5.rhaos4.18, true", "1.33.5, true"})
    void repair(String version, boolean off) throws IOException {
        String out = run("installed", store, CONF, version);
        assertTrue(out.contains(CRIO + (off ? "internal_repair = false\n" : "") + "== podman"), out);
    }

    @Test
    @DisplayName("no store on the partition: says so in a line, names none, and podman goes on working")
    void noStore() throws IOException {
        for (String stage : new String[] {"installed", "discovery"}) {
            assertEquals("no store.sqfs on the data partition: images are loaded instead\nexit 0\n" + NOTHING,
                    run(stage, null, CONF));
        }
    }

    @Test
    @DisplayName("a truncated one: the same, with the reason and status 1")
    void truncated() throws IOException {
        Path half = Files.copy(store, folder.resolve("half.sqfs"));
        try (RandomAccessFile file = new RandomAccessFile(half.toFile(), "rw")) {
            file.setLength(file.length() / 2);
        }
        String out = run("discovery", half, CONF);
        assertTrue(out.matches("no image store from /run/precache/data/store.sqfs: mount: .*; images are loaded instead\n"
                + "exit 1\n" + Pattern.quote(NOTHING)), out);
    }

    @Test
    @DisplayName("a file system that is no image store does not stay mounted")
    void notAStore() throws IOException {
        Path other = folder.resolve("other.sqfs");
        Proc.of("mksquashfs", "/etc/hostname", other.toString(), "-no-progress", "-quiet").check();
        String out = run("installed", other, CONF);
        assertTrue(out.matches("no image store from /run/precache/data/store.sqfs: .*; images are loaded instead\n"
                + "exit 1\n" + Pattern.quote(NOTHING)), out);
    }
}
