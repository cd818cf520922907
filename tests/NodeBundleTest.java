//SOURCES ../common/cli/AtomicFile.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Packages.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/oci/Descriptor.java
//SOURCES ../common/oci/Digest.java
//SOURCES ../common/oci/OciLayout.java
//SOURCES ../container-images/stage-node.java
//SOURCES ../lab/NodeImage.java
//SOURCES ScriptRun.java
//SOURCES ServedTree.java
//SOURCES StageNodeTest.java
//SOURCES StagedDisk.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import common.cli.AtomicFile;
import common.cli.Cli;
import common.cli.Packages;
import common.cli.Proc;
import common.oci.Descriptor;
import common.oci.Digest;
import common.oci.OciLayout;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
@DisplayName("The node bundle, on a read-only disk under a Debian without Java and without network,")
class NodeBundleTest {
    private static final List<String> PACKAGES = List.of("podman", "skopeo", "conmon", "crun", "mount", "util-linux");
    /** Everything that is mounted here is gone with the process. The root is a mount, since skopeo remounts it. */
    private static final String CHROOT = """
            set -e
            mount --bind "$1" "$1"
            mount --bind "$2" "$1/var/mnt"
            mount -o remount,bind,ro "$1/var/mnt"
            mount -t proc proc "$1/proc"
            mount -t sysfs sysfs "$1/sys"
            mount --rbind /dev "$1/dev"
            root=$1
            shift 2
            exec chroot "$root" "$@"
            """;
    @TempDir
    static Path temp;
    private static Path root;
    private static Path disk;

    @BeforeAll
    static void stage() throws IOException {
        assumeTrue(Packages.family() == Packages.Family.DEBIAN, "a minimal Debian is made with the host's packages");
        ServedTree server = ServedTree.small(Files.createDirectory(temp.resolve("container-images")));
        ScriptRun run = ScriptRun.of(new StageNode(), server.root, "--target-glibc", "2.36");
        assertEquals(Cli.DONE, run.exit(), run::toString);
        disk = StagedDisk.of(server, temp, "load").disk();
        root = Files.createDirectory(temp.resolve("root"));
        Proc.of("tar", "-xf", debian().toString(), "-C", root.toString()).check();
        Files.createDirectories(root.resolve("var/mnt"));
        Files.createDirectories(root.resolve("etc/containers"));
        Files.writeString(root.resolve("etc/containers/storage.conf"), """
                [storage]
                driver = "vfs"
                graphroot = "/var/lib/containers/storage"
                runroot = "/run/containers/storage"
                """);
    }

    /** Its symlinks lead out of the temporary folder, which JUnit would warn of, each. */
    @AfterAll
    static void remove() {
        Proc.of("rm", "-rf", "--one-file-system", temp.resolve("root").toString()).check();
    }

    /** Made once for a list of packages, below the user's cache folder. */
    private static Path debian() throws IOException {
        Path cache = Files.createDirectories(NodeImage.cache().resolve("node-bundle-test"));
        Path tar = cache.resolve(Digest.of(PACKAGES.toString().getBytes()).hex().substring(0, 16) + ".tar");
        if (!Files.exists(tar)) {
            Path work = Files.createTempDirectory(cache, "building-");
            NodeImage.install(PACKAGES, work, work.resolve("root"));
            Path whole = work.resolve("root.tar");
            Proc.of("tar", "-C", work.resolve("root").toString(), "--one-file-system", "-cf", whole.toString(), ".")
                    .check();
            AtomicFile.rename(whole, tar);
            Proc.of("rm", "-rf", "--one-file-system", work.toString()).check();
        }
        return tar;
    }

    private static Proc.Result inside(String... argv) {
        List<String> all = new ArrayList<>(List.of("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child",
                "sh", "-c", CHROOT, "chroot", root.toString(), disk.toString()));
        all.addAll(List.of(argv));
        return Proc.of(all).env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("JAVA_HOME", "/nowhere").run();
    }

    private static Proc.Result run(String launcher, String... arguments) {
        return inside(Stream.concat(Stream.of("/usr/bin/bash", "/var/mnt/node/bin/" + launcher),
                Stream.of(arguments)).toArray(String[]::new));
    }

    @Test
    @DisplayName("starts each of its scripts")
    void launchers() {
        assertFalse(inside("sh", "-c", "command -v java || ls /usr/lib/jvm").ok());
        assertFalse(inside("touch", "/var/mnt/x").ok());
        for (String name : StageNodeTest.NAMES) {
            Proc.Result help = run(name, "--help");
            assertEquals(Cli.DONE, help.exit(), help.err());
            assertTrue(help.out().contains("Usage: " + name), help.out());
            assertEquals("", help.err());
        }
    }

    @Test
    @DisplayName("finds the disk whole, and damage on it")
    void verify() throws IOException {
        Proc.Result whole = run("verify", "/var/mnt");
        assertEquals(Cli.DONE, whole.exit(), whole.err());
        assertTrue(whole.out().contains("whole; 5 images"), whole.out());
        Path layer = disk.resolve("blobs/sha256").resolve(new ServedTree(temp.resolve("container-images"))
                .ownLayer("ocp-images", "4.10.3").getFileName());
        byte[] bytes = Files.readAllBytes(layer);
        try {
            Files.write(layer, new byte[bytes.length]);
            Proc.Result damaged = run("verify", "/var/mnt");
            assertEquals(Cli.FAILED, damaged.exit());
            assertTrue(damaged.err().startsWith("wrong: blobs/sha256/" + layer.getFileName()), damaged.err());
        } finally {
            Files.write(layer, bytes);
        }
    }

    @Test
    @DisplayName("says that a verifier on the disk itself finds accidents, not attackers")
    void ownVerifier() throws IOException {
        Path key = temp.resolve("factory.pem");
        Path publicKey = root.resolve("factory-public.pem");
        Proc.of("openssl", "genpkey", "-algorithm", "ed25519", "-out", key.toString()).check();
        Proc.of("openssl", "pkey", "-in", key.toString(), "-pubout", "-out", publicKey.toString()).check();
        Proc.Result result = run("verify", "/var/mnt", "--public-key", "/factory-public.pem");
        assertTrue(result.err().contains("this verifier is on the disk that it checks"), result.err());
    }

    @Test
    @DisplayName("loads the discovery images into containers-storage, where podman finds each")
    void extract() {
        Proc.Result load = run("extract-initial", "--folder", "/var/mnt/ai-images");
        assertEquals(Cli.DONE, load.exit(), load.err());
        for (Descriptor image : OciLayout.at(disk.resolve("ai-images"), null).images()) {
            Proc.Result exists = inside("podman", "image", "exists", image.name());
            assertTrue(exists.ok(), image.name() + ": " + exists.err());
        }
        assertTrue(run("extract-initial", "--folder", "/var/mnt/ai-images").out().contains("3 already there"));
    }
}
