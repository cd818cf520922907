package common.assisted;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/Steps.java
//SOURCES ../http/Deadline.java
//SOURCES ../http/Time.java
//SOURCES AssistedError.java
//SOURCES AssistedInstaller.java
//SOURCES ClusterCredentials.java
//SOURCES ClusterOptions.java
//SOURCES ClusterPlan.java
//SOURCES ClusterRegistration.java
//SOURCES ClusterWatch.java
//SOURCES DiscoveryIso.java
//SOURCES HostInventory.java
//SOURCES HostSetup.java
//SOURCES InventoryImages.java
//SOURCES ServiceOptions.java
//SOURCES SiteSetup.java

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Set;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.assisted.ClusterOptions.Until;
import common.cli.Cli;
import common.cli.Json;
import common.cli.Steps;
import common.http.Deadline;
import common.http.Time;

/**
 * From nothing to an installed cluster, in the order of 02-create-ai-cluster.sh. Each step looks first at what is
 * there, so that another run goes on where this one stops.
 */
public final class ClusterInstallation {
    private final ServiceOptions options;
    private final AssistedInstaller service;
    private final ClusterPlan plan;
    private final Steps steps;
    private final Deadline deadline;
    private final ClusterRegistration registration;
    private final ObjectNode result = Json.object();
    private String clusterId;
    private String infraEnvId;

    public ClusterInstallation(ServiceOptions options, ClusterPlan plan, Time time) throws IOException {
        this.options = options;
        this.service = options.connect(time);
        this.plan = plan;
        this.steps = new Steps(options.json().isOn());
        this.deadline = options.deadline(time);
        this.registration = new ClusterRegistration(service, plan, time);
    }

    /** What has come of it: {@code {"name", "clusterId", "infraEnvId", "status", "iso" or "isoUrl", ...}}. */
    public ObjectNode run(ClusterOptions how) throws IOException {
        try (FileChannel lock = lock(how.kubeconfigDir())) {
            String status = register();
            if (ClusterWatch.SETUP.contains(status)) {
                if (how.inventory() != null) {
                    steps.step("staged images", () -> staged(how.inventory()));
                }
                prepare(how);
                if (how.until() == Until.REGISTERED) {
                    return result.put("status", service.cluster(clusterId).path("status").asText());
                }
                setUp();
                if (how.until() == Until.READY) {
                    return result.put("status", "ready");
                }
                steps.step("install", () -> {
                    watch().install();
                    return "started";
                });
            } else if (how.until() != Until.INSTALLED) {
                steps.note("cluster is past that: " + status);
                return result.put("status", status);
            }
            steps.step("installed", () -> plan + duration(watch().installed()));
            return finish(how);
        } catch (InterruptedIOException e) {
            System.err.println(clusterId == null ? "nothing is registered" : "cluster " + plan.name() + " (" + clusterId
                    + ") stays as it is; its installation, once begun, goes on without us");
            throw e;
        } catch (AssistedError e) {
            if (e.status == 404 && clusterId != null
                    && AssistedInstaller.present(() -> service.cluster(clusterId)).isEmpty()) {
                throw new Cli.Failure("cluster " + plan.name() + " (" + clusterId + ") is gone: somebody has deleted "
                        + "it meanwhile; the same command registers a new one");
            }
            throw e;
        }
    }

