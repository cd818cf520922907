package common.registry;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../http/Http.java
//SOURCES ../http/Retry.java
//SOURCES ../oci/RegistriesConf.java
//SOURCES Challenges.java
//SOURCES Credentials.java
//SOURCES RegistryRefusal.java

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;
import java.util.Set;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.cloud.tools.jib.api.Credential;
import common.cli.Cli;
import common.cli.Json;
import common.http.Http;
import common.http.Retry;
import common.oci.RegistriesConf.Endpoint;
import okhttp3.FormBody;
import okhttp3.Headers;
import okhttp3.HttpUrl;
import okhttp3.Response;

/**
 * What one repository of a registry wants to see: nothing, a password, or a bearer token with its whole life
 * (Docker's "Token Authentication Specification" and "Token Authentication with OAuth 2"; docs/registries.md has a table
 * of what is honoured). Threads may share one; those that are refused at once ask for one token.
 */
final class RegistryLogin {
    /** What the specification says of a token without {@code expires_in}. */
    private static final Duration DEFAULT_LIFE = Duration.ofSeconds(60);
    /** A token is renewed so long before it ends, or a quarter of its life if that is less. */
    private static final Duration MARGIN = Duration.ofSeconds(10);
    /** What registries answer to a token that has ended; some without a challenge. */
    private static final Set<Integer> EXPIRED = Set.of(400, 401, 403);

    private final Http http;
    private final Credentials credentials;
    private final Endpoint at;
    private String authorization;
    /** The challenge that the token answers; null when there is no token. */
    private Challenges.Challenge asked;
    private long expires;
    /** A later one than the pull secret's, where the token service gave one. */
    private String refreshToken;

    RegistryLogin(Http http, Credentials credentials, Endpoint at) {
        this.http = http;
        this.credentials = credentials;
        this.at = at;
    }

    /** An Authorization header's value, null for none; {@code fresh}: obtained for this very request. */
    record Shown(String authorization, boolean fresh) {
    }

    /** What to show now: a token that is about to end is renewed first. */
    synchronized Shown show() throws IOException {
        boolean fresh = asked != null && System.nanoTime() - expires >= 0;
        if (fresh) {
            token(asked);
        }
        return new Shown(authorization, fresh);
    }

    /**
     * Whether the request is worth repeating after this answer: there is something else to show now, as the registry
     * has asked for it or because the token has ended. Throws {@link RegistryRefusal} when it asks for what we do not have.
     *
     * @param refusals of this request before; after the first it must ask for another scope
     */
    synchronized boolean renew(Response answer, Shown refused, int refusals) throws IOException {
        boolean anotherThreadWasHere = authorization != null && !authorization.equals(refused.authorization());
        if (anotherThreadWasHere) {
            return refusals < 2 && EXPIRED.contains(answer.code());
        }
        List<Challenges.Challenge> challenges = answer.code() == 401 ? Challenges.of(answer.headers("WWW-Authenticate"))
                : List.of();
        boolean otherScope = asked != null && challenges.stream().anyMatch(c -> c.has("scope")
                && !c.get("scope").equals(asked.get("scope")));
        if (!challenges.isEmpty() && (refusals == 0 || refusals == 1 && otherScope)) {
            answer(challenges);
            return true;
        }
        if (refusals == 0 && asked != null && !refused.fresh() && EXPIRED.contains(answer.code())) {
            token(asked);
            return true;
        }
        if (answer.code() == 401 && authorization == null) {
            throw new RegistryRefusal(at + ": 401, it refuses without saying what it wants to see (no WWW-Authenticate)");
        }
        return false;
    }

    private void answer(List<Challenges.Challenge> challenges) throws IOException {
        Optional<Credential> credential = credentials.of(at.host(), at.repository());
        for (Challenges.Challenge challenge : challenges) {
            if (challenge.is("bearer") && challenge.has("realm")) {
                token(challenge);
                return;
            }
            if (challenge.is("basic") && credential.isPresent() && !credential.get().isOAuth2RefreshToken()) {
                authorization = basic(credential.get());
                asked = null;
                return;
            }
        }
        String schemes = String.join(", ", challenges.stream().map(Challenges.Challenge::scheme).distinct().toList());
        boolean known = challenges.stream().anyMatch(c -> c.is("basic"));
        throw new RegistryRefusal(at + ": 401, it wants credentials " + (known ? "and the pull secret has none for it; add "
                + "them with podman login --authfile FILE " + at.host() : "of a kind that is not supported: " + schemes));
    }

