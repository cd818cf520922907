//SOURCES ../common/cli/Cli.java
//SOURCES ../common/http/Http.java
//SOURCES ImageRegistry.java
//SOURCES Peer.java
//SOURCES PullLab.java
//SOURCES ScriptRun.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import common.cli.Cli;
import mockwebserver3.MockResponse;
import mockwebserver3.RecordedRequest;
import okhttp3.Headers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("fault")
@DisplayName("A bearer token, in its whole life,")
class PullTokenTest {
    private static final String SCOPE = "repository:" + ImageRegistry.NAME + ":pull";

    @TempDir
    Path root;
    private ImageRegistry registry;
    private Peer peer;
    /** Token -> when it was given out. */
    private final Map<String, Instant> tokens = new ConcurrentHashMap<>();
    private final List<RecordedRequest> asked = new ArrayList<>();

    @BeforeEach
    void start() throws IOException {
        registry = ImageRegistry.http();
        peer = new Peer(root);
    }

    @AfterEach
    void stop() {
        registry.close();
    }

    /** The token service's answer, with a new token for TOKEN. */
    private synchronized MockResponse token(RecordedRequest request, String json) {
        asked.add(request);
        String token = "t" + asked.size();
        tokens.put(token, Instant.now());
        return new MockResponse(200, Headers.of("Date", "Wed, 25 Nov 2026 10:00:00 GMT"), json.replace("TOKEN", token));
    }

    private MockResponse refused(int code, String... challenges) {
        Headers.Builder headers = new Headers.Builder();
        for (String challenge : challenges) {
            headers.add("WWW-Authenticate", challenge.replace("REALM", "http://" + registry.host() + "/token"));
        }
        return new MockResponse(code, headers.build(), "{\"errors\":[{\"code\":\"UNAUTHORIZED\"}]}");
    }

    private boolean knows(RecordedRequest request) {
        return tokens.containsKey(ImageRegistry.authorization(request).replace("Bearer ", ""));
    }

