//SOURCES ../common/cli/Cli.java
//SOURCES ../lab/LocalRegistry.java
//SOURCES ../lab/LoopbackServer.java
//SOURCES PullLab.java
//SOURCES ScriptRun.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import common.cli.Cli;
import okhttp3.tls.HeldCertificate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("fault")
@DisplayName("Pulling from a registry that speaks TLS")
class PullTlsTest {
    private static final HeldCertificate CA = new HeldCertificate.Builder().certificateAuthority(0).build();

    @TempDir
    static Path shared;
    private static PullLab lab;

    @TempDir
    Path root;
    private LoopbackServer registry;

    @BeforeAll
    static void publish() throws IOException {
        lab = PullLab.start(shared);
    }

    @AfterAll
    static void stopLab() {
        lab.close();
    }

    @AfterEach
    void stop() {
        registry.close();
    }

    /** The lab's images behind a certificate for this name; {@code more}: further settings of its tls section. */
    private void serve(String name, String more) throws IOException {
        HeldCertificate server = new HeldCertificate.Builder().signedBy(CA).addSubjectAlternativeName(name).build();
        int port = LoopbackServer.freePort();
        Path config = Files.writeString(root.resolve("registry.yml"), """
                version: 0.1
                storage: {filesystem: {rootdirectory: "%s"}}
                http: {addr: "127.0.0.1:%d", secret: lab, tls: {certificate: "%s", key: "%s"%s}}
                """.formatted(shared.resolve("registry/storage"), port, write("server.crt", server.certificatePem()),
                write("server.key", server.privateKeyPkcs8Pem()), more));
        registry = new LoopbackServer(List.of(LocalRegistry.program(), "serve", config.toString()), port,
                root.resolve("registry.log"));
    }

    private Path write(String name, String text) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }

    private ScriptRun pull(boolean insecure, Object... more) throws IOException {
        Path conf = write("registries.conf", "[[registry]]\nprefix = \"quay.io\"\nlocation = \"127.0.0.1:"
                + registry.port() + "\"\ninsecure = " + insecure + "\n");
        Object[] all = Stream.concat(Stream.of("--registries-conf", conf), Stream.of(more)).toArray();
        return lab.pull(PullLab.list(root, lab.reference(0)), root.resolve(PullLab.AI), all);
    }

    private void assertRefused(ScriptRun run, String reason) {
        assertEquals(Cli.FAILED, run.exit(), run::toString);
        assertTrue(run.err().contains(reason.replace("HOST", "127.0.0.1:" + registry.port())), run.err());
    }

    @Test
    @DisplayName("whose CA nobody trusts: an error that names --cert-dir")
    void notTrusted() throws IOException {
        serve("127.0.0.1", "");
        ScriptRun run = pull(false);
        assertRefused(run, "TLS with HOST: ");
        assertRefused(run, "; give its CA certificate with --cert-dir\n");
    }

    @Test
    @DisplayName("whose CA is in --cert-dir, beside another one in the same file")
    void certDir() throws IOException {
        serve("127.0.0.1", "");
        HeldCertificate other = new HeldCertificate.Builder().certificateAuthority(0).build();
        write("certs/ca.crt", "# comment\n" + other.certificatePem() + "\n" + CA.certificatePem());
        PullLab.assertDone(pull(false, "--cert-dir", root.resolve("certs")));
    }

    @Test
    @DisplayName("whose certificate is for another host: an error that says so")
    void otherHost() throws IOException {
        serve("registry.example.com", "");
        write("certs/ca.crt", CA.certificatePem());
        assertRefused(pull(false, "--cert-dir", root.resolve("certs")),
                "TLS with HOST: its certificate is for another host");
    }

    @Test
    @DisplayName("with any certificate for any host when registries.conf says insecure = true")
    void insecure() throws IOException {
        serve("registry.example.com", "");
        PullLab.assertDone(pull(true));
    }

    @Test
    @DisplayName("and asks for a client certificate: the one in --cert-dir, also when insecure")
    void clientCertificate() throws IOException {
        serve("127.0.0.1", ", clientcas: [\"" + write("clients.pem", CA.certificatePem()) + "\"]");
        HeldCertificate client = new HeldCertificate.Builder().signedBy(CA).build();
        write("certs/ca.crt", CA.certificatePem());
        assertEquals(Cli.FAILED, pull(false, "--cert-dir", root.resolve("certs")).exit());
        write("certs/client.cert", client.certificatePem());
        write("certs/client.key", client.privateKeyPkcs8Pem());
        PullLab.assertDone(pull(false, "--cert-dir", root.resolve("certs")));
        PullLab.assertDone(pull(true, "--cert-dir", root.resolve("certs"), "--folder", root.resolve("other")));
    }

    @Test
    @DisplayName("a --cert-dir that is missing, or holds no certificates: an error that names the file")
    void badCertDir() throws IOException {
        serve("127.0.0.1", "");
        ScriptRun missing = pull(false, "--cert-dir", root.resolve("none"));
        assertRefused(missing, "no such file or folder: " + root.resolve("none"));
        Path bad = write("certs/ca.crt", "no certificate");
        assertRefused(pull(false, "--cert-dir", root.resolve("certs")), bad + ": not a PEM certificate");
    }

    @Test
    @DisplayName("is never asked in plain HTTP instead, unless it is insecure")
    void noPlainHttp() throws IOException {
        registry = LocalRegistry.start(root.resolve("plain"));
        assertRefused(pull(false), "TLS with HOST: ");
        assertEquals(List.of(), registry.requests());
    }
}
