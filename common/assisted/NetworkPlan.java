package common.assisted;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES HostInventory.java

import java.util.List;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.Json;

/**
 * The cluster's networks. User-managed: the site has its own load balancer and DNS; else the cluster has virtual
 * addresses, one of each kind for each family.
 *
 * @param clusterNetworks {@code CIDR} or {@code CIDR/HOSTPREFIX}; empty: the service's
 * @param machineNetworks two for dual stack, IPv4 first; empty: as the hosts have them
 */
record NetworkPlan(boolean isUserManaged, List<String> apiVips, List<String> ingressVips, List<String> clusterNetworks,
        List<String> serviceNetworks, List<String> machineNetworks) {
    NetworkPlan {
        if (isUserManaged && !apiVips.isEmpty() || !isUserManaged && (apiVips.isEmpty() || ingressVips.isEmpty())
                || apiVips.size() != ingressVips.size()) {
            throw new Cli.Failure(Cli.USAGE, "--api-vip and --ingress-vip: both for a cluster that manages its network, "
                    + "as many of each, and none for a single node or with user-managed networking");
        }
        for (String vip : List.of(apiVips, ingressVips).stream().flatMap(List::stream).toList()) {
            if (!HostInventory.isNetwork(vip + (vip.contains(":") ? "/128" : "/32"))) {
                throw new Cli.Failure(Cli.USAGE, "--api-vip, --ingress-vip " + vip + ": not an address");
            }
        }
        for (String network : machineNetworks) {
            if (!HostInventory.network(network).equals(network) && !network.contains(":")) {
                throw new Cli.Failure(Cli.USAGE, "--machine-network " + network + ": has host bits; the network is "
                        + HostInventory.network(network));
            }
        }
        serviceNetworks.forEach(HostInventory::network);
        clusterNetworks.forEach(n -> HostInventory.network(n.replaceFirst("^([^/]+/\\d+)/\\d+$", "$1")));
        boolean isDual = machineNetworks.size() > 1;
        if (isDual && (machineNetworks.get(0).contains(":") || serviceNetworks.size() != 2 || clusterNetworks.size() != 2)) {
            throw new Cli.Failure(Cli.USAGE, "dual stack: two each of --machine-network, --cluster-network and "
                    + "--service-network, IPv4 first");
        }
    }

    boolean isDual() {
        return machineNetworks.size() > 1;
    }

    /** For registration and update. */
    ObjectNode settings() {
        ObjectNode settings = Json.object();
        for (String network : clusterNetworks) {
            String prefix = network.replaceFirst("^[^/]+/\\d+/?", "");
            settings.withArray("cluster_networks").addObject().put("cidr", network.replaceFirst("^([^/]+/\\d+).*", "$1"))
                    .put("host_prefix", prefix.isEmpty() ? network.contains(":") ? 64 : 23 : Integer.parseInt(prefix));
        }
        serviceNetworks.forEach(n -> settings.withArray("service_networks").addObject().put("cidr", n));
        if (isDual()) { // of one family the service takes none from a cluster that manages its network
            machineNetworks.forEach(n -> settings.withArray("machine_networks").addObject().put("cidr", n));
        }
        return settings;
    }

    /** The virtual addresses, in the words of the service that answered {@code cluster}: of 2022 it has one of each. */
    ObjectNode vips(JsonNode cluster) {
        ObjectNode vips = Json.object();
        if (!cluster.has("api_vips")) {
            return vips.put("api_vip", apiVips.get(0)).put("ingress_vip", ingressVips.get(0));
        }
        apiVips.forEach(ip -> vips.withArray("api_vips").addObject().put("ip", ip));
        ingressVips.forEach(ip -> vips.withArray("ingress_vips").addObject().put("ip", ip));
        return vips;
    }
}
