//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES AssistedApi.java
//SOURCES AssistedRecordings.java
//SOURCES SimulatedCalls.java
//SOURCES SimulatedCluster.java
//SOURCES SimulatedInfraEnvs.java
//SOURCES VirtualTime.java

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import javax.net.ssl.SSLContext;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import common.cli.Cli;
import common.cli.Json;

/**
 * An assisted-service with memory: it answers as the recorded one did, error bodies included, and its states follow the
 * clock. A host boots ten seconds after somebody asked for the ISO.
 */
final class AssistedSimulator implements AutoCloseable {
    static final String BASE = "/api/assisted-install/v2";

    /** Status, content type and body of an answer. */
    record Answer(int status, String type, byte[] body) {
        static Answer json(int status, JsonNode body) {
            return new Answer(status, "application/json", body.toString().getBytes(StandardCharsets.UTF_8));
        }

        /** As recorded, with the recorded cluster's id replaced. */
        static Answer recorded(String name, String id) {
            JsonNode exchange = AssistedRecordings.get(name);
            return new Answer(exchange.path("status").asInt(), exchange.path("content_type").asText(),
                    exchange.path("response").asText().replace(AssistedRecordings.CLUSTER, id)
                            .getBytes(StandardCharsets.UTF_8));
        }
    }

    /** The connection breaks with no answer. */
    static Answer lost() {
        return new Answer(-1, "", new byte[0]);
    }

    /** What a proxy or a route says when it does not reach the service. */
    static Answer page(int status) {
        return new Answer(status, "text/html", "<!DOCTYPE html><html><h1>Application is not available</h1></html>"
                .getBytes(StandardCharsets.UTF_8));
    }

    /** What a client sent. */
    record Asked(String method, String path, String query, String authorization, String range, String type,
            String body) {
        JsonNode json() {
            return Json.parse(body.getBytes(StandardCharsets.UTF_8), path);
        }

        boolean is(String method, String pathPattern) {
            return this.method.equals(method) && path.matches(pathPattern.replace("{id}", "[0-9a-f-]{36}"));
        }
    }

    static {
        System.setProperty("sun.net.httpserver.nodelay", "true"); // else each answer waits 40 ms for an ACK
    }

    final VirtualTime time;
    final Map<String, SimulatedCluster> clusters = Collections.synchronizedMap(new LinkedHashMap<>());
    final Map<String, ObjectNode> infraEnvs = Collections.synchronizedMap(new LinkedHashMap<>());
    final List<AssistedApi.Exchange> exchanges = Collections.synchronizedList(new ArrayList<>());
    /** The pull secrets of infra-envs, which no answer has but discovery.ign. */
    final Map<String, String> secrets = Collections.synchronizedMap(new LinkedHashMap<>());
    int registered;
    /** How many servers somebody boots from the ISO. */
    volatile int servers = 1;
    /** The service of this year: 2022 (mid-2022) or 2026. */
    volatile int year = 2022;
    /** A fault: answers instead of the service; null lets it through. */
    volatile Function<Asked, Answer> fault = asked -> null;
    /** A fault: what comes of the answer on its way back, after the service has done its work. */
    volatile BiFunction<Asked, Answer, Answer> way = (asked, answer) -> answer;
    /** What a new cluster is given before anything else, its faults say. */
    volatile Consumer<SimulatedCluster> onRegister = cluster -> { };
    /** Time that passes by itself with each request, for a client with a clock of its own. */
    volatile Duration perRequest = Duration.ZERO;
    byte[] iso = "the discovery ISO".repeat(40_000).getBytes(StandardCharsets.UTF_8);
    /** A fault: the next image breaks off after so many bytes. */
    volatile int cutImage = -1;
    private final HttpServer server;
    private final String scheme;

    /** {@code tls}: null for plain HTTP. */
    AssistedSimulator(VirtualTime time, SSLContext tls) throws IOException {
        this.time = time;
        this.scheme = tls == null ? "http" : "https";
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        server = tls == null ? HttpServer.create(address, 0) : HttpsServer.create(address, 0);
        if (server instanceof HttpsServer https) {
            https.setHttpsConfigurator(new HttpsConfigurator(tls));
        }
        server.createContext("/", this::handle);
        server.setExecutor(Executors.newCachedThreadPool(r -> {
            Thread thread = new Thread(r);
            thread.setDaemon(true);
            return thread;
        }));
        server.start();
    }

    String url() {
        return scheme + "://127.0.0.1:" + server.getAddress().getPort();
    }

    SimulatedCluster onlyCluster() {
        return clusters.values().iterator().next();
    }

    /** Calls made so far, {@code METHOD path}, with ids as they are. */
    List<String> calls() {
        synchronized (exchanges) {
            return exchanges.stream().map(e -> e.method() + " " + e.path().replaceFirst("^" + BASE, "")).toList();
        }
    }

    long calls(String pattern) {
        return calls().stream().filter(c -> c.matches(pattern.replace("{id}", "[0-9a-f-]{36}"))).count();
    }

