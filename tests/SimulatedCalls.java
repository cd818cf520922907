//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES AssistedRecordings.java
//SOURCES AssistedSimulator.java
//SOURCES SimulatedCluster.java

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.Json;

/** The calls of the simulated service: which recorded answer each gets, and what it changes. */
final class SimulatedCalls {
    private static final Set<String> FILES_FROM = Set.of("installing", "finalizing", "installed", "error", "cancelled");

    private SimulatedCalls() {
    }

    static AssistedSimulator.Answer clusters(AssistedSimulator service, AssistedSimulator.Asked asked) {
        if (asked.is("GET", "/clusters")) {
            List<JsonNode> bare = new ArrayList<>();
            service.clusters.values().forEach(c -> {
                ObjectNode copy = c.json.deepCopy();
                copy.putArray("hosts");
                bare.add(copy);
            });
            return ok(200, service.list(bare));
        }
        if (asked.is("POST", "/clusters")) {
            return register(service, asked);
        }
        String id = AssistedSimulator.id(asked.path());
        SimulatedCluster cluster = service.clusters.get(id);
        if (cluster == null) {
            return recorded("01e-get404", id);
        }
        cluster.at(service.time.now());
        String status = cluster.status();
        if (asked.is("GET", "/clusters/{id}")) {
            return ok(200, cluster.json);
        }
        if (asked.is("PATCH", "/clusters/{id}")) {
            return change(service, asked, cluster, id);
        }
        if (asked.is("DELETE", "/clusters/{id}")) {
            if (status.equals("installing")) { // and its host is destroyed
                cluster.hostFails = "Host was destroyed";
                return recorded("a-del", id);
            }
            service.clusters.remove(id);
            return recorded("12-del-cluster", id);
        }
        if (asked.is("POST", "/clusters/{id}/actions/install")) {
            if (cluster.install(service.time.now())) {
                cluster.at(service.time.now());
                return ok(202, cluster.json);
            }
            return recorded(switch (status) {
                case "preparing-for-installation" -> "10e-twice";
                case "installing", "finalizing" -> "10e-twice2";
                case "installed" -> "12e-install-installed";
                default -> "06e-install-early";
            }, id);
        }
        if (asked.is("POST", "/clusters/{id}/actions/cancel")) {
            return cluster.cancel(service.time.now()) ? ok(202, at(service, cluster)) : recorded(switch (status) {
                case "installed" -> "12e-cancel-installed";
                case "cancelled" -> "a-cancel2";
                default -> "a-cancel-early";
            }, id);
        }
        if (asked.is("POST", "/clusters/{id}/actions/reset")) {
            return cluster.reset() ? ok(202, at(service, cluster))
                    : recorded(status.equals("installed") ? "12e-reset-installed" : "a-reset-early", id);
        }
        if (asked.is("GET", "/clusters/{id}/downloads/credentials")) {
            String file = asked.query().replaceFirst("file_name=", "");
            AssistedSimulator.Answer answer = recorded(!FILES_FROM.contains(status) ? "06e-cred-early"
                    : file.equals("kubeadmin-password") ? "11-password" : !file.equals("kubeconfig") ? "11e-bad"
                            : status.equals("installed") ? "11-kubeconfig" : "11-noingress", id); // no ingress CA yet
            return new AssistedSimulator.Answer(answer.status(), answer.type(), new String(answer.body(),
                    StandardCharsets.UTF_8).replace("api.sno.example.com:6443", "127.0.0.1:1").getBytes());
        }
        if (asked.is("GET", "/clusters/{id}/credentials")) {
            return recorded(status.equals("installed") ? "11-credentials" : "11-cred-finalizing", id);
        }
        return recorded("01e-get404", id);
    }