    private void token(Challenges.Challenge challenge) throws IOException {
        Optional<Credential> credential = credentials.of(at.host(), at.repository());
        HttpUrl realm = HttpUrl.parse(challenge.get("realm"));
        if (realm == null || !realm.isHttps() && credential.isPresent() && !at.insecure()) {
            throw new RegistryRefusal(at + ": its token service " + challenge.get("realm")
                    + " is no HTTPS address; credentials are not sent there");
        }
        String service = challenge.get("service");
        List<String> scopes = challenge.has("scope") ? List.of(challenge.get("scope").trim().split(" +"))
                : List.of("repository:" + at.repository() + ":pull");
        try (Response response = credential.isPresent() && credential.get().isOAuth2RefreshToken()
                ? http.post(realm, form(credential.get(), service, scopes), !at.insecure())
                : http.get(query(realm, credential, service, scopes), credential.map(c -> Headers.of("Authorization",
                        basic(c))).orElse(Headers.of()), !at.insecure())) {
            if (!response.isSuccessful()) {
                String said = new String(response.body().byteStream().readNBytes(2000), StandardCharsets.UTF_8);
                throw new RegistryRefusal(at + ": its token service " + Http.host(realm) + ": "
                        + RegistryRefusal.reason(response, true) + RegistryRefusal.message(said));
            }
            keep(challenge, response, Http.host(realm));
        } catch (IOException e) {
            throw e instanceof RegistryRefusal || Retry.isInterrupt(e) ? e
                    : new IOException("its token service: " + Http.explain(e, Http.host(realm)), e);
        }
    }

    private FormBody form(Credential credential, String service, List<String> scopes) {
        FormBody.Builder form = new FormBody.Builder().add("grant_type", "refresh_token").add("client_id", "factory-staging")
                .add("scope", String.join(" ", scopes))
                .add("refresh_token", refreshToken != null ? refreshToken : credential.getPassword());
        return (service.isEmpty() ? form : form.add("service", service)).build();
    }

    private static HttpUrl query(HttpUrl realm, Optional<Credential> credential, String service, List<String> scopes) {
        HttpUrl.Builder query = realm.newBuilder();
        credential.ifPresent(c -> query.addQueryParameter("account", c.getUsername()));
        if (!service.isEmpty()) {
            query.addQueryParameter("service", service);
        }
        scopes.forEach(scope -> query.addQueryParameter("scope", scope));
        return query.build();
    }

    private void keep(Challenges.Challenge challenge, Response response, String host) throws IOException {
        JsonNode json;
        try {
            json = Json.parse(response.body().byteStream().readNBytes(1 << 20), "");
        } catch (Cli.Failure e) {
            throw new RegistryRefusal(at + ": its token service " + host + " answers with something else than JSON");
        }
        String token = text(json, "token").isEmpty() ? text(json, "access_token") : text(json, "token");
        if (!token.matches("[\\x21-\\x7e]+")) {
            throw new RegistryRefusal(at + ": its token service " + host + " gave no token");
        }
        refreshToken = text(json, "refresh_token").isEmpty() ? refreshToken : text(json, "refresh_token");
        Duration life = left(json, response.header("Date"));
        Duration margin = life.dividedBy(4).compareTo(MARGIN) < 0 ? life.dividedBy(4) : MARGIN;
        expires = System.nanoTime() + life.minus(margin).toNanos();
        authorization = "Bearer " + token;
        asked = challenge;
    }

    /**
     * What is left of a token's life. Its age is counted by the clock that {@code issued_at} was read from, the token
     * service's: ours may be wrong by hours.
     */
    private static Duration left(JsonNode json, String date) {
        double seconds = json.path("expires_in").asDouble(0);
        Duration life = seconds < 1 ? DEFAULT_LIFE : Duration.ofSeconds((long) Math.min(seconds, 86_400));
        try {
            OffsetDateTime issued = OffsetDateTime.parse(text(json, "issued_at"));
            Duration age = date == null ? Duration.ZERO : Duration.between(issued,
                    ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME));
            return age.isNegative() ? life : age.compareTo(life) > 0 ? Duration.ZERO : life.minus(age);
        } catch (DateTimeParseException e) { // optional, and not always as RFC 3339 has it
            return life;
        }
    }

    private static String text(JsonNode json, String field) {
        return json.path(field).isTextual() ? json.get(field).asText() : "";
    }

    private static String basic(Credential credential) {
        return okhttp3.Credentials.basic(credential.getUsername(), credential.getPassword(), StandardCharsets.UTF_8);
    }
}
