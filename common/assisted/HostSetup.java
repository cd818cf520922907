package common.assisted;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/Steps.java
//SOURCES ../ignition/IgnitionOverride.java
//SOURCES AssistedInstaller.java
//SOURCES ClusterPlan.java
//SOURCES HostInventory.java
//SOURCES HostPlan.java
//SOURCES OnceOnly.java
//SOURCES Settings.java

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.Json;
import common.cli.Steps;
import common.ignition.IgnitionOverride;

/** What the hosts get before installation. Each setting is sent unless it is there already, and read back. */
public final class HostSetup {
    private final AssistedInstaller service;
    private final ClusterPlan plan;
    private final Set<String> early = new HashSet<>();

    public HostSetup(AssistedInstaller service, ClusterPlan plan) {
        this.service = service;
        this.plan = plan;
    }

    /**
     * Installer arguments alone, of each host as soon as it is there: without {@code --save-partlabel} the service
     * writes to the raw disk to measure it, before it installs.
     */
    void early(JsonNode cluster) throws IOException {
        Map<String, HostPlan> own = own(cluster);
        for (JsonNode host : cluster.path("hosts")) {
            boolean isMatched = plan.hosts().isEmpty() || own.containsKey(host.path("id").asText());
            if (isMatched && !HostInventory.of(host).isEmpty() && early.add(host.path("id").asText())) {
                args(host, own);
            }
        }
    }

    private Map<String, HostPlan> own(JsonNode cluster) {
        return HostPlan.match(plan.hosts(), cluster.path("hosts"));
    }

    private void args(JsonNode host, Map<String, HostPlan> own) throws IOException {
        HostPlan given = own.get(host.path("id").asText());
        List<String> args = given == null || given.args() == null ? plan.installerArgs() : given.args();
        set(host, "/installer-args", ClusterPlan.installerArgsParameters(args),
                h -> ClusterPlan.hasInstallerArgs(h, args), "installer args");
    }

    /** {@code cluster}: with its hosts, as they are known. */
    public void apply(JsonNode cluster, Steps steps) throws IOException {
        hosts(cluster, steps);
        if (plan.network().isUserManaged() && !plan.network().isDual()) {
            steps.step("machine network", () -> machineNetwork(cluster));
        } else if (!plan.network().isUserManaged()) {
            steps.step("virtual addresses", () -> vips(cluster));
        }
    }

    /** What concerns each host alone. */
    void hosts(JsonNode cluster, Steps steps) throws IOException {
        Map<String, HostPlan> own = own(cluster);
        if (!plan.hosts().isEmpty()) {
            steps.step("hosts", () -> hosts(cluster, own));
        }
        steps.step("installer args", () -> {
            for (JsonNode host : cluster.path("hosts")) {
                args(host, own);
            }
            return String.join(" ", plan.installerArgs());
        });
        steps.step("host override", () -> {
            for (JsonNode host : cluster.path("hosts")) {
                HostPlan given = own.get(host.path("id").asText());
                IgnitionOverride pointer = given == null || given.pointer() == null ? plan.pointer() : given.pointer();
                set(host, "/ignition", ClusterPlan.pointerParameters(pointer), h -> h.path("ignition_config_overrides")
                        .asText().equals(pointer.text()), "ignition override");
            }
            return String.join(", ", plan.pointer().units());
        });
        steps.step("disk", () -> disks(cluster, own));
    }

    /** Name, role and labels; whoever is in the plan and has not booted is named. */
    private String hosts(JsonNode cluster, Map<String, HostPlan> own) throws IOException {
        for (HostPlan given : plan.hosts()) {
            if (!own.containsValue(given)) {
                List<String> all = new ArrayList<>();
                cluster.path("hosts").forEach(h -> all.add(HostInventory.of(h).identity()));
                throw new Cli.Failure("no host is " + given.identity() + ", which the parameter file has; there are "
                        + String.join(", ", all));
            }
        }
        List<String> words = new ArrayList<>();
        for (JsonNode host : cluster.path("hosts")) {
            ObjectNode settings = own.get(host.path("id").asText()).settings();
            set(host, "", settings, h -> hasSettings(h, settings), "name, role or labels");
            words.add(HostInventory.of(host).name() + (settings.isEmpty() ? "" : " is "
                    + settings.path("host_name").asText(HostInventory.of(host).name()) + (settings.has("host_role")
                            ? ", " + settings.path("host_role").asText() : "")));
        }
        return String.join("; ", words);
    }