    private static AssistedSimulator.Answer register(AssistedSimulator service, AssistedSimulator.Asked asked) {
        JsonNode parameters;
        try {
            parameters = asked.json();
        } catch (Cli.Failure e) {
            return recorded("01e-notjson", "");
        }
        String version = parameters.path("openshift_version").asText();
        String refused = version.isEmpty() ? "01e-nover" : !parameters.path("pull_secret").asText().startsWith("{")
                ? "01e-badps" : !version.startsWith("4.1") ? "01e-badver"
                        : !parameters.path("name").asText().matches("[a-z0-9-]+") ? "01e-badname" : null;
        if (refused != null) {
            return recorded(refused, "");
        }
        String id = service.registered++ == 0 ? AssistedRecordings.CLUSTER : AssistedSimulator.newId();
        SimulatedCluster cluster = new SimulatedCluster(id, parameters,
                version.startsWith("4.10") ? "4.10.3" : version, service.time.now()); // 4.10.7 too becomes 4.10.3
        service.onRegister.accept(cluster);
        service.clusters.put(id, cluster);
        return ok(201, at(service, cluster));
    }

    private static AssistedSimulator.Answer change(AssistedSimulator service, AssistedSimulator.Asked asked,
            SimulatedCluster cluster, String id) {
        if (!cluster.isSetup()) {
            return recorded(cluster.status().equals("installing") ? "10e-mn-installing" : "10e-patch-during", id);
        }
        String cidr = asked.json().path("machine_networks").path(0).path("cidr").asText();
        if (!cidr.contains("/")) {
            return recorded("09e-badcidr", id);
        }
        if (!cidr.contains(".0/")) {
            return recorded("09e-hostbits", id);
        }
        cluster.json.set("machine_networks", asked.json().path("machine_networks"));
        cluster.dip(service.time.now());
        return ok(201, at(service, cluster));
    }

    static AssistedSimulator.Answer infraEnvs(AssistedSimulator service, AssistedSimulator.Asked asked) {
        if (asked.is("GET", "/infra-envs")) {
            String of = asked.query().replaceFirst("cluster_id=", "");
            return ok(200, service.list(service.infraEnvs.values().stream()
                    .filter(e -> of.isEmpty() || e.path("cluster_id").asText().equals(of)).toList()));
        }
        if (asked.is("POST", "/infra-envs")) {
            return registerInfraEnv(service, asked);
        }
        String id = AssistedSimulator.id(asked.path());
        ObjectNode env = service.infraEnvs.get(id);
        if (env == null) {
            return recorded("12-ie-after2", id);
        }
        SimulatedCluster cluster = service.clusters.get(env.path("cluster_id").asText());
        if (asked.is("GET", "/infra-envs/{id}")) {
            return ok(200, env);
        }
        if (asked.is("PATCH", "/infra-envs/{id}")) {
            return override(service, asked, env);
        }
        if (asked.is("DELETE", "/infra-envs/{id}")) {
            if (cluster != null && cluster.host != null) {
                return recorded("12e-del-ie-bound", id);
            }
            service.infraEnvs.remove(id);
            return recorded("12-del-ie", id);
        }
        if (asked.is("GET", "/infra-envs/{id}/downloads/files")) {
            return new AssistedSimulator.Answer(200, "application/octet-stream",
                    discovery(env).toString().getBytes(StandardCharsets.UTF_8));
        }
        if (asked.is("GET", "/infra-envs/{id}/downloads/image-url")) {
            if (cluster != null && cluster.host == null) { // somebody mounts it
                cluster.boot(AssistedRecordings.HOST, id, service.time.now().plusSeconds(10));
            }
            return ok(200, Json.object().put("expires_at", "0001-01-01T00:00:00.000Z").put("url", service.url()
                    + "/images/" + id + "?arch=x86_64&type=minimal-iso&version=4.10&image_token=secret-image-token"));
        }
        return hosts(service, asked, cluster);
    }

