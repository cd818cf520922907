package common.assisted;

//SOURCES ../cli/Json.java
//SOURCES AicliParameters.java
//SOURCES NetworkPlan.java

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import picocli.CommandLine.Option;

/** The cluster's networks (picocli mixin); each is also a key of the parameter file. */
public final class NetworkOptions {
    @Option(names = "--machine-network", split = ",", paramLabel = "CIDR",
            description = "The hosts' network, two for dual stack (default: that of their default route).")
    private List<String> machineNetworks;

    @Option(names = "--cluster-network", split = ",", paramLabel = "CIDR[/PREFIX]",
            description = "Of the pods, and how much of it each host has.")
    private List<String> clusterNetworks;

    @Option(names = "--service-network", split = ",", paramLabel = "CIDR", description = "Of the services.")
    private List<String> serviceNetworks;

    @Option(names = "--api-vip", split = ",", paramLabel = "IP",
            description = "The cluster manages its network and has this address (default: the site manages it).")
    private List<String> apiVips;

    @Option(names = "--ingress-vip", split = ",", paramLabel = "IP", description = "The same of its ingress.")
    private List<String> ingressVips;

    /** {@code isSingleNode}: as aicli does, its virtual addresses are left out of the file. */
    NetworkPlan plan(AicliParameters file, boolean isSingleNode) {
        List<String> api = list(apiVips, isSingleNode ? null : first(file, "api_vips", "api_vip", "api_ip"), "ip");
        List<String> ingress = list(ingressVips, isSingleNode ? null
                : first(file, "ingress_vips", "ingress_vip", "ingress_ip"), "ip");
        JsonNode managed = file.node("user_managed_networking");
        return new NetworkPlan(managed != null ? managed.asBoolean() : api.isEmpty() && ingress.isEmpty(), api, ingress,
                list(clusterNetworks, first(file, "cluster_networks", "cluster_network_cidr"), "cidr"),
                list(serviceNetworks, first(file, "service_networks", "service_network_cidr"), "cidr"),
                list(machineNetworks, first(file, "machine_networks", "machine_network_cidr"), "cidr"));
    }

    private static JsonNode first(AicliParameters file, String... keys) {
        return Stream.of(keys).map(file::node).filter(n -> n != null).findFirst().orElse(null);
    }

    private static List<String> list(List<String> options, JsonNode inFile, String key) {
        if (options != null || inFile == null) {
            return options != null ? options : List.of();
        }
        List<String> list = new ArrayList<>();
        (inFile.isArray() ? inFile : List.of(inFile)).forEach(n -> {
            String prefix = n.path("host_prefix").asText(n.path("hostPrefix").asText());
            list.add(n.isObject() ? n.path(key).asText() + (prefix.isEmpty() ? "" : "/" + prefix) : n.asText());
        });
        return list;
    }
}
