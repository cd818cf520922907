//SOURCES ../common/cli/Json.java
//SOURCES AssistedRecordings.java
//SOURCES SimulatedCluster.java

import java.time.Duration;
import java.time.Instant;
import java.util.List;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Json;

/** One host of the simulated service: the recorded one, or its like with a name, an address and disks of its own. */
final class SimulatedHost {
    static final Duration PREPARING = Duration.ofSeconds(18);
    static final List<String> STAGES = List.of("Starting installation", "Installing", "Waiting for bootkube",
            "Writing image to disk", "Rebooting");
    private static final String WELL = AssistedRecordings.json("07-args").path("validations_info").asText();

    final ObjectNode json = AssistedRecordings.json("07-args");
    final Instant booted;
    private final SimulatedCluster cluster;
    private Instant begun;

    SimulatedHost(SimulatedCluster cluster, int index, String id, String infraEnvId, Instant booted) {
        this.cluster = cluster;
        this.booted = booted;
        json.put("id", id).put("infra_env_id", infraEnvId).put("cluster_id", cluster.json.path("id").asText())
                .put("bootstrap", index == 0).put("created_at", SimulatedCluster.time(booted))
                .put("href", json.path("href").asText().replaceFirst("infra-envs/.*", "infra-envs/" + infraEnvId
                        + "/hosts/" + id));
        json.remove("installer_args");
        if (index > 0) {
            json.put("inventory", json.path("inventory").asText().replace("sno1.example.com", "node" + (index + 1))
                    .replace("192.168.126.10/", "192.168.126." + (10 + index) + "/")
                    .replace("52:54:00:aa:bb:0a", mac(index)).replace("SIM-5ae56fe8", "SIM-" + index));
        }
        if (!cluster.isSingleNode()) {
            json.put("role", "auto-assign");
        }
    }

    static String mac(int index) {
        return "52:54:00:aa:bb:%02x".formatted(10 + index);
    }

    JsonNode inventory() {
        return AssistedRecordings.parse(json.path("inventory").asText());
    }

    /** Brings the JSON to this moment; returns the status. */
    String at(Instant now) {
        String status = status(now);
        json.put("status", status).put("checked_in_at", SimulatedCluster.time(now));
        words(status);
        return status;
    }

    boolean isUp(Instant now) {
        return !now.isBefore(booted);
    }

    /** By itself, of a cluster that adds hosts. */
    boolean install(Instant now) {
        boolean can = cluster.addsHosts && begun == null && at(now).equals("known");
        begun = can ? now : begun;
        at(now);
        return can;
    }

    private Instant begun() {
        return cluster.addsHosts ? begun : cluster.begun;
    }

    private String status(Instant now) {
        if (cluster.cancelled != null) {
            return "cancelled";
        }
        Duration since = begun() == null ? null : Duration.between(begun(), now);
        if (since != null && (cluster.preparationFails == null || since.compareTo(PREPARING) < 0)) {
            return since.compareTo(PREPARING) < 0 ? "preparing-for-installation" : installing(since, now);
        }
        Duration up = Duration.between(booted, now);
        if (up.toSeconds() < 8) {
            return "discovering";
        }
        if (!cluster.hasMachineNetwork()) {
            return "pending-for-input";
        }
        return up.toSeconds() < 20 || cluster.dips(now) || failing() != null ? "insufficient" : "known";
    }

    private String installing(Duration since, Instant now) {
        int done = (int) Math.min(STAGES.size(), since.minus(PREPARING).dividedBy(cluster.stage));
        boolean failed = cluster.hostFails != null && done >= 3;
        json.putObject("progress").put("current_stage", failed ? "Failed" : done == STAGES.size() ? "Done"
                : STAGES.get(done)).put("installation_percentage", done * 20)
                .put("stage_started_at", SimulatedCluster.time(begun()))
                .put("stage_updated_at", SimulatedCluster.time(now));
        return failed ? "error" : done == STAGES.size()
                ? cluster.addsHosts ? "added-to-existing-cluster" : "installed" : "installing-in-progress";
    }

    /** {@code id: message} of the validation that fails for good; null when none does. */
    private String failing() {
        return cluster.hostInsufficient != null ? "ntp-synced: " + cluster.hostInsufficient
                : name().equals("localhost") ? "hostname-valid: Hostname localhost is forbidden"
                        : cluster.hosts.stream().filter(h -> h.name().equals(name())).count() > 1
                                ? "hostname-unique: Hostname " + name() + " is not unique in cluster"
                                : cluster.belongs(inventory()) ? null : "belongs-to-machine-cidr: Host does not belong "
                                        + "to machine network CIDRs. Verify that the host belongs to every CIDR listed "
                                        + "under machine networks";
    }

    String name() {
        return json.path("requested_hostname").asText(inventory().path("hostname").asText());
    }

    private void words(String status) {
        String failing = status.equals("pending-for-input") ? "machine-cidr-defined: Machine Network CIDR is undefined"
                : failing() != null ? failing() : "ntp-synced: Host couldn't synchronize with any NTP server";
        String id = failing.replaceFirst(":.*", "");
        String message = failing.substring(id.length() + 2);
        boolean fails = status.equals("insufficient") || status.equals("pending-for-input");
        json.put("validations_info", !fails ? WELL : WELL.replaceAll("\\{\"id\":\"" + id
                + "\",\"status\":\"success\",\"message\":\"[^\"]*\"}", "{\"id\":\"" + id
                + "\",\"status\":\"failure\",\"message\":\"" + message + "\"}"));
        json.put("status_info", switch (status) {
            case "known" -> "Host is ready to be installed";
            case "discovering" -> "Waiting for host to send hardware details";
            case "insufficient", "pending-for-input" ->
                    "Host cannot be installed due to following failing validation(s): " + message;
            case "error" -> cluster.hostFails;
            default -> "Installation is in progress";
        });
    }

    /** A host of a cluster that is being removed, say. */
    JsonNode copy() {
        return json.deepCopy();
    }
}