    private void handle(HttpExchange http) throws IOException {
        URI uri = http.getRequestURI();
        String body = new String(http.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        Asked asked = new Asked(http.getRequestMethod(), uri.getPath(),
                uri.getRawQuery() == null ? "" : uri.getRawQuery(),
                http.getRequestHeaders().getFirst("Authorization"), http.getRequestHeaders().getFirst("Range"),
                http.getRequestHeaders().getFirst("Content-Type"), body);
        Answer answer;
        try {
            answer = fault.apply(asked);
            if (answer == null) {
                answer = asked.path.startsWith("/images/") ? image(http, asked) : way.apply(asked, api(asked));
            }
        } catch (RuntimeException e) {
            answer = new Answer(500, "text/plain", e.toString().getBytes(StandardCharsets.UTF_8));
        }
        if (answer.status < 0) { // the connection is lost
            http.close();
            return;
        }
        exchanges.add(new AssistedApi.Exchange(asked.method, uri.toString(), asked.type, body.isEmpty() ? null : body,
                answer.status, answer.type, new String(answer.body, StandardCharsets.UTF_8)));
        if (!answer.type.isEmpty()) {
            http.getResponseHeaders().set("Content-Type", answer.type);
        }
        http.sendResponseHeaders(answer.status, answer.body.length == 0 ? -1 : answer.body.length);
        if (cutImage >= 0 && asked.path.startsWith("/images/")) {
            http.getResponseBody().write(answer.body, 0, cutImage);
            cutImage = -1;
            http.getResponseBody().flush();
            throw new IOException("cut");
        }
        http.getResponseBody().write(answer.body);
        http.close();
    }

    private synchronized Answer api(Asked asked) {
        time.sleep(perRequest);
        clusters.values().forEach(c -> c.at(time.now()));
        String path = asked.path.replaceFirst("^" + BASE, "");
        Asked relative = new Asked(asked.method, path, asked.query, asked.authorization, asked.range, asked.type,
                asked.body);
        if (!asked.path.startsWith(BASE)) {
            return new Answer(404, "text/html", "<html>no such page</html>".getBytes(StandardCharsets.UTF_8));
        }
        if (!asked.body.isEmpty() && !"application/json".equals(asked.type)) {
            return Answer.json(415, Json.object().put("code", 415).put("message", "unsupported media type"));
        }
        if (path.startsWith("/clusters")) {
            return SimulatedCalls.clusters(this, relative);
        }
        if (path.startsWith("/infra-envs")) {
            return SimulatedInfraEnvs.of(this, relative);
        }
        if (path.equals("/events")) {
            return Answer.json(200, clusters.get(asked.query.replaceFirst("cluster_id=", "")).events);
        }
        return Answer.recorded(path.equals("/component-versions") ? "00-components" : "01e-get404", "");
    }

    private Answer image(HttpExchange http, Asked asked) {
        if (!asked.method.equals("GET")) {
            return new Answer(405, "", new byte[0]);
        }
        if (!asked.query.contains("image_token=secret-image-token")) {
            return new Answer(401, "application/json", "{}".getBytes(StandardCharsets.UTF_8));
        }
        if (asked.range == null) {
            return new Answer(200, "application/octet-stream", iso);
        }
        int from = Integer.parseInt(asked.range.replaceAll("\\D", ""));
        if (from >= iso.length) {
            http.getResponseHeaders().set("Content-Range", "bytes */" + iso.length);
            return new Answer(416, "", new byte[0]);
        }
        http.getResponseHeaders().set("Content-Range", "bytes " + from + "-" + (iso.length - 1) + "/" + iso.length);
        return new Answer(206, "application/octet-stream", Arrays.copyOfRange(iso, from, iso.length));
    }

    /** Why the service refuses these machine networks; null when it does not. */
    String networks(JsonNode cluster, JsonNode sent) {
        boolean isUserManaged = sent.path("user_managed_networking").asBoolean(
                cluster.path("user_managed_networking").asBoolean());
        boolean isSingleNode = cluster.path("high_availability_mode").asText().equals("None");
        if (isUserManaged) {
            return isSingleNode || year > 2022 ? null
                    : "Machine Network CIDR cannot be set with User Managed Networking";
        }
        return sent.path("machine_networks").size() > 1 ? null // dual stack
                : year > 2022 ? "Setting the Machine Network CIDR is forbidden when the cluster is neither in VIP DHCP "
                        + "allocation mode nor using a user-managed load balancer"
                        : "Setting Machine network CIDR is forbidden when cluster is not in vip-dhcp-allocation mode";
    }

    static String newId() {
        return UUID.randomUUID().toString();
    }

    /** The first id in a path. */
    static String id(String path) {
        Matcher id = Pattern.compile("[0-9a-f-]{36}").matcher(path);
        if (!id.find()) {
            throw new Cli.Failure("no id in " + path);
        }
        return id.group();
    }

    ArrayNode list(Iterable<? extends JsonNode> entries) {
        ArrayNode list = Json.object().putArray("list");
        entries.forEach(list::add);
        return list;
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
