//SOURCES ../common/cli/Json.java
//SOURCES AssistedRecordings.java

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Json;

/**
 * One cluster of the simulated service with its host, in the states and at the intervals that were recorded. Everything
 * follows from the clock and the times at which things happened to it.
 */
final class SimulatedCluster {
    private static final Set<String> SETUP = Set.of("insufficient", "pending-for-input", "ready");
    private static final List<String> STAGES = List.of("Starting installation", "Installing", "Waiting for bootkube",
            "Writing image to disk", "Rebooting");
    private static final Duration PREPARING = Duration.ofSeconds(18);
    private static final Duration FINALIZING = Duration.ofMinutes(2);

    private static final String NO_HOST = AssistedRecordings.json("01-get").path("validations_info").asText();
    private static final String ALL_WELL = AssistedRecordings.json("10e-twice").path("reason").asText()
            .replaceFirst(".*validation_info=", "");
    private static final String HOST_WELL = AssistedRecordings.json("07-args").path("validations_info").asText();

    final ObjectNode json = AssistedRecordings.json("01-get");
    final ArrayNode events = Json.object().putArray("events");
    ObjectNode host;
    private String status = "insufficient";
    private Instant booted;
    private Instant patched = Instant.MIN;
    private Instant begun;
    private Instant completed;
    private Instant cancelled;
    /** Faults: status_info of a preparation that fails, of a host that fails; a validation that fails for ever. */
    String preparationFails;
    String hostFails;
    String hostInsufficient;
    /** How long each stage of the host's installation takes. */
    Duration stage = Duration.ofMinutes(1);

    SimulatedCluster(String id, JsonNode parameters, String version, Instant now) {
        json.put("id", id).put("href", "/api/assisted-install/v2/clusters/" + id);
        parameters.properties().forEach(p -> {
            if (!p.getKey().equals("pull_secret")) {
                json.set(p.getKey(), p.getValue());
            }
        });
        json.put("openshift_version", version).put("created_at", time(now));
        event("info", "Successfully registered cluster", now);
    }

    void boot(String hostId, String infraEnvId, Instant now) {
        booted = now;
        host = AssistedRecordings.json("07-args");
        host.put("id", hostId).put("infra_env_id", infraEnvId).put("cluster_id", json.path("id").asText());
        host.remove("installer_args");
    }

    Instant bootedAt() {
        return booted == null ? Instant.MAX : booted;
    }

    /** Something was changed: the states dip a second later, for some seconds. */
    void dip(Instant now) {
        patched = now;
    }

    boolean install(Instant now) {
        if (!status.equals("ready") || !host.path("status").asText().equals("known")) {
            return false;
        }
        begun = now;
        completed = null;
        event("info", "Cluster starting to prepare for installation", now);
        return true;
    }

    boolean cancel(Instant now) {
        boolean installing = Set.of("preparing-for-installation", "installing", "finalizing").contains(status);
        cancelled = installing ? now : cancelled;
        return installing;
    }

    boolean reset() {
        boolean can = Set.of("cancelled", "error").contains(status);
        if (can) {
            begun = null;
            cancelled = null;
            completed = null;
            hostFails = null;
            host = null;
            booted = null;
        }
        return can;
    }

    /** A failed preparation is over. */
    void forget() {
        begun = null;
    }

    String status() {
        return status;
    }

    boolean isSetup() {
        return SETUP.contains(status);
    }

    /** Brings the JSON to this moment. */
    void at(Instant now) {
        boolean isUp = host != null && !now.isBefore(bootedAt());
        String hostStatus = isUp ? hostStatus(now) : "";
        if (isUp) {
            host.put("status", hostStatus);
            hostWords(hostStatus);
            host.put("checked_in_at", time(now));
        }
        status = clusterStatus(hostStatus, isUp, now);
        json.put("status", status).put("status_info", switch (status) {
            case "ready" -> preparationFails != null && begun != null ? preparationFails
                    : "Cluster ready to be installed";
            case "pending-for-input" -> "User input required";
            case "installed" -> "Cluster is installed";
            case "insufficient" -> "Cluster is not ready for install";
            default -> "Installation in progress";
        });
        json.put("validations_info", isUp ? ALL_WELL : NO_HOST);
        json.put("install_started_at", begun == null ? "0001-01-01T00:00:00.000Z" : time(begun));
        json.put("install_completed_at", completed == null ? "0001-01-01T00:00:00.000Z" : time(completed));
        ArrayNode hosts = json.putArray("hosts");
        if (isUp) {
            hosts.add(host.deepCopy());
        }
    }