    private static AssistedSimulator.Answer registerInfraEnv(AssistedSimulator service, AssistedSimulator.Asked asked) {
        JsonNode parameters = asked.json();
        if (!service.clusters.containsKey(parameters.path("cluster_id").asText())) {
            return recorded("02e-badcluster", "");
        }
        String id = service.infraEnvs.isEmpty() ? AssistedRecordings.INFRA_ENV : AssistedSimulator.newId();
        ObjectNode env = AssistedRecordings.json("02-infraenv");
        String asked410 = parameters.path("openshift_version").asText("4.11.0"); // left out: the newest OS image
        env.put("id", id).put("href", AssistedSimulator.BASE + "/infra-envs/" + id)
                .put("name", parameters.path("name").asText()).put("cluster_id", parameters.path("cluster_id").asText())
                .put("openshift_version", asked410.replaceFirst("^(\\d+\\.\\d+).*", "$1"))
                .put("ssh_authorized_key", parameters.path("ssh_authorized_key").asText());
        service.infraEnvs.put(id, env);
        return ok(201, env);
    }

    private static AssistedSimulator.Answer override(AssistedSimulator service, AssistedSimulator.Asked asked,
            ObjectNode env) {
        JsonNode override = asked.json().path("ignition_config_override");
        String refused = refusal(override, "03e-notjson", "03e-badver", "03e-object");
        if (refused != null) {
            return recorded(refused, "");
        }
        if (!override.asText().isEmpty()) { // an empty one is accepted, and the old one stays
            env.set("ignition_config_override", override);
            env.put("updated_at", SimulatedCluster.time(service.time.now()));
        }
        return ok(201, env);
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
    private static JsonNode discovery(ObjectNode env) {
        ObjectNode ignition = AssistedRecordings.json("04-discovery");
        ArrayNode units = (ArrayNode) ignition.path("systemd").path("units");
        ArrayNode files = (ArrayNode) ignition.path("storage").path("files");
        units.remove(units.size() - 1);
        files.remove(files.size() - 1);
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
        ObjectNode host = cluster == null || service.time.now().isBefore(cluster.bootedAt()) ? null : cluster.host;
        if (asked.is("GET", "/infra-envs/{id}/hosts")) {
            return ok(200, service.list(host == null ? List.of() : List.of(host)));
        }
        if (host == null || !asked.path().contains(host.path("id").asText())) {
            return recorded("07e-404", "");
        }
        if (asked.is("GET", "/infra-envs/{id}/hosts/{id}")) {
            return ok(200, host);
        }
        if (asked.is("DELETE", "/infra-envs/{id}/hosts/{id}")) {
            cluster.host = null;
            return recorded("12-del-host", "");
        }
        if (asked.method().equals("PATCH")) {
            return changeHost(asked, host, cluster, service);
        }
        return recorded("07e-404", "");
    }

    private static AssistedSimulator.Answer changeHost(AssistedSimulator.Asked asked, ObjectNode host,
            SimulatedCluster cluster, AssistedSimulator service) {
        JsonNode sent = asked.json();
        if (asked.path().endsWith("/installer-args")) {
            if (!sent.path("args").isArray()) {
                return recorded("07e-type", "");
            }
            if (sent.path("args").toString().contains("forbidden")) {
                return recorded("07e-badflag", "");
            }
            host.put("installer_args", sent.path("args").toString()); // comes back as a string
        } else if (asked.path().endsWith("/ignition")) {
            String refused = refusal(sent.path("config"), "08e-bad", "08e-nover", "08e-bad");
            if (refused != null) {
                return recorded(refused, "");
            }
            host.put("ignition_config_overrides", sent.path("config").asText());
            cluster.dip(service.time.now());
            return recorded("08-ign", "");
        } else {
            String disk = sent.path("disks_selected_config").path(0).path("id").asText();
            if (!host.path("inventory").asText().contains("\"id\":\"" + disk + "\"")) {
                return recorded("a-disk-bad", "");
            }
            host.put("installation_disk_id", disk);
        }
        cluster.dip(service.time.now());
        return ok(201, host);
    }

    private static JsonNode at(AssistedSimulator service, SimulatedCluster cluster) {
        cluster.at(service.time.now());
        return cluster.json;
    }

    private static AssistedSimulator.Answer ok(int status, JsonNode body) {
        return AssistedSimulator.Answer.json(status, body);
    }

    private static AssistedSimulator.Answer recorded(String name, String id) {
        return AssistedSimulator.Answer.recorded(name, id);
    }
}