    private static boolean hasSettings(JsonNode host, ObjectNode settings) {
        ObjectNode labels = Json.object();
        settings.path("node_labels").forEach(l -> labels.set(l.path("key").asText(), l.path("value")));
        ObjectNode wanted = Json.object();
        wanted.set("requested_hostname", settings.get("host_name"));
        wanted.set("role", settings.get("host_role"));
        wanted.set("node_labels", settings.has("node_labels") ? labels : null);
        wanted.properties().removeIf(p -> p.getValue() == null || p.getValue().isNull());
        return Settings.differing(wanted, host).isEmpty();
    }

    private String vips(JsonNode cluster) throws IOException {
        String id = cluster.path("id").asText();
        ObjectNode vips = plan.network().vips(cluster);
        OnceOnly.Look<JsonNode> look = () -> Optional.of(service.cluster(id))
                .filter(c -> Settings.differing(vips, c).isEmpty());
        service.onceOnly().make(look, () -> service.updateCluster(id, vips));
        if (look.at().isEmpty()) {
            throw new Cli.Failure("the service did not keep the virtual addresses");
        }
        return "API " + String.join(", ", plan.network().apiVips()) + ", ingress "
                + String.join(", ", plan.network().ingressVips());
    }

    private String disks(JsonNode cluster, Map<String, HostPlan> own) throws IOException {
        List<String> words = new ArrayList<>();
        for (JsonNode host : cluster.path("hosts")) {
            HostInventory inventory = HostInventory.of(host);
            HostPlan given = own.get(host.path("id").asText());
            String wanted = given == null || given.disk() == null ? plan.disk() : given.disk();
            if (wanted == null) {
                words.add(inventory.chosen().map(HostInventory::words).orElse("none") + ", chosen by the service");
                if (inventory.hasChoice()) {
                    Cli.warn("host " + inventory.name() + " has other disks too; --disk chooses");
                }
                continue;
            }
            JsonNode disk = inventory.disk(wanted);
            String id = disk.path("id").asText();
            set(host, "", ClusterPlan.diskParameters(id), h -> h.path("installation_disk_id").asText().equals(id),
                    "installation disk");
            words.add(HostInventory.words(disk));
        }
        return String.join("; ", words);
    }

    /** Several nodes with user-managed networking need none, and a service of 2022 refuses one. */
    private String machineNetwork(JsonNode cluster) throws IOException {
        if (plan.nodes() > 1 && plan.machineNetwork() == null) {
            return "each host's own";
        }
        String cidr = plan.machineNetwork() != null ? plan.machineNetwork()
                : HostInventory.of(cluster.path("hosts").path(0)).machineNetwork();
        for (JsonNode host : cluster.path("hosts")) { // the service takes any, and the host turns insufficient
            HostInventory inventory = HostInventory.of(host);
            if (!inventory.isIn(cidr)) {
                throw new Cli.Failure("host " + inventory.name() + " has no address in " + cidr + " but "
                        + inventory.addressWords() + "; give the right --machine-network");
            }
        }
        JsonNode networks = ClusterPlan.machineNetworkParameters(cidr).path("machine_networks");
        String id = cluster.path("id").asText();
        JsonNode kept = service.onceOnly().make(() -> Optional.of(service.cluster(id)).filter(c -> same(networks, c)),
                () -> service.updateCluster(id, ClusterPlan.machineNetworkParameters(cidr))).result();
        if (!same(networks, kept)) {
            throw new Cli.Failure("the service did not keep the machine network " + cidr + " but "
                    + kept.path("machine_networks"));
        }
        return cidr + (plan.machineNetwork() == null ? ", the default route's" : "");
    }

    private static boolean same(JsonNode networks, JsonNode cluster) {
        JsonNode kept = cluster.path("machine_networks");
        return kept.size() == 1 && kept.path(0).path("cidr").equals(networks.path(0).path("cidr"));
    }

    /** Sends it unless the host has it. Unknown fields are accepted in silence, so what was sent is looked for. */
    private void set(JsonNode host, String part, JsonNode parameters, Predicate<JsonNode> has, String what)
            throws IOException {
        String env = host.path("infra_env_id").asText();
        String id = host.path("id").asText();
        JsonNode kept = service.onceOnly().make(() -> Optional.of(service.host(env, id)).filter(has), () -> {
            service.updateHost(env, id, part, parameters);
            return service.host(env, id);
        }).result();
        if (!has.test(kept)) {
            throw new Cli.Failure("the service did not keep the " + what + " of host " + HostInventory.of(host).name());
        }
    }
}
