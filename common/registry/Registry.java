package common.registry;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../http/Download.java
//SOURCES ../http/Http.java
//SOURCES ../http/Retry.java
//SOURCES ../oci/Digest.java
//SOURCES ../oci/ImageList.java
//SOURCES ../oci/Manifest.java
//SOURCES ../oci/RegistriesConf.java
//SOURCES Credentials.java

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.cloud.tools.jib.api.Credential;

import common.cli.Cli;
import common.cli.Json;
import common.http.Download;
import common.http.Http;
import common.http.Retry;
import common.oci.Digest;
import common.oci.Manifest;
import common.oci.RegistriesConf.Endpoint;
import okhttp3.Challenge;
import okhttp3.FormBody;
import okhttp3.Headers;
import okhttp3.HttpUrl;
import okhttp3.Response;

/**
 * The pull half of the OCI distribution API (distribution-spec, "Pull"): manifests as the bytes that the registry
 * served, blobs as resumable streams. Bearer tokens as in Docker's token authentication specification, kept for each
 * repository.
 */
public final class Registry {
    private final Http http;
    private final Credentials credentials;
    private final Map<String, String> authorizations = new ConcurrentHashMap<>();
    private final Map<String, String> schemes = new ConcurrentHashMap<>();

    public Registry(Http http, Credentials credentials) {
        this.http = http;
        this.credentials = credentials;
    }

    /** A registry's refusal. Another endpoint may do better; the same one will not. */
    public static final class Refused extends Download.Refused {
        Refused(String message) {
            super(message);
        }
    }

    /**
     * Fetches a manifest by tag or digest; by digest its bytes must have it. Throws {@link Refused} on 401, 403, 404
     * and other errors, {@link Cli.Failure} on bytes that are no manifest.
     */
    public Manifest manifest(Endpoint at, String tagOrDigest) throws IOException {
        String where = at + (tagOrDigest.startsWith("sha256:") ? "@" : ":") + tagOrDigest;
        Headers.Builder headers = new Headers.Builder().add("Accept", Manifest.ACCEPT);
        try (Response response = get(at, "manifests/" + tagOrDigest, headers)) {
            byte[] bytes = response.body().byteStream().readNBytes(Manifest.MAX_BYTES + 1);
            if (bytes.length > Manifest.MAX_BYTES) {
                throw new Refused(where + ": a manifest of more than " + Manifest.MAX_BYTES + " bytes");
            }
            Manifest manifest = Manifest.parse(bytes, where); // first: a signed schema 1 manifest never has its digest
            Digest digest = manifest.descriptor().digest();
            if (tagOrDigest.startsWith("sha256:") && !digest.toString().equals(tagOrDigest)) {
                throw new Refused(where + ": the manifest's bytes have " + digest + "; the registry is damaged");
            }
            return manifest;
        }
    }

    /** A blob of a repository, to be given to a {@link Download}. */
    public Download.Source blob(Endpoint at, Digest digest) {
        return (offset, validator) -> get(at, "blobs/" + digest, offset == 0 ? new Headers.Builder()
                : new Headers.Builder().add("Range", "bytes=" + offset + "-"));
    }

    private Response get(Endpoint at, String what, Headers.Builder headers) throws IOException {
        headers.set("Accept-Encoding", "identity"); // else OkHttp unpacks what a proxy packed, and lengths are lost
        HttpUrl url = HttpUrl.parse(scheme(at) + "://" + at.host() + "/v2/" + at.repository() + "/" + what);
        if (url == null) {
            throw new Refused(at.host() + ": not a host with a port");
        }
        for (boolean again = true;; again = false) {
            String authorization = authorizations.get(at.toString());
            if (authorization != null) {
                headers.set("Authorization", authorization);
            }
            Response response = http.get(url, headers.build(), !at.insecure());
            if (response.isSuccessful() || response.code() == 416) {
                return response;
            }
            try (response) {
                if (response.code() != 401 || !again) {
                    throw new Refused(at + "/" + what + ": " + words(response));
                }
                authorize(at, authorization, response.challenges());
            }
        }
    }

