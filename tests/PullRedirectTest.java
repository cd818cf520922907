//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/http/Http.java
//SOURCES ../container-images/images-4.10.3/pull-initial-4.10.3.java
//SOURCES ../lab/LoopbackServer.java
//SOURCES ImageRegistry.java
//SOURCES Peer.java
//SOURCES PullLab.java
//SOURCES ScriptRun.java
//SOURCES Scripts.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import common.cli.Cli;
import common.cli.Proc;
import mockwebserver3.MockResponse;
import mockwebserver3.RecordedRequest;
import mockwebserver3.SocketEffect;
import okhttp3.Headers;
import okio.Buffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("fault")
@DisplayName("A pull that is sent on, or goes through a proxy,")
class PullRedirectTest {
    @TempDir
    Path root;
    private ImageRegistry registry;
    private ImageRegistry storage;
    private Peer peer;
    private Path certificates;

    @BeforeEach
    void start() throws IOException {
        peer = new Peer(root);
        certificates = Files.createDirectory(root.resolve("certs"));
        Files.writeString(certificates.resolve("ca.crt"), ImageRegistry.CA.certificatePem());
    }

    @AfterEach
    void stop() {
        registry.close();
        if (storage != null) {
            storage.close();
        }
    }

    private static ImageRegistry start(String scheme) throws IOException {
        return scheme.equals("https") ? ImageRegistry.https() : ImageRegistry.http();
    }

    private MockResponse sentTo(String location) {
        return new MockResponse(307, Headers.of("Location", location), "");
    }

    /** Asks for a password, and sends whoever has it to the storage for the layer. */
    private MockResponse sends(RecordedRequest request, String location) {
        if (ImageRegistry.authorization(request).equals("null")) {
            return new MockResponse(401, Headers.of("WWW-Authenticate", "Basic realm=\"x\""), "");
        }
        return ImageRegistry.isLayer(request, registry) ? sentTo(location) : null;
    }

    @ParameterizedTest(name = "{0} to {1}")
    @CsvSource({"http, https", "https, http", "http, http", "https, https"})
    @DisplayName("is followed as skopeo does, and the credentials stay behind")
    void followed(String from, String to) throws IOException {
        registry = start(from);
        storage = start(to);
        String bucket = to + "://" + storage.host() + "/bucket/object";
        storage.doing(r -> r.getTarget().contains("final") ? blob()
                : sentTo("/final"));
        registry.doing(r -> sends(r, bucket));
        Path secret = peer.secret(registry.host());
        assertEquals(0, peer.skopeo(registry.image(), secret).exit());
        int since = storage.requests.size();
        PullLab.assertDone(peer.pull(registry.image(), secret, "--cert-dir", certificates));
        assertAll(() -> assertEquals(2, storage.requests.size() - since),
                () -> assertTrue(storage.requests.stream().skip(since).allMatch(r -> ImageRegistry.authorization(r).equals("null"))));
    }

    private MockResponse blob() {
        return new MockResponse.Builder().body(new Buffer().write(registry.content.get("blobs/" + registry.layer))).build();
    }

    @Test
    @DisplayName("in a circle ends after ten steps")
    void circle() throws IOException {
        registry = ImageRegistry.http();
        registry.doing(r -> r.getTarget().contains("/manifests/") ? sentTo(r.getTarget()) : null);
        ScriptRun run = peer.pull(registry.image(), peer.secret("nobody"));
        assertTrue(run.exit() == Cli.FAILED && run.err().contains("307, redirected to where we do not follow"), run::toString);
        assertEquals(11, registry.requests.stream().filter(r -> r.getTarget().contains("/manifests/")).count());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', value = {"refused | cannot connect to HOST: Connection refused",
        "unknown | unknown host no-such-storage.invalid", "403 | 403, forbidden, from HOST, to which it redirected",
        "401 | 401, from HOST, to which it redirected", "cut | the connection to HOST broke"})
    @DisplayName("and fails there names the host that failed")
    void namesTheHost(String fault, String words) throws IOException {
        registry = ImageRegistry.http();
        storage = ImageRegistry.http();
        storage.doing(r -> fault.equals("cut") ? new MockResponse.Builder().body("x".repeat(100_000))
                .onResponseBody(SocketEffect.ShutdownConnection.INSTANCE).build()
                : new MockResponse(Integer.parseInt(fault), Headers.of("WWW-Authenticate", "Basic realm=\"s\""), ""));
        String host = fault.equals("refused") ? "127.0.0.1:" + LoopbackServer.freePort() : fault.equals("unknown")
                ? "no-such-storage.invalid" : storage.host();
        registry.doing(r -> sends(r, "http://" + host + "/b"));
        ScriptRun run = peer.pull(registry.image(), peer.secret(registry.host()));
        assertEquals(Cli.FAILED, run.exit(), run::toString);
        assertTrue(run.err().contains(words.replace("HOST", host)), run::toString);
    }

    @Test
    @DisplayName("shows the proxy the credentials of its address, and the registry none of them")
    void proxyCredentials() throws IOException {
        registry = ImageRegistry.http();
        storage = ImageRegistry.http();
        storage.doing(r -> r.getHeaders().get("Proxy-Authorization") == null
                ? new MockResponse(407, Headers.of("Proxy-Authenticate", "Basic realm=\"proxy\""), "")
                : registry.plain(r));
        Path conf = Files.writeString(root.resolve("r.conf"), "[[registry]]\nlocation = \"lab.invalid:5000\"\ninsecure = true\n");
        Object[] args = {"--list", PullLab.list(root, "lab.invalid:5000/team/app:v1"), "--folder", root.resolve("s/ai-images"),
            "--registries-conf", conf, "--authfile", peer.secret("nobody")};
        Proc.Result result = Scripts.program(PullInitial4103.class, args)
                .env("http_proxy", "http://us_er:p%40ss@" + storage.host()).env("NO_PROXY", "10.0.0.0/8").run();
        assertEquals(0, result.exit(), result.err());
        assertTrue(storage.requests.stream().anyMatch(r -> okhttp3.Credentials.basic("us_er", "p@ss")
                .equals(r.getHeaders().get("Proxy-Authorization"))));
        assertFalse((result.out() + result.err()).contains("p@ss"));
    }

    @Test
    @DisplayName("names the proxy that does not answer")
    void proxyDown() throws IOException {
        registry = ImageRegistry.http();
        String proxy = "127.0.0.1:" + LoopbackServer.freePort();
        Object[] args = {"--list", PullLab.list(root, "lab.invalid:5000/team/app:v1"), "--folder", root.resolve("s/ai-images"),
            "--authfile", peer.secret("nobody")};
        Proc.Result result = Scripts.program(PullInitial4103.class, args).env("https_proxy", proxy).run();
        assertTrue(result.exit() == Cli.FAILED && result.err().contains("cannot connect to the proxy " + proxy
                + " (https_proxy) for lab.invalid:5000"), result.err());
    }
}
