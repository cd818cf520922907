package common.assisted;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/Steps.java
//SOURCES ../http/Deadline.java
//SOURCES ../http/Time.java
//SOURCES AssistedError.java
//SOURCES AssistedInstaller.java
//SOURCES ClusterPlan.java
//SOURCES ClusterRegistration.java
//SOURCES ClusterWatch.java
//SOURCES HostInventory.java
//SOURCES OnceOnly.java
//SOURCES ServiceOptions.java

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Steps;
import common.http.Deadline;
import common.http.Time;

/**
 * Takes an installation back, after asking. Each can be run again: what is gone already is well. A cluster that is being
 * installed is cancelled before it is deleted: the service answers 404 to its deletion and destroys its host all the same.
 */
public final class ClusterRemoval {
    private static final Duration POLL = Duration.ofSeconds(3);
    private static final Set<String> CANCELLED = Set.of("cancelled", "error");
    private static final int TRIES = 3;

    private final ServiceOptions options;
    private final AssistedInstaller service;
    private final Deadline deadline;
    private final Steps steps;

    public ClusterRemoval(ServiceOptions options, Time time) throws IOException {
        options.mayAsk();
        this.options = options;
        this.service = options.connect(time);
        this.deadline = options.deadline(time);
        this.steps = new Steps(options.json().isOn());
    }

    private interface Call {
        void send() throws IOException;
    }

    public int cancel() throws IOException {
        JsonNode cluster = ClusterRegistration.known(service, options.name());
        String status = cluster.path("status").asText();
        if (ClusterWatch.SETUP.contains(status) || status.equals("installed")) {
            throw new Cli.Failure("cluster " + options.name() + " is " + status + ": there is no installation to cancel");
        }
        return change("cancel", cluster, () -> cancel(cluster.path("id").asText()));
    }

    private String cancel(String id) throws IOException {
        service.onceOnly().make(() -> status(id, CANCELLED::contains), () -> {
            service.act(id, "cancel");
            return "";
        });
        for (;; deadline.pause(POLL, "the cluster to be cancelled")) {
            Optional<String> status = status(id, CANCELLED::contains);
            if (status.isPresent()) {
                return status.get();
            }
        }
    }

    /** Of a cancelled or failed cluster: its hosts must boot the ISO again. */
    public int reset() throws IOException {
        JsonNode cluster = ClusterRegistration.known(service, options.name());
        String id = cluster.path("id").asText();
        if (!CANCELLED.contains(cluster.path("status").asText())) {
            throw new Cli.Failure("cluster " + options.name() + " is " + cluster.path("status").asText()
                    + ": a cancelled or failed one can be reset; the subcommand cancel comes before");
        }
        return change("reset", cluster, () -> {
            Predicate<String> isReset = s -> !CANCELLED.contains(s);
            service.onceOnly().make(() -> status(id, isReset), () -> {
                service.act(id, "reset");
                return "";
            });
            return service.cluster(id).path("status").asText() + "; boot the hosts from the ISO again";
        });
    }

    private Optional<String> status(String id, Predicate<String> wanted) throws IOException {
        return Optional.of(service.cluster(id).path("status").asText()).filter(wanted);
    }

    /** The cluster, its hosts, and the infra-envs that are bound to it, also those that have outlived it. */
    public int delete() throws IOException {
        Optional<JsonNode> cluster = ClusterRegistration.find(service, options.name());
        List<JsonNode> envs = new ArrayList<>();
        if (cluster.isPresent()) {
            envs.addAll(service.infraEnvsOf(cluster.get().path("id").asText()));
        } else {
            for (JsonNode env : service.infraEnvs(ClusterPlan.infraEnvName(options.name()))) {
                String of = env.path("cluster_id").asText();
                if (of.isEmpty() || AssistedInstaller.present(() -> service.cluster(of)).isEmpty()) {
                    envs.add(env);
                }
            }
            if (envs.isEmpty()) {
                steps.note("nothing of " + options.name() + " is there");
                return Cli.DONE;
            }
        }
        return change("delete", cluster.orElse(null), () -> {
            String id = cluster.map(c -> c.path("id").asText()).orElse("no cluster");
            if (cluster.isPresent() && ClusterWatch.INSTALLING.contains(cluster.get().path("status").asText())) {
                cancel(id);
            }
            for (JsonNode env : envs) {
                removeHosts(env.path("id").asText());
            }
            if (cluster.isPresent()) {
                remove(() -> service.cluster(id), () -> service.deleteCluster(id));
            }
            for (JsonNode env : envs) {
                removeInfraEnv(env.path("id").asText());
            }
            return id + " and " + envs.size() + " infra-env" + (envs.size() == 1 ? "" : "s");
        });
    }

    /** One host that should not be there; {@code which}: its name, id, MAC address or serial number. */
    public int removeHost(String which) throws IOException {
        JsonNode cluster = ClusterRegistration.known(service, options.name());
        List<JsonNode> found = new ArrayList<>();
        cluster.path("hosts").forEach(found::add);
        found.removeIf(h -> !HostInventory.of(h).is(which));
        if (found.size() != 1) {
            List<String> all = new ArrayList<>();
            cluster.path("hosts").forEach(h -> all.add(HostInventory.of(h).identity()));
            throw new Cli.Failure((found.isEmpty() ? "no host is " : "several hosts are ") + which + "; there are "
                    + (all.isEmpty() ? "none" : String.join(", ", all)));
        }
        return change("remove host " + HostInventory.of(found.get(0)).identity() + " from", cluster, () -> {
            removeHost(found.get(0));
            return "switch it off, or it comes back";
        });
    }

    private void removeHosts(String envId) throws IOException {
        Optional<JsonNode> hosts = AssistedInstaller.present(() -> service.hosts(envId));
        if (hosts.isPresent()) {
            for (JsonNode host : hosts.get()) {
                removeHost(host);
            }
        }
    }

    private void removeHost(JsonNode host) throws IOException {
        String env = host.path("infra_env_id").asText();
        String id = host.path("id").asText();
        remove(() -> service.host(env, id), () -> service.deleteHost(env, id));
    }

    /** An infra-env with hosts stays, and a server that still runs the ISO registers again. */
    private void removeInfraEnv(String id) throws IOException {
        for (int tried = 1;; tried++) {
            try {
                remove(() -> service.infraEnv(id), () -> service.deleteInfraEnv(id));
                return;
            } catch (AssistedError e) {
                if (e.status != 400 || tried == TRIES) {
                    throw e;
                }
                removeHosts(id);
            }
        }
    }

    private void remove(OnceOnly.Change<JsonNode> get, Call delete) throws IOException {
        try {
            service.onceOnly().make(() -> isGone(get), () -> {
                delete.send();
                return true;
            });
        } catch (AssistedError e) {
            if (e.status != 404 || isGone(get).isEmpty()) { // 404 is also said of what may not be deleted now
                throw e;
            }
        }
    }

    private static Optional<Boolean> isGone(OnceOnly.Change<JsonNode> get) throws IOException {
        return AssistedInstaller.present(get).isPresent() ? Optional.empty() : Optional.of(true);
    }

    private int change(String name, JsonNode cluster, Steps.Action action) throws IOException {
        String which = name + " " + options.name() + (cluster == null ? ", of which infra-envs are left"
                : ", which is " + cluster.path("status").asText());
        if (!options.yes() && !steps.ask(which + "? [y/N]").matches("(?i)y(es)?")) {
            throw new Cli.Failure("nothing done");
        }
        steps.step(name.replaceFirst(" from$", ""), action);
        return Cli.DONE;
    }
}