    private String hostStatus(Instant now) {
        if (cancelled != null) {
            return "cancelled";
        }
        Duration since = begun == null ? null : Duration.between(begun, now);
        if (since != null && (preparationFails == null || since.compareTo(PREPARING) < 0)) {
            if (since.compareTo(PREPARING) < 0) {
                return "preparing-for-installation";
            }
            int done = (int) Math.min(STAGES.size(), since.minus(PREPARING).dividedBy(stage));
            boolean failed = hostFails != null && done >= 3;
            ObjectNode progress = host.putObject("progress").put("current_stage", failed ? "Failed"
                    : done == STAGES.size() ? "Done" : STAGES.get(done));
            progress.put("installation_percentage", done * 20).put("stage_started_at", time(begun))
                    .put("stage_updated_at", time(now));
            return failed ? "error" : done == STAGES.size() ? "installed" : "installing-in-progress";
        }
        Duration up = Duration.between(booted, now);
        if (up.toSeconds() < 8) {
            return "discovering";
        }
        boolean dips = !now.isBefore(patched.plusSeconds(1)) && now.isBefore(patched.plusSeconds(7));
        return up.toSeconds() < 20 || dips || hostInsufficient != null || !belongs() ? "insufficient" : "known";
    }

    private boolean belongs() {
        String cidr = json.path("machine_networks").path(0).path("cidr").asText("192.168.126.0/24");
        return cidr.startsWith("192.168.");
    }

    private void hostWords(String hostStatus) {
        String info = HOST_WELL;
        String failing = hostInsufficient != null ? hostInsufficient : !belongs()
                ? "Host does not belong to machine network CIDRs. Verify that the host belongs to every CIDR listed "
                        + "under machine networks" : "Host couldn't synchronize with any NTP server";
        if (hostStatus.equals("insufficient")) {
            String id = !belongs() ? "belongs-to-machine-cidr" : "ntp-synced";
            info = info.replaceAll("\\{\"id\":\"" + id + "\",\"status\":\"success\",\"message\":\"[^\"]*\"}",
                    "{\"id\":\"" + id + "\",\"status\":\"failure\",\"message\":\"" + failing + "\"}");
        }
        host.put("validations_info", info).put("status_info", switch (hostStatus) {
            case "known" -> "Host is ready to be installed";
            case "discovering" -> "Waiting for host to send hardware details";
            case "insufficient" -> "Host cannot be installed due to following failing validation(s): " + failing;
            case "error" -> hostFails;
            default -> "Installation is in progress";
        });
    }

    private String clusterStatus(String hostStatus, boolean isUp, Instant now) {
        if (cancelled != null || completed != null) {
            return cancelled != null ? "cancelled" : "installed";
        }
        if (begun == null || preparationFails != null && Duration.between(begun, now).compareTo(PREPARING) >= 0) {
            return !isUp ? "pending-for-input" : hostStatus.equals("known") ? "ready" : "insufficient";
        }
        Duration since = Duration.between(begun, now);
        if (since.compareTo(PREPARING) < 0) {
            return "preparing-for-installation";
        }
        Duration written = since.minus(PREPARING).minus(stage.multipliedBy(STAGES.size()));
        json.putObject("progress").put("total_percentage", hostStatus.equals("installed")
                ? Math.min(100, 80 + (int) (20 * written.toSeconds() / FINALIZING.toSeconds()))
                : host.path("progress").path("installation_percentage").asInt() * 8 / 10);
        if (hostStatus.equals("error")) {
            if (events.size() < 3) {
                event("error", "Host sno1.example.com: updated status from installing-in-progress to error", now);
            }
            return "installing"; // the cluster follows only later
        }
        if (!hostStatus.equals("installed")) {
            return "installing";
        }
        if (written.compareTo(FINALIZING) < 0) {
            return "finalizing";
        }
        completed = begun.plus(PREPARING).plus(stage.multipliedBy(STAGES.size())).plus(FINALIZING);
        return "installed";
    }

    private void event(String severity, String message, Instant now) {
        events.addObject().put("cluster_id", json.path("id").asText()).put("severity", severity)
                .put("category", "user").put("event_time", time(now)).put("message", message);
    }

    static String time(Instant instant) {
        return instant.truncatedTo(ChronoUnit.MILLIS).toString();
    }
}
