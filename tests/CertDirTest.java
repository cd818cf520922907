//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/inventory/Inventory.java
//SOURCES ../common/oci/Digest.java
//SOURCES ../common/vm/RhcosImage.java
//SOURCES ../container-images/curl-all.java
//SOURCES ../container-images/stage-server.java
//SOURCES ../create-vm.java
//SOURCES ../ignition-files/render.java
//SOURCES ../lab/WebServer.java
//SOURCES FakeServer.java
//SOURCES ScriptRun.java
//SOURCES Scripts.java
//SOURCES ServedTree.java
//SOURCES TestDisk.java

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;
import java.util.stream.Stream;

import common.cli.Cli;
import common.cli.Proc;
import common.inventory.Inventory;
import common.oci.Digest;
import common.vm.RhcosImage;
import okhttp3.tls.HeldCertificate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The pulls' own are in PullTlsTest. */
@DisplayName("--cert-dir, for an artifact server whose CA only the factory trusts:")
class CertDirTest {
    private static final String ADVICE = "; give its CA certificate with --cert-dir";
    private static final String IMAGE = "rhcos-4.10.3-x86_64-qemu.x86_64.qcow2";
    @TempDir
    Path folder;
    private Path root;
    private Path certificates;
    private WebServer nginx;

    @BeforeEach
    void serve() throws IOException {
        root = Files.createDirectory(folder.resolve("container-images"));
        ServedTree.small(root);
        HeldCertificate ca = new HeldCertificate.Builder().certificateAuthority(0).build();
        HeldCertificate server = new HeldCertificate.Builder().signedBy(ca).addSubjectAlternativeName("127.0.0.1").build();
        certificates = Files.createDirectory(folder.resolve("certs"));
        Files.writeString(certificates.resolve("ca.crt"), ca.certificatePem());
        nginx = WebServer.tls(folder.resolve("nginx"), root, Files.writeString(folder.resolve("server.crt"), server.certificatePem()),
                Files.writeString(folder.resolve("server.key"), server.privateKeyPkcs8Pem()));
    }

    @AfterEach
    void stop() {
        nginx.close();
    }

    private String url() {
        return "https://127.0.0.1:" + nginx.port();
    }

    /** Fails without it and says what would help; works with it. */
    private void assertNeeded(Function<Object[], ScriptRun> script) {
        ScriptRun without = script.apply(new Object[0]);
        assertTrue(without.exit() != Cli.DONE && without.err().contains(ADVICE), without::toString);
        ScriptRun with = script.apply(new Object[] {"--cert-dir", certificates});
        assertEquals(Cli.DONE, with.exit(), with::toString);
    }

    private static Object[] join(Object[] more, Object... first) {
        return Stream.concat(Stream.of(first), Stream.of(more)).toArray();
    }

    @Test
    @DisplayName("curl-all")
    void curlAll() throws IOException {
        Path disk = Files.createDirectory(folder.resolve("mnt"));
        assertNeeded(more -> ScriptRun.of(new CurlAll(), join(more, url(), disk)));
    }

    @Test
    @DisplayName("create-vm --offline")
    @Tag("partition")
    void createVmOffline() throws IOException {
        Path profile = Files.writeString(folder.resolve("profile.yaml"), "lab:\n  image: none\n  disks:\n  - size: 1\n");
        assertNeeded(more -> ScriptRun.of(new CreateVm(), join(more, "--offline", "--disk", folder.resolve("sda.raw"), "--size",
                "400MiB", "--profile", profile, "--artifacts", url())));
    }

    @Test
    @DisplayName("create-vm's disk image from a mirror")
    void diskImage() throws IOException {
        Proc.of("qemu-img", "create", "-q", "-f", "qcow2", root.resolve(IMAGE).toString(), "1M").check();
        byte[] image = Files.readAllBytes(root.resolve(IMAGE));
        Files.writeString(root.resolve("sha256sum.txt"), Digest.of(image).hex() + "  " + IMAGE + "\n");
        Path cache = folder.resolve("cache");
        Cli.Failure refused = assertThrows(Cli.Failure.class, () -> new RhcosImage(IMAGE, null, url(), cache, null).file());
        assertTrue(refused.getMessage().contains(ADVICE), refused.getMessage());
        assertArrayEquals(image, Files.readAllBytes(new RhcosImage(IMAGE, null, url(), cache, certificates).file()));
    }

    @Test
    @DisplayName("render --inventory")
    void render() {
        assertNeeded(more -> ScriptRun.of(new Render(), join(more, "--inventory", url() + "/" + Inventory.FILE, "--output",
                folder.resolve("ign"))));
    }

    @Test
    @DisplayName("stage-server")
    @Tag("partition")
    void stageServer() throws IOException {
        FakeServer server = new FakeServer(folder.resolve("server"));
        try (TestDisk disk = new TestDisk(folder, TestDisk.MIB * 1024).attach()) {
            assertNeeded(more -> {
                try {
                    Proc.Result result = Scripts.program(StageServer.class, join(more, url(), "--hint", "serialNumber=SN1", "--size",
                            "400MiB", "--root", server.root, "--dry-run")).env("PATH", disk.listed(folder, "")).run();
                    return new ScriptRun(result.exit(), result.out(), result.err());
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
        }
    }
}
