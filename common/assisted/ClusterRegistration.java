package common.assisted;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../http/Time.java
//SOURCES ../ignition/IgnitionOverride.java
//SOURCES AssistedInstaller.java
//SOURCES ClusterPlan.java
//SOURCES ClusterWatch.java
//SOURCES OnceOnly.java
//SOURCES Settings.java

import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.http.Time;
import common.ignition.IgnitionOverride;

/**
 * The cluster and its infra-env in the service. Names are not unique there: what is there is looked up before anything
 * is registered, and again when a registration got no answer.
 */
public final class ClusterRegistration {
    private static final Comparator<JsonNode> AGE = Comparator.<JsonNode, Instant>comparing(
            e -> AssistedInstaller.instant(e.path("created_at")).orElse(Instant.EPOCH))
            .thenComparing(e -> e.path("id").asText());
    /** Another run has what it registers in the service's list by then. */
    private static final Duration SETTLES = Duration.ofSeconds(2);
    private static final int LOOKS = 6;

    private final AssistedInstaller service;
    private final ClusterPlan plan;
    private final Time time;

    public ClusterRegistration(AssistedInstaller service, ClusterPlan plan, Time time) {
        this.time = time;
        this.service = service;
        this.plan = plan;
    }

    /** A thing of the service, whether this run made it, and which of its settings this run changed. */
    public record Registered(JsonNode json, boolean isNew, List<String> changed) {
        public String id() {
            return json.path("id").asText();
        }

        String words() {
            return json.path("name").asText() + " (" + id() + "), " + (isNew ? "new" : "there already")
                    + (changed.isEmpty() ? "" : ", changed: " + String.join(", ", changed));
        }
    }

    /** The cluster of that name, which must be what is wanted; else a new one. */
    public Registered cluster() throws IOException {
        Registered cluster = once(this::find,
                () -> service.registerCluster(plan.clusterParameters()), () -> service.clusters(plan.name()),
                service::cluster, service::deleteCluster);
        String version = cluster.json().path("openshift_version").asText();
        String domain = cluster.json().path("base_dns_domain").asText();
        if (!plan.isVersion(version) && cluster.isNew()) {
            service.deleteCluster(cluster.id()); // just made, nothing hangs on it
            throw new Cli.Failure("the service has no OpenShift " + plan.version() + " and took " + version
                    + " instead; the cluster is removed again; give --openshift-version " + version);
        }
        if (!plan.isVersion(version)) {
            throw taken("OpenShift " + version + ", not " + plan.version());
        }
        if (!domain.equals(plan.baseDomain())) {
            throw taken("domain " + domain + ", not " + plan.baseDomain());
        }
        String mode = cluster.json().path("high_availability_mode").asText();
        if (!mode.equals(plan.clusterParameters().path("high_availability_mode").asText())) {
            throw taken("high_availability_mode " + mode);
        }
        return cluster.isNew() ? cluster : update(cluster);
    }

    /** The cluster of the plan's name that adds hosts to another one; else a new one of these parameters. */
    Registered imported(JsonNode parameters) throws IOException {
        return once(this::find, () -> service.importCluster(parameters), () -> service.clusters(plan.name()),
                service::cluster, service::deleteCluster);
    }

    /** What another run has registered gets what is given now, as long as that can be changed. */
    private Registered update(Registered cluster) throws IOException {
        ObjectNode differing = clusterDiffering(cluster.json());
        if (differing.isEmpty()) {
            return cluster;
        }
        String status = cluster.json().path("status").asText();
        if (!ClusterWatch.SETUP.contains(status)) {
            throw new Cli.Failure("cluster " + plan.name() + " is " + status + " and can be changed no more, but has "
                    + "other settings than are given: " + String.join(", ", Settings.names(differing)));
        }
        return change(cluster, () -> service.cluster(cluster.id()), this::clusterDiffering,
                () -> service.updateCluster(cluster.id(), differing), differing);
    }

