package common;

//SOURCES Json.java
//SOURCES Http.java
//SOURCES Download.java
//SOURCES Time.java
//SOURCES AssistedError.java
//SOURCES OfflineToken.java

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;

import com.fasterxml.jackson.databind.JsonNode;
import okhttp3.HttpUrl;
import okhttp3.MediaType;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;

/**
 * The Assisted Installer's REST API v2 (its OpenAPI files of 2022 and 2026): the calls that an installation takes, each
 * checked for its status. What may be sent twice (GET, PATCH) is sent again for five minutes while the service is busy
 * or gone, once it has answered before; POST and DELETE never are.
 */
public final class AssistedInstaller {
    /** Where the hosted service is. */
    public static final String HOSTED = "https://api.openshift.com";
    private static final String PATH = "api/assisted-install";
    private static final MediaType JSON = MediaType.get("application/json");
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final Set<Integer> BUSY = Set.of(429, 502, 503, 504);

    private final Http http;
    private final HttpUrl base;
    private final OfflineToken token;
    private final Time time;
    private boolean answered;

    /** {@code token} null: the service asks for none. */
    public AssistedInstaller(Http http, HttpUrl base, OfflineToken token, Time time) {
        this.http = http;
        this.base = base;
        this.token = token;
        this.time = time;
    }

    /** The API behind an address: {@code HOST:PORT} or a URL, with or without {@code /api/assisted-install/v2}. */
    public static HttpUrl base(String address) {
        HttpUrl url = HttpUrl.parse(address.contains("://") ? address : "http://" + address);
        if (url == null || url.query() != null) {
            throw new Cli.Failure(Cli.USAGE, "--url " + address + ": not an address; give http://HOST:8090");
        }
        String path = url.encodedPath().replaceFirst("/+$", "").replaceFirst("/v2$", "");
        return url.newBuilder().encodedPath((path.endsWith(PATH) ? path : path + "/" + PATH) + "/v2").build();
    }

    /** Nobody knows whether the service got the request: look before it is sent again. */
    static final class Unanswered extends IOException {
        Unanswered(String message, IOException cause) {
            super(message, cause);
        }
    }

    /** Clusters of this name, or the one with this id, without their hosts. */
    public List<JsonNode> clusters(String nameOrId) throws IOException {
        return named(get("clusters?with_hosts=false"), nameOrId);
    }

    /** Infra-envs of this name, those of clusters that are gone too: they outlive them. */
    public List<JsonNode> infraEnvs(String name) throws IOException {
        return named(get("infra-envs"), name);
    }

    public JsonNode infraEnv(String id) throws IOException {
        return get("infra-envs/" + id);
    }

    /** Infra-envs that are bound to a cluster. */
    public List<JsonNode> infraEnvsOf(String clusterId) throws IOException {
        List<JsonNode> bound = new ArrayList<>();
        get("infra-envs?cluster_id=" + clusterId).forEach(bound::add);
        bound.removeIf(e -> !e.path("cluster_id").asText().equals(clusterId));
        return bound;
    }

    /** A cluster with its hosts. */
    public JsonNode cluster(String id) throws IOException {
        return get("clusters/" + id);
    }

    public JsonNode registerCluster(JsonNode parameters) throws IOException {
        return post("clusters", parameters);
    }

    public JsonNode updateCluster(String id, JsonNode parameters) throws IOException {
        return patch("clusters/" + id, parameters);
    }

    /** {@code action}: install, cancel or reset. */
    public JsonNode act(String id, String action) throws IOException {
        return post("clusters/" + id + "/actions/" + action, null);
    }

    public void deleteCluster(String id) throws IOException {
        delete("clusters/" + id);
    }

    public JsonNode registerInfraEnv(JsonNode parameters) throws IOException {
        return post("infra-envs", parameters);
    }

    public JsonNode updateInfraEnv(String id, JsonNode parameters) throws IOException {
        return patch("infra-envs/" + id, parameters);
    }

    public void deleteInfraEnv(String id) throws IOException {
        delete("infra-envs/" + id);
    }

    /** What a host boots with: the service's own configuration with our override merged in. */
    public JsonNode discoveryIgnition(String infraEnvId) throws IOException {
        String path = "infra-envs/" + infraEnvId + "/downloads/files?file_name=discovery.ign";
        return parse("GET " + path, file(path));
    }

    /** A fresh address of the discovery ISO; a hosted service puts a token into it that expires. */
    public HttpUrl isoUrl(String infraEnvId) throws IOException {
        String url = get("infra-envs/" + infraEnvId + "/downloads/image-url").path("url").asText();
        return Optional.ofNullable(HttpUrl.parse(url)).orElseThrow(() -> new Cli.Failure("the service gives no "
                + "address of the ISO; is its image service running?"));
    }

    public JsonNode hosts(String infraEnvId) throws IOException {
        return get("infra-envs/" + infraEnvId + "/hosts");
    }

    public JsonNode host(String infraEnvId, String hostId) throws IOException {
        return get("infra-envs/" + infraEnvId + "/hosts/" + hostId);
    }

    /** {@code part}: "" for the host itself, {@code /installer-args} or {@code /ignition}. */
    public void updateHost(String infraEnvId, String hostId, String part, JsonNode parameters) throws IOException {
        patch("infra-envs/" + infraEnvId + "/hosts/" + hostId + part, parameters);
    }

    public void deleteHost(String infraEnvId, String hostId) throws IOException {
        delete("infra-envs/" + infraEnvId + "/hosts/" + hostId);
    }

