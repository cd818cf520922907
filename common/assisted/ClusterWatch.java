package common.assisted;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/Steps.java
//SOURCES ../http/Deadline.java
//SOURCES ../http/Time.java
//SOURCES AssistedError.java
//SOURCES AssistedInstaller.java
//SOURCES HostInventory.java
//SOURCES Validations.java

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Steps;
import common.http.Deadline;
import common.http.Time;

/** Waits for a cluster and its hosts, says what they are doing when it changes, and knows when it is in vain. */
public final class ClusterWatch {
    /** Before installation. */
    public static final Set<String> SETUP = Set.of("insufficient", "pending-for-input", "ready");
    static final Set<String> INSTALLING = Set.of("preparing-for-installation", "installing", "finalizing",
            "installing-pending-user-action");
    private static final Set<String> OURS = Set.of("belongs-to-machine-cidr", "machine-cidr-defined",
            "hostname-valid", "hostname-unique"); // set next, or named when the cluster does not get ready
    private static final Duration SETUP_POLL = Duration.ofSeconds(5);
    private static final Duration INSTALL_POLL = Duration.ofSeconds(10);
    private static final int EVENTS = 5;

    private final AssistedInstaller service;
    private final String id;
    private final Steps steps;
    private final Deadline deadline;

    public ClusterWatch(AssistedInstaller service, String clusterId, Steps steps, Deadline deadline) {
        this.service = service;
        this.id = clusterId;
        this.steps = steps;
        this.deadline = deadline;
    }

    /** What is done to hosts that are there, while others are waited for. */
    interface Early {
        void at(JsonNode cluster) throws IOException;
    }

    /** Until so many hosts have booted the ISO and are known: the cluster. */
    JsonNode hostsKnown(int nodes, Early early) throws IOException {
        for (;; deadline.pause(SETUP_POLL, nodes + " known host" + (nodes > 1 ? "s" : ""))) {
            JsonNode cluster = alive();
            List<String> why = new ArrayList<>();
            for (JsonNode host : cluster.path("hosts")) {
                Validations validations = validations(host);
                boolean settledNext = !host.path("status").asText().equals("discovering")
                        && !validations.failedIds().isEmpty() && OURS.containsAll(validations.failedIds());
                if (!host.path("status").asText().equals("known") && !settledNext && !hasBegun(host)) {
                    why.add(words(host));
                }
            }
            int hosts = cluster.path("hosts").size();
            if (hosts > nodes) {
                List<String> all = new ArrayList<>();
                cluster.path("hosts").forEach(h -> all.add(HostInventory.of(h).identity()));
                throw new Cli.Failure(hosts + " hosts have booted the ISO of a cluster with " + nodes + ": "
                        + String.join(", ", all) + "; switch the spare ones off and take each out with the subcommand "
                        + "remove-host, or give --nodes " + hosts);
            }
            early.at(cluster);
            if (why.isEmpty() && hosts == nodes) {
                return cluster;
            }
            steps.change(why.isEmpty() ? hosts + " of " + nodes + " hosts have booted" : String.join("; ", why));
        }
    }

    /**
     * Until the cluster is ready and all its hosts known, twice in a row: after a change the states dip only some
     * seconds later.
     */
    public void ready() throws IOException {
        for (int seen = 0;; deadline.pause(SETUP_POLL, "the cluster to be ready")) {
            JsonNode cluster = alive();
            List<String> why = new ArrayList<>();
            if (!cluster.path("status").asText().equals("ready")) {
                why.add("cluster is " + cluster.path("status").asText() + ": " + reason(cluster));
            }
            cluster.path("hosts").forEach(h -> {
                if (!h.path("status").asText().equals("known")) {
                    why.add(words(h));
                }
            });
            seen = why.isEmpty() ? seen + 1 : 0;
            if (seen == 2) {
                return;
            }
            if (!why.isEmpty()) {
                steps.change(String.join("; ", why));
            }
        }
    }

    /** Starts it. The service refuses when a state dipped just now: then it is waited for, and asked twice more. */
    public void install() throws IOException {
        for (int tried = 1;; tried++) {
            try {
                service.onceOnly().make(this::begun, () -> service.act(id, "install"));
                return;
            } catch (AssistedError e) {
                if (begun().isPresent()) {
                    return; // somebody else was faster
                }
                if (e.status != 409 || tried == 3) {
                    throw e;
                }
                steps.note(e.getMessage());
            }
            ready();
        }
    }

