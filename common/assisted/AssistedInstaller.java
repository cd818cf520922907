package common.assisted;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES AssistedConnection.java
//SOURCES AssistedError.java
//SOURCES OnceOnly.java

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import common.cli.Cli;
import common.cli.Json;
import okhttp3.HttpUrl;

/** The calls of the Assisted Installer's REST API v2 (its OpenAPI files, 2022 to 2026) that an installation takes. */
public final class AssistedInstaller {
    /** Where the hosted service is. */
    public static final String HOSTED = "https://api.openshift.com";

    private final AssistedConnection service;

    public AssistedInstaller(AssistedConnection service) {
        this.service = service;
    }

    /** What sends one of the changes below; they are not to be sent without. */
    OnceOnly onceOnly() {
        return new OnceOnly(service.time());
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

    /** A cluster that only adds hosts to one that is installed. */
    JsonNode importCluster(JsonNode parameters) throws IOException {
        return post("clusters/import", parameters);
    }

    public JsonNode updateCluster(String id, JsonNode parameters) throws IOException {
        return patch("clusters/" + id, parameters);
    }

    /** {@code action}: install, cancel or reset. */
    public JsonNode act(String id, String action) throws IOException {
        return post("clusters/" + id + "/actions/" + action, null);
    }

    /** The install-config as things are, secrets included: the only place where the pull secret can be read back. */
    public JsonNode installConfig(String id) throws IOException {
        return Json.parseYaml(installConfigText(id), "install-config of cluster " + id);
    }

    byte[] installConfigText(String id) throws IOException {
        return get("clusters/" + id + "/install-config").asText().getBytes(StandardCharsets.UTF_8);
    }

    /** A tar of the logs of controller and hosts. */
    byte[] logs(String id) throws IOException {
        return file("clusters/" + id + "/logs?logs_type=all");
    }

    /** The service's own images: {@code {"versions": {"discovery-agent": REF...}}}. */
    JsonNode componentVersions() throws IOException {
        return get("component-versions");
    }

    /** {@code overrides}: parts of an install-config; all of what was sent before goes. */
    void updateInstallConfig(String id, JsonNode overrides) throws IOException {
        service.exchange("PATCH", "clusters/" + id + "/install-config", TextNode.valueOf(overrides.toString()));
    }

    /** The content of an extra manifest; {@code folder}: manifests or openshift. */
    Optional<byte[]> manifest(String id, String folder, String name) throws IOException {
        for (JsonNode there : get("clusters/" + id + "/manifests")) {
            if (there.path("file_name").asText().equals(name) && there.path("folder").asText().equals(folder)) {
                return Optional.of(file("clusters/" + id + "/manifests/files?folder=" + folder + "&file_name="
                        + URLEncoder.encode(name, StandardCharsets.UTF_8)));
            }
        }
        return Optional.empty();
    }

    void createManifest(String id, String folder, String name, byte[] content) throws IOException {
        post("clusters/" + id + "/manifests", Json.object().put("folder", folder).put("file_name", name)
                .put("content", Base64.getEncoder().encodeToString(content)));
    }

    JsonNode ignoredValidations(String id) throws IOException {
        return get("clusters/" + id + "/ignored-validations");
    }

    JsonNode ignoreValidations(String id, JsonNode parameters) throws IOException {
        String path = "clusters/" + id + "/ignored-validations";
        return parse("PUT " + path, service.exchange("PUT", path, parameters));
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

    /** The thing that {@code get} gets; empty when it is gone. */
    static Optional<JsonNode> present(OnceOnly.Change<JsonNode> get) throws IOException {
        try {
            return Optional.of(get.send());
        } catch (AssistedError e) {
            if (e.status == 404) {
                return Optional.empty();
            }
            throw e;
        }
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

    /** Of a cluster that adds hosts: each is installed by itself. */
    JsonNode installHost(String infraEnvId, String hostId) throws IOException {
        return post("infra-envs/" + infraEnvId + "/hosts/" + hostId + "/actions/install", null);
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
        return parse("GET " + path, service.exchange("GET", path, null));
    }

    private byte[] file(String path) throws IOException {
        return service.exchange("GET", path, null);
    }

    private JsonNode patch(String path, JsonNode body) throws IOException {
        byte[] answer = service.exchange("PATCH", path, body); // 201 here, and empty for a host's ignition
        return answer.length == 0 ? Json.object() : parse("PATCH " + path, answer);
    }

    private JsonNode post(String path, JsonNode body) throws IOException {
        return parse("POST " + path, service.exchange("POST", path, body));
    }

    private void delete(String path) throws IOException {
        service.exchange("DELETE", path, null);
    }

    private static JsonNode parse(String call, byte[] answer) {
        if (new String(answer, 0, Math.min(answer.length, 100), StandardCharsets.UTF_8).strip().startsWith("<")) {
            throw AssistedError.notTheService(call);
        }
        return Json.parse(answer, call);
    }
}