    private interface Differing {
        ObjectNode from(JsonNode there) throws IOException;
    }

    private Registered change(Registered there, OnceOnly.Change<JsonNode> get, Differing differing,
            OnceOnly.Change<JsonNode> send, ObjectNode settings) throws IOException {
        OnceOnly.Look<JsonNode> look = () -> {
            JsonNode now = get.send();
            return differing.from(now).isEmpty() ? Optional.of(now) : Optional.empty();
        };
        service.onceOnly().make(look, send);
        JsonNode now = get.send();
        ObjectNode lost = differing.from(now);
        if (!lost.isEmpty()) {
            throw new Cli.Failure("the service did not keep of " + there.words() + ": "
                    + String.join(", ", Settings.names(lost)));
        }
        return new Registered(now, false, Settings.names(settings));
    }

    /** The pull secret is read back from the install-config. */
    private ObjectNode clusterDiffering(JsonNode cluster) throws IOException {
        ObjectNode there = cluster.deepCopy();
        there.set("pull_secret", service.installConfig(cluster.path("id").asText()).path("pullSecret"));
        return differing(plan.clusterSettings(), there);
    }

    /** The pull secret is read back from what a host boots with. */
    private ObjectNode infraEnvDiffering(JsonNode env) throws IOException {
        ObjectNode there = env.deepCopy();
        there.set("image_type", env.path("type"));
        for (JsonNode file : service.discoveryIgnition(env.path("id").asText()).path("storage").path("files")) {
            if (file.path("path").asText().equals("/root/.docker/config.json")) {
                there.put("pull_secret", URLDecoder.decode(file.path("contents").path("source").asText()
                        .replaceFirst("^data:,", "").replace("+", "%2B"), StandardCharsets.UTF_8));
            }
        }
        return differing(plan.infraEnvSettings(), there);
    }

    /** A pull secret counts by its content. */
    private static ObjectNode differing(ObjectNode wanted, ObjectNode there) {
        ObjectNode differing = Settings.differing(wanted, there);
        String secret = there.path("pull_secret").asText();
        if (secret.startsWith("{") && ClusterPlan.isSameSecret(secret, wanted.path("pull_secret").asText())) {
            differing.remove("pull_secret");
        }
        return differing;
    }

    private Cli.Failure taken(String what) {
        return new Cli.Failure("cluster " + plan.name() + " is there with " + what
                + "; give another --name, or remove it with the subcommand delete");
    }

    /** The infra-env of that name that is bound to the cluster; one of a cluster that is gone does not count. */
    public Registered infraEnv(String clusterId) throws IOException {
        OnceOnly.Change<List<JsonNode>> all = () -> service.infraEnvs(plan.infraEnvName()).stream()
                .filter(e -> e.path("cluster_id").asText().equals(clusterId)).toList();
        Registered env = once(() -> all.send().stream().min(AGE),
                () -> service.registerInfraEnv(plan.infraEnvParameters(clusterId)), all, service::infraEnv,
                service::deleteInfraEnv);
        if (!env.isNew()) {
            ObjectNode differing = infraEnvDiffering(env.json());
            if (!differing.isEmpty()) {
                if (!service.hosts(env.id()).isEmpty()) {
                    Cli.warn("the hosts that are up have booted the ISO as it was; boot them from the new one");
                }
                return change(env, () -> service.infraEnv(env.id()), this::infraEnvDiffering,
                        () -> service.updateInfraEnv(env.id(), differing), differing);
            }
        }
        ObjectNode unknown = Settings.differing(plan.site().infraEnv, env.json());
        if (env.isNew() && !unknown.isEmpty()) { // a field that it does not know is accepted in silence
            throw new Cli.Failure("the service did not keep " + String.join(", ", Settings.names(unknown))
                    + "; it may be too old for that");
        }
        String version = env.json().path("openshift_version").asText();
        if (!(plan.version() + ".").startsWith(version + ".")) { // it keeps 4.10 of 4.10.3
            throw new Cli.Failure("infra-env " + env.words() + ": boots " + version + ", not " + plan.version()
                    + "; remove the cluster with the subcommand delete");
        }
        return env;
    }

