//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES AssistedRecordings.java
//SOURCES AssistedSimulator.java
//SOURCES SimulatedCalls.java
//SOURCES SimulatedCluster.java
//SOURCES SimulatedHost.java

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.Json;

/** The calls of the simulated service about infra-envs and hosts: what {@link SimulatedCalls} is for clusters. */
final class SimulatedInfraEnvs {
    private SimulatedInfraEnvs() {
    }

    static AssistedSimulator.Answer of(AssistedSimulator service, AssistedSimulator.Asked asked) {
        if (asked.is("GET", "/infra-envs")) {
            String of = asked.query().replaceFirst("cluster_id=", "");
            return SimulatedCalls.ok(200, service.list(service.infraEnvs.values().stream()
                    .filter(e -> of.isEmpty() || e.path("cluster_id").asText().equals(of)).toList()));
        }
        if (asked.is("POST", "/infra-envs")) {
            return registerInfraEnv(service, asked);
        }
        String id = AssistedSimulator.id(asked.path());
        ObjectNode env = service.infraEnvs.get(id);
        if (env == null) {
            return SimulatedCalls.recorded("12-ie-after2", id);
        }
        SimulatedCluster cluster = service.clusters.get(env.path("cluster_id").asText());
        if (asked.is("GET", "/infra-envs/{id}")) {
            return SimulatedCalls.ok(200, env);
        }
        if (asked.is("PATCH", "/infra-envs/{id}")) {
            return override(service, asked, env);
        }
        if (asked.is("DELETE", "/infra-envs/{id}")) {
            if (cluster != null && cluster.hosts.stream().anyMatch(h -> h.json.path("infra_env_id").asText().equals(id))) {
                return SimulatedCalls.recorded("12e-del-ie-bound", id);
            }
            service.infraEnvs.remove(id);
            return SimulatedCalls.recorded("12-del-ie", id);
        }
        if (asked.is("GET", "/infra-envs/{id}/downloads/files")) {
            return new AssistedSimulator.Answer(200, "application/octet-stream",
                    discovery(service, env).toString().getBytes(StandardCharsets.UTF_8));
        }
        if (asked.is("GET", "/infra-envs/{id}/downloads/image-url")) {
            for (int i = 0; cluster != null && cluster.hosts.size() < service.servers; i++) { // somebody mounts it
                cluster.boot(i == 0 && !cluster.addsHosts ? AssistedRecordings.HOST : AssistedSimulator.newId(), id,
                        service.time.now().plusSeconds(10 + 3 * i));
            }
            return SimulatedCalls.ok(200, Json.object().put("expires_at", "0001-01-01T00:00:00.000Z").put("url", service.url()
                    + "/images/" + id + "?arch=x86_64&type=minimal-iso&version=4.10&image_token=secret-image-token"));
        }
        return hosts(service, asked, cluster);
    }

    private static AssistedSimulator.Answer registerInfraEnv(AssistedSimulator service, AssistedSimulator.Asked asked) {
        JsonNode parameters = asked.json();
        if (!service.clusters.containsKey(parameters.path("cluster_id").asText())) {
            return SimulatedCalls.recorded("02e-badcluster", "");
        }
        String id = service.infraEnvs.isEmpty() ? AssistedRecordings.INFRA_ENV : AssistedSimulator.newId();
        ObjectNode env = AssistedRecordings.json("02-infraenv");
        String asked410 = parameters.path("openshift_version").asText("4.11.0"); // left out: the newest OS image
        env.put("id", id).put("href", AssistedSimulator.BASE + "/infra-envs/" + id)
                .put("name", parameters.path("name").asText()).put("cluster_id", parameters.path("cluster_id").asText())
                .put("openshift_version", asked410.replaceFirst("^(\\d+\\.\\d+).*", "$1"));
        service.infraEnvs.put(id, env);
        set(service, env, parameters);
        return SimulatedCalls.ok(201, env);
    }

    /** What a registration and an update can both say. */
    private static void set(AssistedSimulator service, ObjectNode env, JsonNode sent) {
        String id = env.path("id").asText();
        if (sent.has("pull_secret")) {
            service.secrets.put(id, sent.path("pull_secret").asText());
        }
        if (sent.has("image_type")) {
            env.set("type", sent.path("image_type"));
        }
        for (String key : List.of("ssh_authorized_key", "proxy", "additional_ntp_sources")) {
            if (sent.has(key)) {
                env.set(key, sent.path(key));
            }
        }
        if (sent.has("static_network_config")) { // as it is kept: a string
            env.put("static_network_config", sent.path("static_network_config").toString());
        }
        if (service.year > 2022 && sent.has("kernel_arguments")) {
            env.put("kernel_arguments", sent.path("kernel_arguments").toString());
        }
        if (service.year > 2022 && sent.has("additional_trust_bundle")) {
            env.set("additional_trust_bundle", sent.path("additional_trust_bundle"));
        }
    }

    private static AssistedSimulator.Answer override(AssistedSimulator service, AssistedSimulator.Asked asked,
            ObjectNode env) {
        set(service, env, asked.json());
        env.put("updated_at", SimulatedCluster.time(service.time.now()));
        JsonNode override = asked.json().path("ignition_config_override");
        String refused = override.isMissingNode() ? null : refusal(override, "03e-notjson", "03e-badver", "03e-object");
        if (refused != null) {
            return SimulatedCalls.recorded(refused, "");
        }
        if (!override.asText().isEmpty()) { // an empty one is accepted, and the old one stays
            env.set("ignition_config_override", override);
        }
        return SimulatedCalls.ok(201, env);
    }