    /** Finds what the registry wants to see; several threads that are refused at once ask for one token. */
    private synchronized void authorize(Endpoint at, String refused, List<Challenge> challenges) throws IOException {
        if (!Objects.equals(authorizations.get(at.toString()), refused)) {
            return; // another thread was here
        }
        Optional<Credential> credential = credentials.of(at.host(), at.repository());
        for (Challenge challenge : challenges) {
            if (challenge.scheme().equalsIgnoreCase("Bearer") && challenge.authParams().containsKey("realm")) {
                authorizations.put(at.toString(), "Bearer " + token(at, challenge, credential));
                return;
            }
            if (challenge.scheme().equalsIgnoreCase("Basic") && credential.isPresent()) {
                authorizations.put(at.toString(), basic(credential.get()));
                return;
            }
        }
        throw new Refused(at + ": 401, it wants credentials and the pull secret has none for it; add them with "
                + "podman login --authfile FILE " + at.host());
    }

    private String token(Endpoint at, Challenge challenge, Optional<Credential> credential) throws IOException {
        HttpUrl realm = HttpUrl.parse(challenge.authParams().get("realm"));
        if (realm == null || !realm.isHttps() && credential.isPresent() && !at.insecure()) {
            throw new Refused(at + ": its token service " + challenge.authParams().get("realm")
                    + " is no HTTPS address; credentials are not sent there");
        }
        String service = challenge.authParams().getOrDefault("service", at.host());
        String scope = "repository:" + at.repository() + ":pull";
        try (Response response = credential.isPresent() && credential.get().isOAuth2RefreshToken()
                ? http.post(realm, new FormBody.Builder().add("grant_type", "refresh_token").add("service", service)
                        .add("client_id", "factory-staging").add("scope", scope)
                        .add("refresh_token", credential.get().getPassword()).build(), !at.insecure())
                : http.get(realm.newBuilder().addQueryParameter("service", service).addQueryParameter("scope", scope)
                        .build(), credential.map(c -> Headers.of("Authorization", basic(c))).orElse(Headers.of()),
                        !at.insecure())) {
            if (!response.isSuccessful()) {
                throw new Refused(at + ": its token service " + realm.host() + ": " + words(response));
            }
            JsonNode json = Json.parse(response.body().bytes(), "token of " + realm.host());
            return json.path("token").asText(json.path("access_token").asText());
        }
    }

    private static String basic(Credential credential) {
        return okhttp3.Credentials.basic(credential.getUsername(), credential.getPassword(),
                StandardCharsets.UTF_8);
    }

    /** https, but for an insecure registry whatever it speaks; asked once, with no credentials. */
    private String scheme(Endpoint at) {
        return !at.insecure() ? "https" : schemes.computeIfAbsent(at.host(), host -> {
            // a port speaks one of the two; a host without a port is asked for TLS first
            List<String> order = host.contains(":") ? List.of("http", "https") : List.of("https", "http");
            return speaks(order.get(0), host) ? order.get(0) : order.get(1);
        });
    }

    private boolean speaks(String scheme, String host) {
        HttpUrl url = HttpUrl.parse(scheme + "://" + host + "/v2/");
        if (url == null) {
            return false;
        }
        try (Response response = http.get(url, Headers.of(), false)) {
            return response.code() != 400; // what a TLS port answers to plain HTTP
        } catch (IOException e) {
            return false;
        }
    }

    private static String words(Response response) throws IOException {
        String wait = Retry.words(response.header("Retry-After"));
        String reason = switch (response.code()) {
            case 401 -> "401, the credentials are refused; renew them with podman login --authfile FILE HOST";
            case 403 -> "403, the credentials do not allow this repository";
            case 404 -> "404, not there";
            case 429 -> "429, too many requests" + (wait.isEmpty() ? "; try again later or with fewer --jobs" : wait);
            default -> response.isRedirect() ? response.code() + ", redirected to where we do not follow"
                    : response.code() + wait;
        };
        String said = new String(response.body().byteStream().readNBytes(2000), StandardCharsets.UTF_8);
        try {
            String message = Json.parse(said.getBytes(), "").path("errors").path(0).path("message").asText("");
            return message.isEmpty() ? reason : reason + " (" + message.replaceAll("\\s+", " ") + ")";
        } catch (Cli.Failure e) {
            return reason;
        }
    }
}
