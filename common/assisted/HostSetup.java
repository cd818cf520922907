package common.assisted;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/Steps.java
//SOURCES AssistedInstaller.java
//SOURCES ClusterPlan.java
//SOURCES HostInventory.java

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Steps;

/** What the hosts get before installation. Each setting is sent unless it is there already, and read back. */
public final class HostSetup {
    private final AssistedInstaller service;
    private final ClusterPlan plan;

    public HostSetup(AssistedInstaller service, ClusterPlan plan) {
        this.service = service;
        this.plan = plan;
    }

    /** {@code cluster}: with its hosts, as they are known. */
    public void apply(JsonNode cluster, Steps steps) throws IOException {
        steps.step("installer args", () -> {
            for (JsonNode host : cluster.path("hosts")) {
                set(host, "/installer-args", plan.installerArgsParameters(), plan::hasInstallerArgs, "installer args");
            }
            return String.join(" ", plan.installerArgs());
        });
        steps.step("host override", () -> {
            for (JsonNode host : cluster.path("hosts")) {
                set(host, "/ignition", plan.pointerParameters(), this::hasPointer, "ignition override");
            }
            return String.join(", ", plan.pointer().units());
        });
        steps.step("disk", () -> disks(cluster));
        steps.step("machine network", () -> machineNetwork(cluster));
    }

    private boolean hasPointer(JsonNode host) {
        return host.path("ignition_config_overrides").asText().equals(plan.pointer().text());
    }

    private String disks(JsonNode cluster) throws IOException {
        List<String> words = new ArrayList<>();
        for (JsonNode host : cluster.path("hosts")) {
            HostInventory inventory = HostInventory.of(host);
            if (plan.disk() == null) {
                words.add(inventory.chosen().map(HostInventory::words).orElse("none") + ", chosen by the service");
                if (inventory.hasChoice()) {
                    Cli.warn("host " + inventory.name() + " has other disks too; --disk chooses");
                }
                continue;
            }
            JsonNode disk = inventory.disk(plan.disk());
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
