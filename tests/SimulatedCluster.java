//SOURCES ../common/cli/Json.java
//SOURCES AssistedRecordings.java
//SOURCES SimulatedHost.java

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Json;

/**
 * One cluster of the simulated service with its hosts, in the states and at the intervals that were recorded. Everything
 * follows from the clock and the times at which things happened to it.
 */
final class SimulatedCluster {
    private static final Set<String> SETUP = Set.of("insufficient", "pending-for-input", "ready");
    private static final Duration FINALIZING = Duration.ofMinutes(2);

    private static final String NO_HOST = AssistedRecordings.json("01-get").path("validations_info").asText();
    private static final String ALL_WELL = AssistedRecordings.json("10e-twice").path("reason").asText()
            .replaceFirst(".*validation_info=", "");

    final ObjectNode json = AssistedRecordings.json("01-get");
    final ArrayNode events = Json.object().putArray("events");
    final List<SimulatedHost> hosts = new CopyOnWriteArrayList<>();
    /** What the service keeps and does not show. */
    String pullSecret;
    /** Imported: it only adds hosts to one that is installed. */
    boolean addsHosts;
    final Map<String, byte[]> manifests = new ConcurrentHashMap<>();
    JsonNode ignored = Json.object();
    private String status = "insufficient";
    private Instant patched = Instant.MIN;
    Instant begun;
    private Instant completed;
    Instant cancelled;
    /** Faults: status_info of a preparation that fails, of a host that fails; a validation that fails for ever. */
    String preparationFails;
    String hostFails;
    String hostInsufficient;
    /** How long each stage of a host's installation takes. */
    Duration stage = Duration.ofMinutes(1);

    SimulatedCluster(String id, JsonNode parameters, String version, Instant now) {
        json.put("id", id).put("href", "/api/assisted-install/v2/clusters/" + id);
        set(parameters);
        json.put("openshift_version", version).put("created_at", time(now));
        event("info", "Successfully registered cluster", now);
    }

    /** Takes what a registration or an update says. */
    void set(JsonNode parameters) {
        parameters.properties().forEach(p -> {
            if (p.getKey().equals("pull_secret")) {
                pullSecret = p.getValue().asText();
            } else {
                json.set(p.getKey(), p.getValue());
            }
        });
    }

    boolean isSingleNode() {
        return json.path("high_availability_mode").asText().equals("None");
    }

    void boot(String hostId, String infraEnvId, Instant now) {
        hosts.add(new SimulatedHost(this, hosts.size() + (addsHosts ? 5 : 0), hostId, infraEnvId, now));
    }

    /** The first host. */
    ObjectNode host() {
        return hosts.get(0).json;
    }

    /** Something was changed: the states dip a second later, for some seconds. */
    void dip(Instant now) {
        patched = now;
    }

    boolean dips(Instant now) {
        return !now.isBefore(patched.plusSeconds(1)) && now.isBefore(patched.plusSeconds(7));
    }

    /** Of a single node it follows from the inventory; user-managed networking of several needs none. */
    boolean hasMachineNetwork() {
        return addsHosts || json.path("user_managed_networking").asBoolean() || !json.path("machine_networks").isEmpty();
    }

    boolean belongs(JsonNode inventory) {
        String cidr = json.path("machine_networks").path(0).path("cidr").asText("192.168.126.0/24");
        return inventory.toString().contains("\"" + cidr.replaceFirst("\\.0/.*", "."));
    }

    boolean install(Instant now) {
        if (!status.equals("ready") || !hosts.stream().allMatch(h -> h.at(now).equals("known"))) {
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
            hosts.clear();
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

    List<SimulatedHost> up(Instant now) {
        return hosts.stream().filter(h -> h.isUp(now)).toList();
    }

    /** Brings the JSON to this moment. */
    void at(Instant now) {
        List<SimulatedHost> up = up(now);
        List<String> statuses = up.stream().map(h -> h.at(now)).toList();
        boolean enough = isSingleNode() ? up.size() == 1 : up.size() >= 3;
        status = clusterStatus(statuses, enough, now);
        json.put("status", status).put("status_info", switch (status) {
            case "ready" -> preparationFails != null && begun != null ? preparationFails
                    : "Cluster ready to be installed";
            case "pending-for-input" -> "User input required";
            case "installed" -> "Cluster is installed";
            case "adding-hosts" -> "cluster is adding hosts to existing OCP cluster";
            case "insufficient" -> "Cluster is not ready for install";
            default -> "Installation in progress";
        });
        json.put("validations_info", up.isEmpty() ? NO_HOST : ALL_WELL);
        json.put("install_started_at", begun == null ? "0001-01-01T00:00:00.000Z" : time(begun));
        json.put("install_completed_at", completed == null ? "0001-01-01T00:00:00.000Z" : time(completed));
        ArrayNode list = json.putArray("hosts");
        up.forEach(h -> list.add(h.copy()));
    }

    private String clusterStatus(List<String> hostStatuses, boolean enough, Instant now) {
        if (addsHosts) {
            return "adding-hosts";
        }
        if (cancelled != null || completed != null) {
            return cancelled != null ? "cancelled" : "installed";
        }
        boolean isPrepared = begun != null && Duration.between(begun, now).compareTo(SimulatedHost.PREPARING) >= 0;
        if (begun == null || preparationFails != null && isPrepared) {
            return hostStatuses.isEmpty() || !hasMachineNetwork() ? "pending-for-input"
                    : enough && hostStatuses.stream().allMatch("known"::equals) ? "ready" : "insufficient";
        }
        if (!isPrepared) {
            return "preparing-for-installation";
        }
        Duration writing = SimulatedHost.PREPARING.plus(stage.multipliedBy(SimulatedHost.STAGES.size()));
        Duration written = Duration.between(begun, now).minus(writing);
        boolean isWritten = hostStatuses.stream().allMatch("installed"::equals);
        json.putObject("progress").put("total_percentage", isWritten
                ? Math.min(100, 80 + (int) (20 * written.toSeconds() / FINALIZING.toSeconds()))
                : host().path("progress").path("installation_percentage").asInt() * 8 / 10);
        if (hostStatuses.contains("error")) {
            if (events.size() < 3) {
                event("error", "Host sno1.example.com: updated status from installing-in-progress to error", now);
            }
            return "installing"; // the cluster follows only later
        }
        if (!isWritten) {
            return "installing";
        }
        if (written.compareTo(FINALIZING) < 0) {
            return "finalizing";
        }
        json.put("openshift_cluster_id", "5e2cf1ac-4f0e-4a8b-9d53-6f5e0d2b7a11");
        completed = begun.plus(writing).plus(FINALIZING);
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
