//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES AssistedRecordings.java
//SOURCES AssistedSimulator.java
//SOURCES SimulatedCluster.java

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import common.cli.Cli;
import common.cli.Json;

/** The calls of the simulated service about clusters: which recorded answer each gets, and what it changes. */
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
        if (asked.is("POST", "/clusters/import")) {
            return imported(service, asked.json());
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
        if (asked.is("GET", "/clusters/{id}/install-config")) {
            return ok(200, TextNode.valueOf(AssistedRecordings.parse(AssistedRecordings.response("10-installconfig"))
                    .asText().replaceFirst("(?m)^pullSecret: .*$", Matcher.quoteReplacement("pullSecret: '"
                            + cluster.pullSecret.replace("'", "''") + "'"))));
        }
        if (asked.is("PATCH", "/clusters/{id}/install-config")) {
            if (!asked.json().isTextual()) {
                return recorded("a-ic-obj", id);
            }
            cluster.json.put("install_config_overrides", AssistedRecordings.parse(asked.json().asText()).toString());
            return new AssistedSimulator.Answer(201, "", new byte[0]);
        }
        if (asked.is("GET", "/clusters/{id}/logs")) {
            return new AssistedSimulator.Answer(200, "application/octet-stream", "a tar".getBytes());
        }
        if (asked.path().contains("/manifests")) {
            return manifests(asked, cluster, id);
        }
        if (asked.path().endsWith("/ignored-validations") && service.year > 2022) {
            if (asked.method().equals("PUT")) {
                cluster.ignored = asked.json();
            }
            return ok(asked.method().equals("PUT") ? 201 : 200, cluster.ignored);
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

    private static AssistedSimulator.Answer manifests(AssistedSimulator.Asked asked, SimulatedCluster cluster, String id) {
        if (asked.is("GET", "/clusters/{id}/manifests/files")) {
            String key = asked.query().replaceFirst("folder=(\\w+)&file_name=(.*)", "$1/$2");
            return new AssistedSimulator.Answer(200, "application/octet-stream", cluster.manifests.get(key));
        }
        if (asked.method().equals("GET")) {
            ArrayNode list = Json.object().putArray("list");
            cluster.manifests.keySet().forEach(key -> list.addObject().put("file_name", key.replaceFirst(".*/", ""))
                    .put("folder", key.replaceFirst("/.*", "")));
            return ok(200, list);
        }
        JsonNode sent = asked.json();
        if (!sent.path("file_name").asText().matches("[^/]*\\.(yaml|yml|json)")) {
            return recorded("a-manifest-bad", id);
        }
        cluster.manifests.put(sent.path("folder").asText() + "/" + sent.path("file_name").asText(),
                Base64.getDecoder().decode(sent.path("content").asText()));
        return ok(201, Json.object().put("file_name", sent.path("file_name").asText())
                .put("folder", sent.path("folder").asText()));
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
        if (service.year > 2022) {
            cluster.json.putArray("api_vips");
            cluster.json.putArray("ingress_vips");
        }
        service.onRegister.accept(cluster);
        service.clusters.put(id, cluster);
        return ok(201, at(service, cluster));
    }

    /** internal/bminventory of the service, V2ImportClusterInternal: what is imported knows no more than is sent. */
    private static AssistedSimulator.Answer imported(AssistedSimulator service, JsonNode sent) {
        SimulatedCluster cluster = new SimulatedCluster(AssistedSimulator.newId(), Json.object().set("name", sent.path("name")),
                sent.path("openshift_version").asText(), service.time.now());
        cluster.addsHosts = true;
        cluster.json.put("kind", "AddHostsCluster").put("api_vip_dns_name", sent.path("api_vip_dnsname").asText())
                .put("openshift_cluster_id", sent.path("openshift_cluster_id").asText());
        service.clusters.put(cluster.json.path("id").asText(), cluster);
        return ok(201, at(service, cluster));
    }

    private static AssistedSimulator.Answer change(AssistedSimulator service, AssistedSimulator.Asked asked,
            SimulatedCluster cluster, String id) {
        if (!cluster.isSetup()) {
            return recorded(cluster.status().equals("installing") ? "10e-mn-installing" : "10e-patch-during", id);
        }
        JsonNode sent = asked.json();
        if (!sent.path("machine_networks").isEmpty()) {
            String cidr = sent.path("machine_networks").path(0).path("cidr").asText();
            String refused = service.networks(cluster.json, sent);
            if (refused != null || !cidr.contains(".0/")) {
                return refused != null ? refused(400, refused)
                        : recorded(cidr.contains("/") ? "09e-hostbits" : "09e-badcidr", id);
            }
        }
        JsonNode vip = sent.has("api_vip") ? sent.path("api_vip") : sent.path("api_vips").path(0).path("ip");
        if (!vip.isMissingNode()) {
            if (cluster.json.path("user_managed_networking").asBoolean()) {
                return refused(400, "API VIP cannot be set with User Managed Networking");
            }
            boolean isOne = cluster.json.path("machine_networks").size() < 2;
            if (isOne && cluster.hosts.stream().noneMatch(h -> h.inventory().toString().contains("\"" + vip.asText()
                    .replaceFirst("\\d+$", "")))) {
                return refused(400, "Calculate machine network CIDR: No suitable matching CIDR found for VIP "
                        + vip.asText());
            }
            if (isOne) {
                cluster.json.putArray("machine_networks").addObject().put("cidr", "192.168.126.0/24");
            }
        }
        cluster.set(sent);
        cluster.dip(service.time.now());
        return ok(201, at(service, cluster));
    }

    private static JsonNode at(AssistedSimulator service, SimulatedCluster cluster) {
        cluster.at(service.time.now());
        return cluster.json;
    }

    /** An error of the service's own code. */
    static AssistedSimulator.Answer refused(int status, String reason) {
        return AssistedSimulator.Answer.json(status, Json.object().put("code", String.valueOf(status)).put("href", "")
                .put("id", status).put("kind", "Error").put("reason", reason));
    }

    static AssistedSimulator.Answer ok(int status, JsonNode body) {
        return AssistedSimulator.Answer.json(status, body);
    }

    static AssistedSimulator.Answer recorded(String name, String id) {
        return AssistedSimulator.Answer.recorded(name, id);
    }
}