    private static String refusal(JsonNode override, String notJson, String version, String notText) {
        if (!override.isTextual()) {
            return notText;
        }
        try {
            boolean known = override.asText().isEmpty() || AssistedRecordings.parse(override.asText()).path("ignition")
                    .path("version").asText().matches("3\\.[12]\\.0");
            return known ? null : version;
        } catch (Cli.Failure e) {
            return notJson;
        }
    }

    /** The recorded one without its own override, with this infra-env's. */
    private static JsonNode discovery(AssistedSimulator service, ObjectNode env) {
        ObjectNode ignition = AssistedRecordings.json("04-discovery");
        ArrayNode units = (ArrayNode) ignition.path("systemd").path("units");
        ArrayNode files = (ArrayNode) ignition.path("storage").path("files");
        units.remove(units.size() - 1);
        files.remove(files.size() - 1);
        for (JsonNode file : files) {
            if (file.path("path").asText().equals("/root/.docker/config.json")) {
                ((ObjectNode) file.path("contents")).put("source", "data:," + URLEncoder.encode(
                        service.secrets.get(env.path("id").asText()), StandardCharsets.UTF_8).replace("+", "%20"));
            }
        }
        String override = env.path("ignition_config_override").asText();
        if (!override.isEmpty()) {
            AssistedRecordings.parse(override).path("systemd").path("units").forEach(units::add);
            AssistedRecordings.parse(override).path("storage").path("files").forEach(files::add);
        }
        return ignition;
    }

    private static AssistedSimulator.Answer hosts(AssistedSimulator service, AssistedSimulator.Asked asked,
            SimulatedCluster cluster) {
        if (cluster != null) {
            cluster.at(service.time.now());
        }
        List<SimulatedHost> up = cluster == null ? List.of() : cluster.up(service.time.now());
        if (asked.is("GET", "/infra-envs/{id}/hosts")) {
            return SimulatedCalls.ok(200, service.list(up.stream().map(SimulatedHost::copy).toList()));
        }
        SimulatedHost host = up.stream().filter(h -> asked.path().contains(h.json.path("id").asText())).findFirst()
                .orElse(null);
        if (host == null) {
            return SimulatedCalls.recorded("07e-404", "");
        }
        if (asked.is("GET", "/infra-envs/{id}/hosts/{id}")) {
            return SimulatedCalls.ok(200, host.json);
        }
        if (asked.is("DELETE", "/infra-envs/{id}/hosts/{id}")) {
            cluster.hosts.remove(host);
            return SimulatedCalls.recorded("12-del-host", "");
        }
        if (asked.is("POST", "/infra-envs/{id}/hosts/{id}/actions/install")) {
            return host.install(service.time.now()) ? SimulatedCalls.ok(202, host.json)
                    : SimulatedCalls.refused(409, "Host is in status " + host.json.path("status").asText() + " and cannot be installed");
        }
        if (asked.method().equals("PATCH")) {
            return changeHost(asked, host.json, cluster, service);
        }
        return SimulatedCalls.recorded("07e-404", "");
    }

    private static AssistedSimulator.Answer changeHost(AssistedSimulator.Asked asked, ObjectNode host,
            SimulatedCluster cluster, AssistedSimulator service) {
        JsonNode sent = asked.json();
        if (asked.path().endsWith("/installer-args")) {
            if (!sent.path("args").isArray()) {
                return SimulatedCalls.recorded("07e-type", "");
            }
            if (sent.path("args").toString().contains("forbidden")) {
                return SimulatedCalls.recorded("07e-badflag", "");
            }
            host.put("installer_args", sent.path("args").toString()); // comes back as a string
        } else if (asked.path().endsWith("/ignition")) {
            String refused = refusal(sent.path("config"), "08e-bad", "08e-nover", "08e-bad");
            if (refused != null) {
                return SimulatedCalls.recorded(refused, "");
            }
            host.put("ignition_config_overrides", sent.path("config").asText());
            cluster.dip(service.time.now());
            return SimulatedCalls.recorded("08-ign", "");
        } else {
            String disk = sent.path("disks_selected_config").path(0).path("id").asText(null);
            if (disk != null && !host.path("inventory").asText().contains("\"id\":\"" + disk + "\"")) {
                return SimulatedCalls.recorded("a-disk-bad", "");
            }
            if (sent.has("host_name")) {
                if (!sent.path("host_name").asText().matches("[a-z0-9][a-z0-9.-]*")) {
                    return SimulatedCalls.recorded("a-hostname-bad", "");
                }
                host.set("requested_hostname", sent.path("host_name"));
            }
            if (sent.has("host_role")) {
                host.set("role", sent.path("host_role"));
            }
            if (sent.has("node_labels")) { // kept as a string, a map
                ObjectNode labels = Json.object();
                sent.path("node_labels").forEach(l -> labels.set(l.path("key").asText(), l.path("value")));
                host.put("node_labels", labels.toString());
            }
            if (disk != null) {
                host.put("installation_disk_id", disk);
            }
        }
        cluster.dip(service.time.now());
        return SimulatedCalls.ok(201, host);
    }
}