    /** kubeconfig or kubeadmin-password; the service refuses until it has them. */
    public byte[] credentialsFile(String clusterId, String name) throws IOException {
        return file("clusters/" + clusterId + "/downloads/credentials?file_name=" + name);
    }

    /** {@code console_url}, {@code username}, {@code password}; refused until the cluster is installed. */
    public JsonNode credentials(String clusterId) throws IOException {
        return get("clusters/" + clusterId + "/credentials");
    }

    /** All events of a cluster, the newest last. */
    public List<JsonNode> events(String clusterId) throws IOException {
        List<JsonNode> events = new ArrayList<>();
        get("events?cluster_id=" + clusterId).forEach(events::add);
        events.sort((a, b) -> a.path("event_time").asText().compareTo(b.path("event_time").asText()));
        return events;
    }

    /** A time of the service; its zero time means unset. */
    static Optional<Instant> instant(JsonNode node) {
        return node.asText().isEmpty() || node.asText().startsWith("0001-") ? Optional.empty()
                : Optional.of(Instant.parse(node.asText()));
    }

    private static List<JsonNode> named(JsonNode list, String nameOrId) {
        List<JsonNode> found = new ArrayList<>();
        for (JsonNode entry : list) {
            if (nameOrId.equals(entry.path("name").asText()) || nameOrId.equals(entry.path("id").asText())) {
                found.add(entry);
            }
        }
        return found;
    }

    private JsonNode get(String path) throws IOException {
        return parse("GET " + path, exchange("GET", path, null, true));
    }

    private byte[] file(String path) throws IOException {
        return exchange("GET", path, null, true);
    }

    private JsonNode patch(String path, JsonNode body) throws IOException {
        byte[] answer = exchange("PATCH", path, body, true); // 201 here, and empty for a host's ignition
        return answer.length == 0 ? Json.object() : parse("PATCH " + path, answer);
    }

    private JsonNode post(String path, JsonNode body) throws IOException {
        return parse("POST " + path, exchange("POST", path, body, false));
    }

    private void delete(String path) throws IOException {
        exchange("DELETE", path, null, false);
    }

    private static JsonNode parse(String call, byte[] answer) {
        if (new String(answer, 0, Math.min(answer.length, 100), StandardCharsets.UTF_8).strip().startsWith("<")) {
            throw AssistedError.notTheService(call);
        }
        return Json.parse(answer, call);
    }

    private byte[] exchange(String method, String path, JsonNode body, boolean again) throws IOException {
        Instant fault = null;
        for (int tried = 1;; tried++) {
            IOException lost = null;
            Duration wait = Duration.ofSeconds(Math.min(30, 1L << Math.min(tried, 5)));
            try (Response response = send(method, path, body)) {
                answered = true;
                byte[] bytes = response.body().bytes();
                if (response.isSuccessful()) {
                    return bytes;
                }
                boolean worthIt = BUSY.contains(response.code()) || response.code() == 500 && tried < 5;
                if (!again || !worthIt || fault != null && patienceEnds(fault)) {
                    throw AssistedError.of(method + " " + base.host() + " " + path, response.code(), bytes);
                }
                wait = Http.retryAfter(response.header("Retry-After"), wait);
            } catch (IOException e) {
                boolean interrupted = e instanceof InterruptedIOException && !(e instanceof SocketTimeoutException);
                if (interrupted) {
                    throw e;
                }
                lost = unreachable(e);
                if (!again || !answered || fault != null && patienceEnds(fault)) {
                    throw lost;
                }
            }
            if (fault == null) {
                fault = time.now();
                Cli.warn((lost == null ? base.host() + " is busy" : lost.getMessage().replaceFirst(";.*", ""))
                        + "; trying again for " + Time.words(PATIENCE));
            }
            time.sleep(wait);
        }
    }

    private boolean patienceEnds(Instant since) {
        return Duration.between(since, time.now()).compareTo(PATIENCE) > 0;
    }

    private Response send(String method, String path, JsonNode body) throws IOException {
        HttpUrl url = HttpUrl.get(base + "/" + path);
        RequestBody sent = body != null ? RequestBody.create(body.toString().getBytes(StandardCharsets.UTF_8), JSON)
                : method.equals("POST") ? RequestBody.create(new byte[0], null) : null;
        Request.Builder request = new Request.Builder().url(url).method(method, sent);
        if (!path.contains("/downloads/files") && !path.contains("/downloads/credentials")) {
            request.header("Accept", "application/json");
        }
        if (Cli.verbose()) {
            System.err.println("+ " + method + " " + url);
        }
        if (token == null) {
            return http.once(request.build());
        }
        Response response = http.once(request.header("Authorization", token.authorization()).build());
        if (response.code() == 401) { // its clock may not be ours; nothing has been done, so any call may go again
            response.close();
            token.expire();
            response = http.once(request.header("Authorization", token.authorization()).build());
        }
        return response;
    }

    private Unanswered unreachable(IOException e) {
        String host = base.host() + ":" + base.port();
        if (e instanceof UnknownHostException) {
            return new Unanswered("unknown host " + base.host() + "; check --url (AI_URL), DNS and the proxy", e);
        }
        if (e instanceof SSLException && !(e instanceof SSLPeerUnverifiedException)) {
            return new Unanswered(Http.explain(e, host).replace("--cert-dir", "--ca FILE"), e);
        }
        return new Unanswered(Http.explain(e, host), e);
    }
}