    /** Keeps a second run for the same files off; one on another machine is found out by {@link ClusterRegistration}. */
    private FileChannel lock(Path folder) throws IOException {
        FileChannel lock = FileChannel.open(folder.resolve(".kubeconfig." + plan.name() + ".lock"),
                StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (lock.tryLock() == null) {
            lock.close();
            throw new Cli.Failure("another run installs " + plan.name() + " from the folder " + folder
                    + "; wait for it or stop it");
        }
        return lock;
    }

    private String staged(String inventory) throws IOException {
        JsonNode cluster = service.cluster(clusterId);
        Set<String> wanted = InventoryImages.wanted(service.componentVersions(), cluster);
        InventoryImages staged = new InventoryImages(inventory, options.http(true));
        staged.mustGather(cluster.path("ocp_release_image").asText()).ifPresent(wanted::add);
        List<String> missing = staged.missing(wanted);
        if (!missing.isEmpty()) {
            throw new Cli.Failure(inventory + " lacks what the service will use: " + String.join(", ", missing)
                    + "; stage it, or leave out --inventory where the site has a network");
        }
        return wanted.size() + " of the service are there";
    }

    /** Returns the cluster's status. */
    private String register() throws IOException {
        String[] status = new String[1];
        steps.step("register cluster", () -> {
            ClusterRegistration.Registered cluster = registration.cluster();
            clusterId = cluster.id();
            status[0] = cluster.json().path("status").asText();
            result.put("name", plan.name()).put("clusterId", clusterId);
            return cluster.words() + ", OpenShift " + cluster.json().path("openshift_version").asText();
        });
        return status[0];
    }

    /** What the hosts boot. */
    private void prepare(ClusterOptions how) throws IOException {
        steps.step("register infra-env", () -> {
            ClusterRegistration.Registered env = registration.infraEnv(clusterId);
            infraEnvId = env.id();
            result.put("infraEnvId", infraEnvId);
            return env.words();
        });
        new SiteSetup(service, plan.site(), clusterId).apply(steps);
        steps.step("discovery override", () -> registration.discovery(infraEnvId));
        steps.step("ISO", () -> {
            if (how.iso() == null) {
                String url = service.isoUrl(infraEnvId).toString();
                result.put("isoUrl", url);
                return url;
            }
            result.put("iso", how.iso().toString());
            return new DiscoveryIso(service, options.http(true), infraEnvId).download(how.iso());
        });
    }

    /** What the hosts are told before they are installed. */
    private void setUp() throws IOException {
        if (!options.yes() && service.cluster(clusterId).path("hosts").size() < plan.nodes()) {
            steps.ask("Boot the server" + (plan.nodes() > 1 ? "s" : "") + " from the ISO, then press Enter.");
            deadline.restart();
        }
        JsonNode[] cluster = new JsonNode[1];
        HostSetup setup = new HostSetup(service, plan);
        steps.step("hosts known", () -> {
            cluster[0] = watch().hostsKnown(plan.nodes(), setup::early);
            StringBuilder names = new StringBuilder();
            cluster[0].path("hosts").forEach(h -> names.append(names.isEmpty() ? "" : ", ")
                    .append(HostInventory.of(h).name()));
            return names.toString();
        });
        setup.apply(cluster[0], steps);
        steps.step("cluster ready", () -> {
            watch().ready();
            return "";
        });
    }

    private ObjectNode finish(ClusterOptions how) throws IOException {
        ClusterCredentials credentials = new ClusterCredentials(how.kubeconfigDir(), plan.name());
        steps.step("credentials", () -> credentials.download(service, clusterId));
        Path kubeconfig = credentials.kubeconfig();
        result.put("status", "installed").put("kubeconfig", kubeconfig.toString())
                .put("kubeadminPassword", credentials.password().toString());
        steps.step("console", () -> {
            String url = service.credentials(clusterId).path("console_url").asText();
            result.put("consoleUrl", url);
            return url;
        });
        credentials.ask().ifPresent(answer -> answer.lines().forEach(steps::note));
        return result;
    }

    private ClusterWatch watch() {
        return new ClusterWatch(service, clusterId, steps, deadline);
    }

    private static String duration(JsonNode cluster) {
        return AssistedInstaller.instant(cluster.path("install_started_at"))
                .flatMap(from -> AssistedInstaller.instant(cluster.path("install_completed_at"))
                        .map(to -> " after " + Time.words(Duration.between(from, to)))).orElse("");
    }
}
