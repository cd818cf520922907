//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../container-images/images-4.10.3/pull-initial-4.10.3.java
//SOURCES ../lab/LoopbackServer.java
//SOURCES FaultyServer.java
//SOURCES PullLab.java
//SOURCES ScriptRun.java
//SOURCES Scripts.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;

import common.cli.Cli;
import common.cli.Json;
import common.cli.Proc;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import mockwebserver3.RecordedRequest;
import okhttp3.Headers;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import okio.Buffer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("fault")
@DisplayName("On the way to a registry, a pull")
class PullNetworkTest {
    private static final String REPOSITORY = "openshift-release-dev/ocp-v4.0-art-dev";
    private static final MockResponse BASIC = new MockResponse(401,
            Headers.of("WWW-Authenticate", "Basic realm=\"lab\""), "");
    private static final String SECRET = Base64.getEncoder().encodeToString("puller:hunter2".getBytes());

    @TempDir
    static Path shared;
    private static PullLab lab;

    @TempDir
    Path root;
    private FaultyServer server;
    private String digest;
    private String layer;

    @BeforeAll
    static void publish() throws IOException {
        lab = PullLab.start(shared);
    }

    @AfterAll
    static void stopLab() {
        lab.close();
    }

    /** The server has one image of the real registry. */
    @BeforeEach
    void serve() throws IOException {
        server = new FaultyServer(root.resolve("www"));
        digest = lab.reference(6).replaceFirst(".*@", "");
        Path manifest = stored(digest);
        layer = Json.read(manifest).at("/layers/0/digest").asText();
        for (String blob : Stream.concat(Stream.of(Json.read(manifest).at("/config/digest").asText()),
                Json.read(manifest).get("layers").findValuesAsText("digest").stream()).toList()) {
            serve("blobs/" + blob, blob);
        }
        serve("manifests/" + digest, digest);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static Path stored(String digest) {
        String hex = digest.replace("sha256:", "");
        return shared.resolve("registry/storage/docker/registry/v2/blobs/sha256").resolve(hex.substring(0, 2))
                .resolve(hex).resolve("data");
    }

    private void serve(String path, String digest) throws IOException {
        Path file = root.resolve("www/v2").resolve(REPOSITORY).resolve(path);
        Files.createDirectories(file.getParent());
        Files.copy(stored(digest), file);
    }

    private static String path(String path) {
        return "/v2/" + REPOSITORY + "/" + path;
    }

    private MockResponse whole(String digest) {
        try {
            return new MockResponse.Builder().body(new Buffer().write(Files.readAllBytes(stored(digest)))).build();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ScriptRun pull(String location, String more) throws IOException {
        Path conf = Files.writeString(root.resolve("registries.conf"),
                "[[registry]]\nprefix = \"quay.io\"\nlocation = \"" + location + "\"\ninsecure = true\n" + more);
        return lab.pull(PullLab.list(root, lab.reference(6)), root.resolve(PullLab.AI), "--registries-conf", conf,
                "--authfile", secret(server.base()));
    }

    private Path secret(String host) throws IOException {
        return Files.writeString(root.resolve("auth.json"),
                "{\"auths\": {\"%s\": {\"auth\": \"%s\"}}}".formatted(host, SECRET));
    }

    private static String authorization(RecordedRequest request) {
        return request.getHeaders().get("Authorization");
    }

    @Test
    @DisplayName("meets an unknown host: an error that names it and what to check")
    void unknownHost() throws IOException {
        ScriptRun run = pull("no-such-host.invalid", "");
        assertEquals(Cli.FAILED, run.exit());
        assertTrue(run.err().contains("unknown host no-such-host.invalid; check DNS, the proxy"), run.err());
    }

    @Test
    @DisplayName("meets a host that refuses the connection: an error that names host and port")
    void refusedConnection() throws IOException {
        String host = "127.0.0.1:" + LoopbackServer.freePort();
        ScriptRun run = pull(host, "");
        assertEquals(Cli.FAILED, run.exit());
        assertTrue(run.err().contains("cannot connect to " + host + ": Connection refused; is the server running?"),
                run.err());
    }

    @Test
    @DisplayName("meets a mirror that answers with a web page: the next place has the image")
    void webPage() throws IOException {
        server.page(path("manifests/" + digest), "<html>captive portal</html>");
        PullLab.assertDone(pull("127.0.0.1:" + lab.registry.port(),
                "[[registry.mirror]]\nlocation = \"" + server.base() + "\"\ninsecure = true\n"));
    }

    @Test
    @DisplayName("is sent elsewhere for a blob: it goes there, but its credentials do not")
    void redirect() throws IOException {
        try (FaultyServer elsewhere = new FaultyServer(root.resolve("www"))) {
            String target = "http://" + elsewhere.base() + path("blobs/" + layer);
            server.at(path("blobs/" + layer), request -> authorization(request) == null ? BASIC
                    : new MockResponse(307, Headers.of("Location", target), ""));
            PullLab.assertDone(pull(server.base(), ""));
            assertAll(() -> assertTrue(server.requests().stream().anyMatch(r -> authorization(r) != null)),
                    () -> assertEquals(1, elsewhere.requests().size()),
                    () -> assertNull(authorization(elsewhere.requests().get(0))));
        }
    }

    @Test
    @DisplayName("outlives its token: it gets another one and goes on")
    void tokenExpires() throws IOException {
        String challenge = "Bearer realm=\"http://%s/token\",service=\"lab\"".formatted(server.base());
        int[] tokens = {0};
        server.at("/token?account=puller&service=lab&scope=repository%3A" + REPOSITORY.replace("/", "%2F") + "%3Apull",
                request -> new MockResponse(200, Headers.of(), "{\"token\": \"t" + ++tokens[0] + "\"}"));
        server.at(path("manifests/" + digest), request -> "Bearer t1".equals(authorization(request)) ? whole(digest)
                : new MockResponse(401, Headers.of("WWW-Authenticate", challenge), ""));
        server.at(path("blobs/" + layer), request -> "Bearer t2".equals(authorization(request)) ? whole(layer)
                : new MockResponse(401, Headers.of("WWW-Authenticate", challenge), ""));
        PullLab.assertDone(pull(server.base(), ""));
        assertEquals(2, tokens[0]);
    }

    @Test
    @DisplayName("never shows credentials to a token service in plain HTTP, unless the registry is insecure")
    void plainRealm() throws IOException {
        HeldCertificate certificate = new HeldCertificate.Builder().addSubjectAlternativeName("127.0.0.1").build();
        Files.writeString(Files.createDirectory(root.resolve("certs")).resolve("ca.crt"), certificate.certificatePem());
        try (MockWebServer tls = new MockWebServer()) {
            tls.useHttps(new HandshakeCertificates.Builder().heldCertificate(certificate).build().sslSocketFactory());
            tls.start(InetAddress.getLoopbackAddress(), 0);
            tls.enqueue(new MockResponse(401, Headers.of("WWW-Authenticate",
                    "Bearer realm=\"http://" + server.base() + "/token\""), ""));
            String host = "127.0.0.1:" + tls.getPort();
            ScriptRun run = lab.pull(PullLab.list(root, host + "/a/b:c"), root.resolve(PullLab.AI), "--authfile",
                    secret(host), "--cert-dir", root.resolve("certs"));
            assertTrue(run.err().contains("is no HTTPS address; credentials are not sent there"), run.err());
            assertEquals(List.of(), server.requests());
        }
    }

    @Test
    @DisplayName("goes through the proxy that the environment names, except to hosts that need none")
    void proxy() throws IOException {
        Path conf = Files.writeString(root.resolve("registries.conf"),
                "[[registry]]\nprefix = \"quay.io\"\nlocation = \"lab.invalid:5000\"\ninsecure = true\n");
        Object[] args = lab.args(PullLab.list(root, lab.reference(6)), root.resolve(PullLab.AI),
                "--registries-conf", conf);
        Proc script = Scripts.program(PullInitial4103.class, args).env("http_proxy", "http://" + server.base());
        script.env("no_proxy", "example.com").run();
        List<String> asked = server.paths();
        assertTrue(asked.contains("http://lab.invalid:5000" + path("manifests/" + digest)), asked::toString);
        Proc.Result direct = script.env("no_proxy", "example.com, .invalid").run();
        assertTrue(direct.err().contains("unknown host lab.invalid"), direct.err());
        assertEquals(asked, server.paths());
    }
}