    private Optional<JsonNode> begun() throws IOException {
        return Optional.of(service.cluster(id)).filter(c -> INSTALLING.contains(c.path("status").asText()));
    }

    /** Until it is installed: the cluster. Fails when the service has given up, with its reasons and last events. */
    public JsonNode installed() throws IOException {
        for (boolean begun = false, first = true;; first = false, deadline.pause(INSTALL_POLL, "installation")) {
            JsonNode cluster = alive();
            String status = cluster.path("status").asText();
            if (status.equals("installed") || status.equals("adding-hosts")) {
                return cluster;
            }
            if (SETUP.contains(status) && (begun || !first)) { // back again: polling for an end would be for ever
                events();
                throw new Cli.Failure("preparation for installation failed, the cluster is " + status + " again: "
                        + reason(cluster) + "; repair it and run the same command again");
            }
            begun |= INSTALLING.contains(status);
            steps.change(progress(cluster), elapsed(cluster));
        }
    }

    /** Until so many hosts have been added to a cluster that was there before: the cluster that adds them. */
    JsonNode added(int hosts) throws IOException {
        for (;; deadline.pause(INSTALL_POLL, "hosts to be added")) {
            JsonNode cluster = alive();
            int added = 0;
            for (JsonNode host : cluster.path("hosts")) {
                added += host.path("status").asText().matches("added-to-existing-cluster|installed") ? 1 : 0;
            }
            if (added == hosts) {
                return cluster;
            }
            steps.change(progress(cluster));
        }
    }

    /** Whether the host's installation has begun, or is over. */
    static boolean hasBegun(JsonNode host) {
        return host.path("status").asText().matches("preparing-.*|installing.*|installed|added-to-existing-cluster");
    }

    private JsonNode alive() throws IOException {
        JsonNode cluster = service.cluster(id);
        String status = cluster.path("status").asText();
        for (JsonNode host : cluster.path("hosts")) {
            if (host.path("status").asText().equals("error")) {
                events();
                throw new Cli.Failure("host " + HostInventory.of(host).name() + " failed: " + info(host)
                        + (cluster.path("kind").asText().equals("AddHostsCluster") ? "; take it out with the subcommand "
                        + "remove-host --name " + cluster.path("name").asText() + ", and boot it again" : "; the subcommand reset begins again"));
            }
        }
        if (status.equals("error") || status.equals("cancelled")) {
            events();
            throw new Cli.Failure("cluster " + cluster.path("name").asText() + " is " + status + ": " + info(cluster)
                    + "; the subcommand reset begins again");
        }
        return cluster;
    }

    private void events() throws IOException {
        List<JsonNode> events = service.events(id);
        for (JsonNode event : events.subList(Math.max(0, events.size() - EVENTS), events.size())) {
            steps.note("event " + event.path("event_time").asText() + " " + event.path("severity").asText() + ": "
                    + event.path("message").asText().replaceAll("\\s+", " "));
        }
    }

    private static String progress(JsonNode cluster) {
        StringBuilder words = new StringBuilder(cluster.path("status").asText());
        JsonNode percent = cluster.path("progress").path("total_percentage");
        words.append(percent.isNumber() ? " " + percent.asInt() + "%" : "");
        for (JsonNode host : cluster.path("hosts")) {
            JsonNode progress = host.path("progress");
            String stage = progress.path("current_stage").asText(host.path("status").asText());
            JsonNode part = progress.path("installation_percentage");
            words.append(", ").append(HostInventory.of(host).name()).append(": ").append(stage)
                    .append(part.isNumber() ? " " + part.asInt() + "%" : "");
            if (host.path("status").asText().equals("installing-pending-user-action")) {
                words.append(" (").append(info(host)).append(")");
            }
        }
        return words.toString();
    }

    private String elapsed(JsonNode cluster) {
        return AssistedInstaller.instant(cluster.path("install_started_at"))
                .map(since -> ", " + Time.words(Duration.between(since, deadline.now()))).orElse("");
    }

    /** A host that is not as it should be, in words. */
    static String words(JsonNode host) {
        return "host " + HostInventory.of(host).name() + " is " + host.path("status").asText() + ": " + reason(host);
    }

    static String reason(JsonNode node) {
        List<String> words = validations(node).words();
        return words.isEmpty() ? info(node) : String.join("; ", words);
    }

    private static String info(JsonNode node) {
        return node.path("status_info").asText().replaceAll("\\s+", " ");
    }

    private static Validations validations(JsonNode node) {
        return Validations.of(node.path("validations_info").asText());
    }
}