    private void assertBoth(String what) throws IOException {
        Path secret = peer.secret(registry.host());
        assertEquals(0, peer.skopeo(registry.image(), secret).exit(), "skopeo: " + what);
        PullLab.assertDone(peer.pull(registry.image(), secret));
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {
        "Bearer realm=\"REALM\",service=\"s\"",
        "bearer realm=\"REALM\", service=s",
        "Bearer realm=\"REALM\",service=\"\",scope=\"\"",
        "Bearer realm=\"REALM\",service=\"a\",service=\"b\"",
        "Negotiate%Bearer realm=\"REALM\",service=\"s\"",
        "Bearer realm=\"REALM\",error=\"invalid_token\",error_description=\"a \\\"quoted\\\", thing\""})
    @DisplayName("is asked for as the challenge says, as skopeo does")
    void challenges(String challenge) throws IOException {
        registry.doing(r -> r.getTarget().startsWith("/token") ? token(r, "{\"token\":\"TOKEN\"}")
                : knows(r) ? null : refused(401, challenge.split("%")));
        assertBoth(challenge);
        String query = asked.get(asked.size() - 1).getUrl().query();
        assertTrue(query.contains("scope=" + SCOPE) && !query.contains("service=&"), query);
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"Basic realm=\"x\", Bearer realm=\"REALM\",service=\"s\"", "Bearer realm=\"REALM\", Basic realm=\"x\"",
        "Digest realm=\"x\", nonce=\"1, 2\", Bearer realm=\"REALM\""})
    @DisplayName("is one of several challenges in one header: what we have is shown")
    void severalInOne(String challenge) throws IOException {
        registry.doing(r -> r.getTarget().startsWith("/token") ? token(r, "{\"token\":\"TOKEN\"}")
                : knows(r) || ImageRegistry.authorization(r).startsWith("Basic ") ? null : refused(401, challenge));
        PullLab.assertDone(peer.pull(registry.image(), peer.secret(registry.host())));
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"{\"token\":\"\",\"access_token\":\"TOKEN\"}", "{\"access_token\":\"TOKEN\"}",
        "{\"token\":\"TOKEN\",\"access_token\":\"other\",\"expires_in\":300,\"issued_at\":\"2026-11-25T10:00:00Z\"}",
        "{\"token\":\"TOKEN\",\"expires_in\":0}"})
    @DisplayName("is read from either field, with or without a time")
    void fields(String json) throws IOException {
        registry.doing(r -> r.getTarget().startsWith("/token") ? token(r, json)
                : knows(r) ? null : refused(401, "Bearer realm=\"REALM\",service=\"s\""));
        assertBoth(json);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', value = {"<html>login</html> | answers with something else than JSON",
        "{\"token\":null} | gave no token", "{} | gave no token", "{\"token\":\"a\\nb\"} | gave no token"})
    @DisplayName("that is none is an error which names the token service")
    void noToken(String json, String words) throws IOException {
        registry.doing(r -> r.getTarget().startsWith("/token") ? token(r, json)
                : refused(401, "Bearer realm=\"REALM\",service=\"s\""));
        ScriptRun run = peer.pull(registry.image(), peer.secret(registry.host()));
        assertTrue(run.exit() == Cli.FAILED && run.err().contains("its token service " + registry.host() + " " + words),
                run::toString);
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(ints = {400, 401, 403})
    @DisplayName("that the registry takes for ended is asked for again, whatever the registry calls that")
    void ended(int code) throws IOException {
        registry.doing(r -> {
            if (r.getTarget().startsWith("/token")) {
                return token(r, "{\"token\":\"TOKEN\",\"expires_in\":300}");
            }
            boolean late = ImageRegistry.isLayer(r, registry) && ImageRegistry.authorization(r).equals("Bearer t1");
            return !knows(r) ? refused(401, "Bearer realm=\"REALM\",service=\"s\"") : late ? refused(code) : null;
        });
        PullLab.assertDone(peer.pull(registry.image(), peer.secret(registry.host())));
        assertEquals(2, asked.size());
    }

    @Test
    @DisplayName("that is not allowed is not asked for again and again")
    void forbidden() throws IOException {
        registry.doing(r -> r.getTarget().startsWith("/token") ? token(r, "{\"token\":\"TOKEN\",\"expires_in\":300}")
                : knows(r) ? refused(403) : refused(401, "Bearer realm=\"REALM\",service=\"s\""));
        ScriptRun run = peer.pull(registry.image(), peer.secret(registry.host()));
        assertTrue(run.exit() == Cli.FAILED && run.err().contains("403, the credentials do not allow"), run::toString);
        assertTrue(asked.size() <= 2, asked::toString);
    }

    @ParameterizedTest(name = "expires_in {0}, issued {1}")
    @CsvSource({"2, 2026-11-25T10:00:00Z", "3600, 2026-11-25T09:00:01Z"})
    @DisplayName("is renewed before it ends, by the clock of the service that gave it")
    void renewedBefore(int life, String issued) throws IOException {
        registry.doing(r -> {
            if (r.getTarget().startsWith("/token")) {
                return token(r, "{\"token\":\"TOKEN\",\"expires_in\":" + life + ",\"issued_at\":\"" + issued + "\"}");
            }
            if (!knows(r)) {
                return refused(401, "Bearer realm=\"REALM\",service=\"s\"");
            }
            Instant given = tokens.get(ImageRegistry.authorization(r).replace("Bearer ", ""));
            if (given.plusMillis(1900).isBefore(Instant.now())) {
                return refused(500); // no chance to find out
            }
            try {
                Thread.sleep(1200);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return null;
        });
        PullLab.assertDone(peer.pull(registry.image(), peer.secret(registry.host()), "--jobs", "1"));
        assertTrue(asked.size() > 1, asked::toString);
    }

    @Test
    @DisplayName("has the scope that the challenge names, also when it names it only after a first one")
    void insufficientScope() throws IOException {
        String other = "repository:proxy/" + ImageRegistry.NAME + ":pull";
        registry.doing(r -> r.getTarget().startsWith("/token") ? token(r, "{\"token\":\"TOKEN\"}")
                : !knows(r) ? refused(401, "Bearer realm=\"REALM\",service=\"s\"")
                : asked.get(Integer.parseInt(ImageRegistry.authorization(r).replaceAll("\\D", "")) - 1).getUrl()
                        .queryParameterValues("scope").contains(other) ? null
                : refused(401, "Bearer realm=\"REALM\",service=\"s\",scope=\"" + other + "\",error=\"insufficient_scope\""));
        PullLab.assertDone(peer.pull(registry.image(), peer.secret(registry.host())));
    }

    @Test
    @DisplayName("comes by an identity token, and by the next one where the service gives one")
    void refreshToken() throws IOException {
        Path secret = Files.writeString(root.resolve("identity.json"),
                "{\"auths\":{\"" + registry.host() + "\":{\"identitytoken\":\"r0\"}}}");
        registry.doing(r -> {
            if (r.getTarget().startsWith("/token")) {
                String form = r.getBody().utf8();
                boolean right = form.contains("refresh_token=r" + asked.size() + "&") || form.endsWith("refresh_token=r" + asked.size());
                return right ? token(r, "{\"access_token\":\"TOKEN\",\"refresh_token\":\"r" + (asked.size() + 1) + "\"}")
                        : new MockResponse(400, Headers.of(), "{}");
            }
            boolean late = ImageRegistry.isLayer(r, registry) && ImageRegistry.authorization(r).equals("Bearer t1");
            return !knows(r) || late ? refused(401, "Bearer realm=\"REALM\",service=\"s\"") : null;
        });
        PullLab.assertDone(peer.pull(registry.image(), secret, "--jobs", "1"));
        assertEquals(2, asked.size());
    }
}
