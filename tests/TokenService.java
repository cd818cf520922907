//SOURCES ../common/cli/Json.java
//SOURCES ../common/http/Http.java
//SOURCES FaultyServer.java

import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Level;
import java.util.logging.Logger;

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Json;
import mockwebserver3.Dispatcher;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import mockwebserver3.RecordedRequest;
import okhttp3.Headers;
import okhttp3.HttpUrl;
import okhttp3.tls.HeldCertificate;

/**
 * Gives out tokens that a real registry believes (Docker's token authentication specification; the JWT is signed with a
 * certificate that the registry's configuration names) to whoever shows what {@code wanted} is.
 */
final class TokenService extends Dispatcher implements AutoCloseable {
    static final String SERVICE = "lab registry";
    private static final Logger LOG = Logger.getLogger(MockWebServer.class.getName());

    private final HeldCertificate signer = new HeldCertificate.Builder().certificateAuthority(0).build();
    private final MockWebServer server = new MockWebServer();
    private final List<String> tokens = new CopyOnWriteArrayList<>();
    private final String wanted;

    /** {@code wanted}: an Authorization header, or an identity token; null: nothing is asked for. */
    TokenService(String wanted) throws IOException {
        this.wanted = wanted;
        LOG.setLevel(Level.WARNING); // else a line for every request
        server.setDispatcher(this);
        server.start(InetAddress.getLoopbackAddress(), 0);
    }

    /** The auth section of a registry's configuration; its certificate file goes into the folder. */
    String configuration(Path folder) throws IOException {
        Path certificate = Files.writeString(folder.resolve("token.pem"), signer.certificatePem());
        return """
                auth: {token: {realm: "http://127.0.0.1:%d/token", service: "%s", issuer: lab, rootcertbundle: "%s"}}
                """.formatted(server.getPort(), SERVICE, certificate);
    }

    String host() {
        return "127.0.0.1:" + server.getPort();
    }

    /** The tokens given out so far. */
    List<String> tokens() {
        return tokens;
    }

    @Override
    public MockResponse dispatch(RecordedRequest request) {
        HttpUrl asked = request.getUrl();
        String shown = request.getHeaders().get("Authorization");
        if (request.getMethod().equals("POST")) { // OAuth 2: a form
            asked = HttpUrl.get("http://form/?" + request.getBody().utf8());
            boolean refresh = "refresh_token".equals(asked.queryParameter("grant_type"));
            shown = refresh ? asked.queryParameter("refresh_token") : null;
        }
        if (wanted != null && !wanted.equals(shown) || !SERVICE.equals(asked.queryParameter("service"))) {
            return new MockResponse(401, Headers.of(), "{\"errors\":[{\"message\":\"who are you?\"}]}");
        }
        String[] scope = asked.queryParameter("scope").split(":");
        String token = jwt(scope[1], scope[2]);
        tokens.add(token);
        ObjectNode answer = Json.object().put("access_token", token).put("expires_in", 300);
        return new MockResponse(200, Headers.of("Content-Type", "application/json"), answer.toString());
    }

    private String jwt(String repository, String action) {
        try {
            ObjectNode header = Json.object().put("typ", "JWT").put("alg", "ES256");
            header.putArray("x5c").add(Base64.getEncoder().encodeToString(signer.certificate().getEncoded()));
            long now = Instant.now().getEpochSecond();
            ObjectNode claims = Json.object().put("iss", "lab").put("sub", "").put("aud", SERVICE).put("jti", "1")
                    .put("exp", now + 300).put("nbf", now - 10).put("iat", now);
            claims.putArray("access").addObject().put("type", "repository").put("name", repository)
                    .putArray("actions").add(action);
            String signed = base64(header.toString().getBytes()) + "." + base64(claims.toString().getBytes());
            Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
            signature.initSign(signer.keyPair().getPrivate());
            signature.update(signed.getBytes(StandardCharsets.US_ASCII));
            return signed + "." + base64(signature.sign());
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    @Override
    public void close() {
        server.close();
    }
}
