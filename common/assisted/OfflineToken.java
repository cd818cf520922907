package common.assisted;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../http/Http.java
//SOURCES ../http/Time.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;
import common.http.Http;
import common.http.Time;
import okhttp3.FormBody;
import okhttp3.HttpUrl;
import okhttp3.Response;

/**
 * The login of the hosted service: an offline token (console.redhat.com/openshift/token) is exchanged for bearer tokens
 * that live a quarter of an hour. Each is renewed a minute before it ends.
 */
public final class OfflineToken {
    /** Red Hat's single sign-on, OAuth 2 refresh grant. */
    public static final String SSO = "https://sso.redhat.com/auth/realms/redhat-external/protocol/openid-connect/token";
    private static final String PAGE = "https://console.redhat.com/openshift/token";
    private static final Duration EARLY = Duration.ofSeconds(60);

    private final Http http;
    private final HttpUrl endpoint;
    private final String offline;
    private final Time time;
    private String bearer;
    private Instant ends = Instant.MIN;

    public OfflineToken(Http http, HttpUrl endpoint, String offline, Time time) {
        this.http = http;
        this.endpoint = endpoint;
        this.offline = offline;
        this.time = time;
    }

    /** The token that a file holds; its content is in no message. */
    public static String read(Path file) throws IOException {
        String token = Files.readString(file).strip();
        if (!token.matches("[\\w.~+/=-]{20,}")) {
            throw new Cli.Failure(file + ": holds no offline token; get one from " + PAGE);
        }
        return token;
    }

    /** The value of the Authorization header. */
    String authorization() throws IOException {
        if (!time.now().isBefore(ends.minus(ends.equals(Instant.MIN) ? Duration.ZERO : EARLY))) {
            renew();
        }
        return "Bearer " + bearer;
    }

    /** The service refused the bearer token: the next one is new. */
    void expire() {
        ends = Instant.MIN;
    }

    private void renew() throws IOException {
        try (Response response = http.post(endpoint, new FormBody.Builder().add("grant_type", "refresh_token")
                .add("client_id", "cloud-services").add("refresh_token", offline).build(), true)) {
            String where = endpoint.host();
            if (response.code() == 400 || response.code() == 401) {
                throw new Cli.Failure(where + " refuses the offline token; get a new one from " + PAGE);
            }
            if (!response.isSuccessful()) {
                throw new Cli.Failure(where + ": " + response.code() + " instead of a token; run it again");
            }
            JsonNode token = parse(response.body().bytes(), where);
            bearer = token.path("access_token").asText();
            ends = time.now().plusSeconds(token.path("expires_in").asLong(900));
        }
    }

    private static JsonNode parse(byte[] answer, String where) {
        try {
            return Json.parse(answer, where);
        } catch (Cli.Failure e) { // its words could quote the token
            throw new Cli.Failure(where + ": the answer is no JSON; does a proxy stand between?");
        }
    }
}
