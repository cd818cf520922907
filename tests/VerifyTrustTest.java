//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/FileTree.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/oci/Manifest.java
//SOURCES ScriptRun.java
//SOURCES ServedTree.java
//SOURCES StagedDisk.java
//SOURCES TestImages.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.FileTree;
import common.cli.Json;
import common.cli.Proc;
import common.oci.Manifest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("fault")
@DisplayName("verify believes what it read, and what is signed, nothing else:")
class VerifyTrustTest {
    @TempDir
    Path temp;
    private ServedTree server;

    @BeforeEach
    void serve() throws IOException {
        server = StagedDisk.server(temp);
    }

    private static void damage(Path file) throws IOException {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.seek(bytes.length() / 2);
            bytes.write(~bytes.read());
        }
    }

    private static void assertSays(ScriptRun run, String fault) {
        assertEquals(Cli.FAILED, run.exit(), run::toString);
        List<String> wrong = StagedDisk.wrong(run).stream().map(f -> f.replaceAll("[0-9a-f]{64}", "HEX")).toList();
        assertTrue(wrong.stream().anyMatch(f -> f.startsWith(fault)), run::toString);
    }

    @Test
    @DisplayName("a damaged layer is found where the server's blobs are a link to a larger disk")
    void blobsBehindLink() throws IOException {
        Path larger = temp.resolve("larger");
        Files.move(server.root.resolve("blobs"), larger);
        Files.createSymbolicLink(server.root.resolve("blobs"), larger);
        ScriptRun whole = StagedDisk.assertWhole(StagedDisk.verify(server.root));
        assertTrue(!whole.out().contains(" 0 blobs"), whole.out());
        damage(larger.resolve("sha256").resolve(server.ownLayer("ai-images", "4.10.3").getFileName()));
        assertSays(StagedDisk.verify(server.root), "blobs/sha256/HEX: damaged: its bytes have sha256:HEX");
    }

    @Test
    @DisplayName("a blob that is a link to a file of the right size and content elsewhere is not one")
    void blobIsLink() throws IOException {
        Path layer = server.ownLayer("ai-images", "4.10.3");
        Files.move(layer, temp.resolve("elsewhere"));
        Files.createSymbolicLink(layer, temp.resolve("elsewhere"));
        assertSays(StagedDisk.verify(server.root), "blobs/sha256/HEX: a link to ");
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {".docker/config.json", "node/key", "store/auth.json", "lost+found/id_rsa", "linked/key"})
    @DisplayName("a secret is found wherever a web server would serve it:")
    void secret(String name) throws IOException {
        Path file = server.root.resolve(name);
        if (name.startsWith("linked")) {
            Files.createSymbolicLink(file.getParent(), Files.createDirectory(temp.resolve("outside")));
        } else {
            Files.createDirectories(file.getParent());
        }
        Files.writeString(file, "{\"auths\": {\"quay.io\": {}}} -----BEGIN PRIVATE KEY-----");
        assertSays(StagedDisk.verify(server.root), name + ": looks like a secret (");
    }

    @Test
    @DisplayName("a pipe among the files is named, and not waited for")
    void pipe() {
        Proc.of("mkfifo", server.root.resolve("pipe").toString()).check();
        ScriptRun run = assertTimeoutPreemptively(Duration.ofSeconds(60), () -> StagedDisk.verify(server.root));
        assertSays(run, "pipe: neither a file nor a folder");
    }

    @Nested
    @DisplayName("of a signed disk")
    class Signed {
        private Path disk;
        private Path publicKey;

        @BeforeEach
        void stage() throws IOException {
            Path key = temp.resolve("factory.pem");
            publicKey = temp.resolve("public.pem");
            Proc.of("openssl", "genpkey", "-algorithm", "ed25519", "-out", key.toString()).check();
            Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
            Proc.of("openssl", "pkey", "-in", key.toString(), "-pubout", "-out", publicKey.toString()).check();
            StagedDisk.assertWhole(StagedDisk.verify(server.root, "--sign", key));
            disk = StagedDisk.of(server, temp, "load").disk();
        }

        private ScriptRun check(Object... more) {
            return StagedDisk.verify(disk, Stream.concat(
                    Stream.of("--public-key", publicKey), Stream.of(more)).toArray());
        }

        private void announce(String release, String... kinds) throws IOException {
            ObjectNode staged = (ObjectNode) Json.read(disk.resolve("staged.json"));
            if (release != null) {
                staged.put("release", release);
            }
            staged.putArray("kinds");
            List.of(kinds).forEach(staged.withArray("kinds")::add);
            Json.write(disk.resolve("staged.json"), staged);
        }

        private void replaceImages() throws IOException {
            TestImages theirs = new TestImages(disk.resolve("ai-images"), null);
            theirs.add("quay.io/theirs/agent:1", theirs.manifest(Manifest.OCI, theirs.layer("theirs", 1000)));
            Files.move(disk.resolve("ai-images/images.txt"), disk.resolve("ai-images/ai-images.txt"),
                    StandardCopyOption.REPLACE_EXISTING);
        }

        @Test
        @DisplayName("a program of node/ that was replaced, though staged.json says that there is no node/")
        void node() throws IOException {
            announce(null, "blob", "set");
            Files.writeString(disk.resolve("node/bin/verify"), "#!/bin/no");
            assertSays(check(), "node: bin/verify: not what node.tar has");
            assertSays(StagedDisk.verify(disk), "node: bin/verify: not what node.tar has");
            Files.delete(disk.resolve("node.tar"));
            assertSays(StagedDisk.verify(disk), "node: there is no node.tar");
        }

        @Test
        @DisplayName("a program of node/ that became set-user-id, or writable by all")
        void modes() throws IOException {
            Proc.of("chmod", "4755", disk.resolve("node/bin/verify").toString()).check();
            Proc.of("chmod", "0666", disk.resolve("node/lib/verify.jar").toString()).check();
            StagedDisk.assertWrong(check(), "node: bin/verify: not what node.tar has",
                    "node: lib/verify.jar: not what node.tar has");
        }

        @Test
        @DisplayName("an image set that was replaced, though staged.json says that there is none, or another release")
        void set() throws IOException {
            replaceImages();
            announce(null, "blob");
            assertSays(check(), "ai-images/index.json: ");
            assertSays(StagedDisk.verify(disk), "ai-images/index.json: ");
            announce("9.9.9", "blob", "set", "node");
            assertSays(check(), "ai-images/index.json: ");
            assertSays(StagedDisk.verify(disk), "staged.json: release 9.9.9 is not in the inventory");
        }

        @Test
        @DisplayName("blobs that were removed, though staged.json says that there are none")
        void blobs() throws IOException {
            announce(null, "set", "node");
            FileTree.delete(disk.resolve("blobs"));
            assertSays(check(), "blobs/sha256/HEX: missing");
            assertSays(StagedDisk.verify(disk), "blobs/sha256/HEX: missing");
        }

        @Test
        @DisplayName("blobs, a set or the set's link to the blobs that lead out of the disk")
        void links() throws IOException {
            Path outside = Files.createDirectory(temp.resolve("outside"));
            Files.delete(disk.resolve("ai-images/blobs"));
            Files.createSymbolicLink(disk.resolve("ai-images/blobs"), outside);
            assertSays(check(), "ai-images/blobs: a link to ");
            Files.move(disk.resolve("blobs"), outside.resolve("blobs"));
            Files.createSymbolicLink(disk.resolve("blobs"), outside.resolve("blobs"));
            assertSays(check(), "blobs: a link to ");
            assertSays(check(), "blobs/sha256/HEX: needed and not a file of this folder, so not hashed");
        }

        @Test
        @DisplayName("a kind that the caller says was staged and that is not there; a disk with less is asked for as such")
        void mode() {
            assertSays(check("--mode", "store"), "store.sqfs: missing");
            StagedDisk.assertWhole(check("--mode", "load"));
            assertSays(check("--release", "4.10.4"), "inventory.json: release 4.10.4 is not in it, only 4.10.3");
        }

        @Test
        @DisplayName("which release it is must be said where the inventory has several")
        void releases() throws IOException {
            Path key = temp.resolve("factory.pem");
            server.pull("ai-images", "4.10.4", 1, 1000);
            StagedDisk.assertWhole(StagedDisk.verify(server.root, "--sign", key));
            for (String name : List.of("inventory.json", "inventory.json.sig")) {
                Files.copy(server.root.resolve(name), disk.resolve(name),
                        StandardCopyOption.REPLACE_EXISTING);
            }
            ScriptRun unsaid = check();
            assertEquals(Cli.USAGE, unsaid.exit(), unsaid::toString);
            assertTrue(unsaid.err().contains("name the one that this disk is for with --release"), unsaid.err());
            StagedDisk.assertWhole(check("--release", "4.10.3"));
            assertSays(check("--release", "4.10.4"), "ai-images/index.json: ");
        }
    }
}