    private interface Get {
        JsonNode by(String id) throws IOException;
    }

    private interface Delete {
        void by(String id) throws IOException;
    }

    /**
     * Looks, registers, and looks again: of what several runs have registered at once the oldest stays, each removes its
     * own, and all go on with the oldest.
     */
    private Registered once(OnceOnly.Look<JsonNode> look, OnceOnly.Change<JsonNode> register,
            OnceOnly.Change<List<JsonNode>> all, Get get, Delete delete) throws IOException {
        OnceOnly.Made<JsonNode> made = service.onceOnly().make(look, register);
        String id = made.result().path("id").asText();
        if (!made.isOurs()) {
            return new Registered(made.result(), false, List.of());
        }
        time.sleep(SETTLES);
        JsonNode oldest = all.send().stream().min(AGE).orElse(made.result());
        if (oldest.path("id").asText().equals(id)) {
            return new Registered(made.result(), true, List.of());
        }
        Cli.warn(made.result().path("name").asText() + " was registered by another run too, which goes first");
        service.onceOnly().make(() -> AssistedInstaller.present(() -> get.by(id)).isPresent() ? Optional.empty()
                : Optional.of(true), () -> {
                    delete.by(id);
                    return true;
                });
        return new Registered(get.by(oldest.path("id").asText()), false, List.of());
    }

    /** The one cluster of this name or id. Twins of runs at once are waited for: all but the oldest go. */
    private Optional<JsonNode> find() throws IOException {
        List<JsonNode> found = service.clusters(plan.name());
        for (int look = 1; look < LOOKS && found.size() > 1; look++) {
            time.sleep(SETTLES);
            found = service.clusters(plan.name());
        }
        return found.size() > 1 ? find(service, plan.name()) : found.stream().findFirst();
    }

    /** The one cluster of this name or id; a {@link Cli.Failure} when there are several. */
    public static Optional<JsonNode> find(AssistedInstaller service, String nameOrId) throws IOException {
        List<JsonNode> found = service.clusters(nameOrId);
        if (found.size() > 1) {
            throw new Cli.Failure(found.size() + " clusters are named " + nameOrId + ": " + found.stream()
                    .map(c -> c.path("id").asText() + " (" + c.path("status").asText() + ")")
                    .collect(Collectors.joining(", ")) + "; delete those that are not wanted: delete --name ID");
        }
        return found.stream().findFirst();
    }

    /** The cluster of this name or id with its hosts; a {@link Cli.Failure} when there is none. */
    public static JsonNode known(AssistedInstaller service, String nameOrId) throws IOException {
        return service.cluster(find(service, nameOrId)
                .orElseThrow(() -> new Cli.Failure("no cluster " + nameOrId + " there")).path("id").asText());
    }

    /** Sends the discovery override unless it is there, and proves that the hosts will boot with it. */
    public String discovery(String infraEnvId) throws IOException {
        IgnitionOverride ours = plan.discovery();
        boolean isNew = service.onceOnly().make(() -> Optional.of(service.infraEnv(infraEnvId))
                .filter(e -> e.path(IgnitionOverride.DISCOVERY_KEY).asText().equals(ours.text())),
                () -> service.updateInfraEnv(infraEnvId, plan.discoveryParameters())).isOurs();
        List<String> missing = ours.missingIn(service.discoveryIgnition(infraEnvId));
        if (!missing.isEmpty()) {
            throw new Cli.Failure("discovery.ign of the service lacks " + String.join(", ", missing)
                    + " or has it changed: the hosts would boot without; look at infra-env " + infraEnvId);
        }
        return String.join(", ", ours.units()) + " in discovery.ign" + (isNew ? "" : ", there already");
    }
}
