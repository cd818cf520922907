package common.assisted;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/Steps.java
//SOURCES ../http/Deadline.java
//SOURCES ../http/Time.java
//SOURCES AssistedInstaller.java
//SOURCES ClusterOptions.java
//SOURCES ClusterPlan.java
//SOURCES ClusterRegistration.java
//SOURCES ClusterWatch.java
//SOURCES DiscoveryIso.java
//SOURCES HostInventory.java
//SOURCES HostSetup.java
//SOURCES ServiceOptions.java

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.Json;
import common.cli.Steps;
import common.http.Deadline;
import common.http.Time;

/**
 * More workers for a cluster that the service has installed ("day 2"). It is imported once more, as one that only adds
 * hosts and has an infra-env of its own; each of its hosts is set up as the first ones were, and installed by itself. Each
 * step looks first at what is there, so that another run goes on where this one stops.
 */
public final class HostAddition {
    private final ServiceOptions options;
    private final AssistedInstaller service;
    private final ClusterPlan plan;
    private final int number;
    private final Steps steps;
    private final Deadline deadline;
    private final ClusterRegistration registration;
    private final ObjectNode result = Json.object();
    private String clusterId;

    /** {@code plan}: of the cluster that is there. {@code number}: how many hosts it is to get, in all. */
    public HostAddition(ServiceOptions options, ClusterPlan plan, int number, Time time) throws IOException {
        this.options = options;
        this.service = options.connect(time);
        this.plan = plan.dayTwo();
        this.number = number;
        this.steps = new Steps(options.json().isOn());
        this.deadline = options.deadline(time);
        this.registration = new ClusterRegistration(service, this.plan, time);
    }

    /** What has come of it: {@code {"name", "clusterId", "infraEnvId", "iso" or "isoUrl", "hosts": [NAME...]}}. */
    public ObjectNode run(ClusterOptions how) throws IOException {
        steps.step("register", () -> {
            ClusterRegistration.Registered cluster = registration.imported(parameters(ClusterRegistration.known(service,
                    options.name())));
            clusterId = cluster.id();
            result.put("name", plan.name()).put("clusterId", clusterId);
            return cluster.words();
        });
        boot(how);
        if (how.until() == ClusterOptions.Until.REGISTERED) {
            return result;
        }
        ClusterWatch watch = new ClusterWatch(service, clusterId, steps, deadline);
        HostSetup setup = new HostSetup(service, plan);
        steps.step("hosts known", () -> words(watch.hostsKnown(number, setup::early)));
        setup.hosts(fresh(), steps);
        steps.step("hosts still known", () -> words(watch.hostsKnown(number, setup::early)));
        if (how.until() == ClusterOptions.Until.READY) {
            return result;
        }
        steps.step("install", () -> {
            for (JsonNode host : fresh().path("hosts")) {
                install(host.path("infra_env_id").asText(), host.path("id").asText());
            }
            return "started";
        });
        steps.step("added", () -> words(watch.added(number)));
        steps.note("the cluster admits a host when its two certificate requests are approved: oc get csr, then oc adm "
                + "certificate approve NAME");
        watch.added(number).path("hosts").forEach(h -> result.withArray("hosts").add(HostInventory.of(h).name()));
        return result;
    }

    private static ObjectNode parameters(JsonNode installed) {
        String id = installed.path("openshift_cluster_id").asText();
        String status = installed.path("status").asText();
        if (id.isEmpty() || !List.of("installed", "adding-hosts").contains(status)) {
            throw new Cli.Failure("cluster " + installed.path("name").asText() + " is " + status
                    + ": hosts are added to one that is installed");
        }
        return Json.object().put("name", ClusterPlan.dayTwo(installed.path("name").asText()))
                .put("openshift_cluster_id", id).put("openshift_version", installed.path("openshift_version").asText())
                .put("api_vip_dnsname", "api." + installed.path("name").asText() + "."
                        + installed.path("base_dns_domain").asText());
    }

    private void boot(ClusterOptions how) throws IOException {
        String[] env = new String[1];
        steps.step("register infra-env", () -> {
            ClusterRegistration.Registered registered = registration.infraEnv(clusterId);
            env[0] = registered.id();
            result.put("infraEnvId", env[0]);
            return registered.words();
        });
        steps.step("discovery override", () -> registration.discovery(env[0]));
        steps.step("ISO", () -> {
            if (how.iso() == null) {
                String url = service.isoUrl(env[0]).toString();
                result.put("isoUrl", url);
                return url;
            }
            result.put("iso", how.iso().toString());
            return new DiscoveryIso(service, options.http(true), env[0]).download(how.iso());
        });
        if (!options.yes() && how.until() != ClusterOptions.Until.REGISTERED
                && service.cluster(clusterId).path("hosts").size() < number) {
            steps.ask("Boot the server" + (number > 1 ? "s" : "") + " from the ISO, then press Enter.");
            deadline.restart();
        }
    }

    /** The cluster with those of its hosts whose installation has not begun. */
    private JsonNode fresh() throws IOException {
        ObjectNode cluster = service.cluster(clusterId).deepCopy();
        ArrayNode hosts = cluster.putArray("hosts");
        service.cluster(clusterId).path("hosts").forEach(h -> {
            if (!ClusterWatch.hasBegun(h)) {
                hosts.add(h);
            }
        });
        return cluster;
    }

    private void install(String infraEnvId, String hostId) throws IOException {
        service.onceOnly().make(() -> Optional.of(service.host(infraEnvId, hostId)).filter(ClusterWatch::hasBegun),
                () -> service.installHost(infraEnvId, hostId));
    }

    private static String words(JsonNode cluster) {
        List<String> names = new ArrayList<>();
        cluster.path("hosts").forEach(h -> names.add(HostInventory.of(h).name()));
        return String.join(", ", names);
    }
}
