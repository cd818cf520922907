package common.assisted;

//SOURCES ../cli/Json.java
//SOURCES ClusterWatch.java
//SOURCES HostInventory.java
//SOURCES Validations.java

import java.util.ArrayList;
import java.util.List;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Json;

/** How a cluster and its hosts stand, for a person and for a script. */
public final class ClusterStatus {
    private ClusterStatus() {
    }

    public static List<String> lines(JsonNode cluster) {
        List<String> lines = new ArrayList<>();
        lines.add("%s.%s (%s), OpenShift %s: %s%s".formatted(cluster.path("name").asText(),
                cluster.path("base_dns_domain").asText(), cluster.path("id").asText(),
                cluster.path("openshift_version").asText(), cluster.path("status").asText(), percent(cluster)));
        lines.add("  " + ClusterWatch.reason(cluster));
        for (JsonNode host : cluster.path("hosts")) {
            lines.add("  " + ClusterWatch.words(host));
        }
        return lines;
    }

    private static String percent(JsonNode cluster) {
        JsonNode percent = cluster.path("progress").path("total_percentage");
        return percent.isNumber() ? " " + percent.asInt() + "%" : "";
    }

    /** {@code {"name", "clusterId", "version", "status", "statusInfo", "hosts": [{"name", ...}]}}. */
    public static ObjectNode document(JsonNode cluster) {
        ObjectNode document = Json.object().put("name", cluster.path("name").asText())
                .put("clusterId", cluster.path("id").asText())
                .put("version", cluster.path("openshift_version").asText())
                .put("status", cluster.path("status").asText()).put("statusInfo", cluster.path("status_info").asText());
        ArrayNode hosts = document.putArray("hosts");
        for (JsonNode host : cluster.path("hosts")) {
            ArrayNode failed = hosts.addObject().put("name", HostInventory.of(host).name())
                    .put("id", host.path("id").asText()).put("status", host.path("status").asText())
                    .put("statusInfo", host.path("status_info").asText()).putArray("failedValidations");
            Validations.of(host.path("validations_info").asText()).failedIds().forEach(failed::add);
        }
        return document;
    }
}
