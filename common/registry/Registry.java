package common.registry;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../http/Download.java
//SOURCES ../http/Http.java
//SOURCES ../http/Retry.java
//SOURCES ../oci/Digest.java
//SOURCES ../oci/Manifest.java
//SOURCES ../oci/RegistriesConf.java
//SOURCES Credentials.java
//SOURCES RegistryLogin.java
//SOURCES RegistryRefusal.java

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import common.cli.Cli;
import common.http.Download;
import common.http.Http;
import common.http.Retry;
import common.oci.Digest;
import common.oci.Manifest;
import common.oci.RegistriesConf.Endpoint;
import okhttp3.Headers;
import okhttp3.HttpUrl;
import okhttp3.Response;

/**
 * The pull half of the OCI distribution API (distribution-spec, "Pull"): manifests as the bytes that the registry
 * served, blobs as resumable streams. Threads may share one.
 */
public final class Registry {
    private static final int ENOUGH_FAILURES = 3;

    private final Http http;
    private final Credentials credentials;
    private final Map<String, RegistryLogin> logins = new ConcurrentHashMap<>();
    /** Host to how often it failed since it last answered. */
    private final Map<String, Integer> failures = new ConcurrentHashMap<>();
    private final Map<String, String> schemes = new ConcurrentHashMap<>();

    public Registry(Http http, Credentials credentials) {
        this.http = http;
        this.credentials = credentials;
    }

    /**
     * Fetches a manifest by tag or digest; by digest its bytes must have it. Throws {@link Download.Refused} on 401, 403, 404
     * and other errors, {@link Cli.Failure} on bytes that are no manifest.
     */
    public Manifest manifest(Endpoint at, String tagOrDigest) throws IOException {
        String where = at + (tagOrDigest.startsWith("sha256:") ? "@" : ":") + tagOrDigest;
        Headers.Builder headers = new Headers.Builder().add("Accept", Manifest.ACCEPT);
        try (Response response = get(at, "manifests/" + tagOrDigest, headers)) {
            byte[] bytes = response.body().byteStream().readNBytes(Manifest.MAX_BYTES + 1);
            if (bytes.length > Manifest.MAX_BYTES) {
                throw new RegistryRefusal(where + ": a manifest of more than " + Manifest.MAX_BYTES + " bytes");
            }
            Manifest manifest = Manifest.parse(bytes, where); // first: a signed schema 1 manifest never has its digest
            Digest digest = manifest.descriptor().digest();
            if (tagOrDigest.startsWith("sha256:") && !digest.toString().equals(tagOrDigest)) {
                throw new RegistryRefusal(where + ": the manifest's bytes have " + digest + "; the registry is damaged");
            }
            return manifest;
        }
    }

    /** A blob of a repository, to be given to a {@link Download}. */
    public Download.Source blob(Endpoint at, Digest digest) {
        return (offset, validator) -> get(at, "blobs/" + digest, offset == 0 ? new Headers.Builder()
                : new Headers.Builder().add("Range", "bytes=" + offset + "-"));
    }

    /** A blob at an address that its manifest names; nobody's credentials go there. */
    public Download.Source elsewhere(String address) {
        return (offset, validator) -> {
            HttpUrl url = HttpUrl.parse(address);
            if (url == null) {
                throw new RegistryRefusal(address + ": not an address");
            }
            Headers.Builder headers = new Headers.Builder().add("Accept-Encoding", "identity");
            Response response = http.get(url, (offset == 0 ? headers : headers.add("Range", "bytes=" + offset + "-")).build(),
                    true);
            if (response.isSuccessful() || response.code() == 416) {
                return response;
            }
            try (response) {
                throw new RegistryRefusal(Http.host(url) + ": " + RegistryRefusal.reason(response, false));
            }
        };
    }

    /** The places in their order, those last that have only failed of late: others may answer at once. */
    public List<Endpoint> workingFirst(List<Endpoint> places) {
        return places.stream().sorted(Comparator.comparing(this::onlyFails)).toList();
    }

    private boolean onlyFails(Endpoint at) {
        return failures.getOrDefault(at.host(), 0) >= ENOUGH_FAILURES;
    }

    private void failed(Endpoint at, String reason) {
        if (failures.merge(at.host(), 1, Integer::sum) == ENOUGH_FAILURES) {
            Cli.warn(at.host() + " failed " + ENOUGH_FAILURES + " times in a row (" + reason + "); where there is another place, "
                    + "that is asked first from now on");
        }
    }

    private Response send(Endpoint at, HttpUrl url, Headers headers) throws IOException {
        try {
            Response response = http.get(url, headers, !at.insecure());
            if (response.code() >= 500) {
                failed(at, "HTTP " + response.code());
            } else {
                failures.remove(at.host());
            }
            return response;
        } catch (IOException e) {
            if (!Retry.isInterrupt(e)) {
                failed(at, Http.explain(e, at.host()));
            }
            throw e;
        }
    }

    private Response get(Endpoint at, String what, Headers.Builder headers) throws IOException {
        headers.set("Accept-Encoding", "identity"); // else OkHttp unpacks what a proxy packed, and lengths are lost
        HttpUrl url = HttpUrl.parse(scheme(at) + "://" + at.host() + "/v2/" + at.repository() + "/" + what);
        if (url == null) {
            throw new RegistryRefusal(at.host() + ": not a host with a port");
        }
        RegistryLogin login = logins.computeIfAbsent(at.toString(), a -> new RegistryLogin(http, credentials, at));
        for (int refusals = 0;; refusals++) {
            RegistryLogin.Shown shown = login.show();
            if (shown.authorization() != null) {
                headers.set("Authorization", shown.authorization());
            }
            Response response = send(at, url, headers.build());
            if (response.isSuccessful() || response.code() == 416) {
                return response;
            }
            try (response) {
                boolean here = Http.mayHearSecrets(url, response.request().url());
                if (!here || !login.renew(response, shown, refusals)) {
                    throw new RegistryRefusal(at + "/" + what + ": " + words(response, url));
                }
            }
        }
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

    /** Why an answer is none; {@code asked}: what was asked for it, which a redirect may have led elsewhere. */
    private String words(Response response, HttpUrl asked) throws IOException {
        HttpUrl from = response.request().url();
        String proxy = http.proxy(from);
        String reason = RegistryRefusal.reason(response, from.host().equals(asked.host()) && from.port() == asked.port());
        String elsewhere = from.host().equals(asked.host()) && from.port() == asked.port() ? ""
                : ", from " + Http.host(from) + ", to which it redirected";
        String through = proxy == null || response.code() < 500 && response.code() != 407 ? "" : ", through the " + proxy;
        String said = new String(response.body().byteStream().readNBytes(2000), StandardCharsets.UTF_8);
        return reason + elsewhere + through + RegistryRefusal.message(said);
    }
}
