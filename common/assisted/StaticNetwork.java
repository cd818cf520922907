package common.assisted;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES HostInventory.java

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.Json;

/**
 * The network of hosts without DHCP, as aicli's {@code static_network_config} says it: for each host an nmstate document
 * and which of its names belong to which MAC address. {@code network_yaml} with {@code mac_interface_map}, or the keys
 * of nmstate themselves, where the map may come from each interface's {@code mac-address}.
 */
final class StaticNetwork {
    private static final String MAC = "([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}";
    private static final Set<String> STATE = Set.of("interfaces", "routes", "dns-resolver", "route-rules", "hostname",
            "ovn", "ovs-db", "dispatch", "capture", "desired");
    private static final Set<String> TYPES = Set.of("ethernet", "bond", "vlan", "linux-bridge", "ovs-bridge",
            "ovs-interface", "vxlan", "macvlan", "mac-vlan", "mac-vtap", "dummy", "veth", "vrf", "infiniband", "loopback",
            "team", "hsr", "macsec", "ipvlan", "unknown");

    private final String where;
    private final Set<String> macs = new HashSet<>();

    private StaticNetwork(String where) {
        this.where = where;
    }

    /** The service's list, {@code [{"network_yaml", "mac_interface_map": [{"mac_address", "logical_nic_name"}]}]}. */
    static ArrayNode of(JsonNode config, String where) {
        JsonNode hosts = config.path("static_network_config").isMissingNode() ? config
                : config.path("static_network_config");
        ArrayNode list = Json.object().putArray("hosts");
        StaticNetwork network = new StaticNetwork(where);
        if (hosts.isObject()) {
            list.add(network.host(hosts, 1));
        } else if (hosts.isArray() && !hosts.isEmpty()) {
            hosts.forEach(h -> list.add(network.host(h, list.size() + 1)));
        } else {
            throw new Cli.Failure(Cli.USAGE, where + ": a list with an entry for each host");
        }
        return list;
    }

    private ObjectNode host(JsonNode entry, int number) {
        if (!entry.isObject()) {
            throw wrong(number, "no map");
        }
        JsonNode given = entry.path("network_yaml");
        JsonNode state = given.isTextual() ? Json.parseYaml(given.asText().getBytes(StandardCharsets.UTF_8),
                where + ", host " + number + ", network_yaml") : given.isObject() ? given : entry;
        ObjectNode nmstate = state.deepCopy();
        nmstate.remove("mac_interface_map");
        nmstate.fieldNames().forEachRemaining(key -> {
            if (!STATE.contains(key)) {
                throw wrong(number, key + " is no key of nmstate");
            }
        });
        Set<String> needed = new TreeSet<>();
        ArrayNode own = Json.object().putArray("map");
        Set<String> names = interfaces(nmstate, number, needed, own);
        routes(nmstate, number, names);
        JsonNode map = entry.path("mac_interface_map").isEmpty() ? own : entry.path("mac_interface_map");
        map.forEach(m -> {
            String mac = m.path("mac_address").asText();
            if (!mac.matches(MAC) || m.path("logical_nic_name").asText().isEmpty()) {
                throw wrong(number, "mac_interface_map: " + m + " has no mac_address and logical_nic_name");
            }
            if (!macs.add(mac.toLowerCase(Locale.ROOT))) {
                throw wrong(number, "mac_interface_map: " + mac + " is there twice");
            }
            needed.remove(m.path("logical_nic_name").asText());
        });
        if (!needed.isEmpty() || map.isEmpty()) {
            throw wrong(number, "mac_interface_map has no MAC address of " + (needed.isEmpty() ? "any interface"
                    : String.join(", ", needed)));
        }
        ObjectNode host = Json.object().put("network_yaml", given.isTextual() ? given.asText() : nmstate.toString());
        host.set("mac_interface_map", map); // JSON is YAML
        return host;
    }

    /** Names of the interfaces; {@code needed}: the real ones; {@code own}: the MAC addresses that they state. */
    private Set<String> interfaces(JsonNode nmstate, int number, Set<String> needed, ArrayNode own) {
        Set<String> names = new HashSet<>();
        Set<String> used = new TreeSet<>();
        if (!nmstate.path("interfaces").isArray() || nmstate.path("interfaces").isEmpty()) {
            throw wrong(number, "has no interfaces");
        }
        for (JsonNode i : nmstate.path("interfaces")) {
            String name = i.path("name").asText();
            String type = i.path("type").asText("ethernet");
            if (name.isEmpty() || !names.add(name) || !TYPES.contains(type)) {
                throw wrong(number, name.isEmpty() ? "an interface has no name" : TYPES.contains(type)
                        ? "interface " + name + " is there twice" : "interface " + name + ": type " + type);
            }
            addresses(i, name, number);
            if (type.equals("ethernet")) {
                needed.add(name);
                if (i.path("mac-address").isTextual()) {
                    own.addObject().put("mac_address", i.path("mac-address").asText()).put("logical_nic_name", name);
                }
            }
            JsonNode bond = i.path("link-aggregation");
            JsonNode ports = bond.has("port") ? bond.path("port") : bond.path("slaves");
            if (type.equals("bond") && (bond.path("mode").asText().isEmpty() || ports.isEmpty())) {
                throw wrong(number, "bond " + name + ": link-aggregation has no mode or no port");
            }
            ports.forEach(p -> used.add(p.asText()));
            if (type.equals("vlan")) {
                int id = i.path("vlan").path("id").asInt(-1);
                if (id < 0 || id > 4094 || i.path("vlan").path("base-iface").asText().isEmpty()) {
                    throw wrong(number, "vlan " + name + ": vlan has no base-iface or no id from 0 to 4094");
                }
                used.add(i.path("vlan").path("base-iface").asText());
            }
        }
        used.removeAll(names);
        needed.addAll(used); // a port that is no entry of its own is a real one
        names.addAll(used);
        return names;
    }

    private void addresses(JsonNode i, String name, int number) {
        for (String family : new String[] {"ipv4", "ipv6"}) {
            JsonNode ip = i.path(family);
            for (JsonNode address : ip.path("address")) {
                String cidr = address.path("ip").asText() + "/" + address.path("prefix-length").asText();
                boolean isFamily = cidr.contains(":") == family.equals("ipv6");
                if (!isFamily || !HostInventory.isNetwork(cidr)) {
                    throw wrong(number, "interface " + name + ": " + cidr + " is no " + family + " address");
                }
            }
            if (ip.path("address").size() > 0 && ip.has("enabled") && !ip.path("enabled").asBoolean()) {
                throw wrong(number, "interface " + name + ": " + family + " has an address and is not enabled");
            }
        }
    }

    private void routes(JsonNode nmstate, int number, Set<String> names) {
        for (JsonNode route : nmstate.path("routes").path("config")) {
            String nic = route.path("next-hop-interface").asText();
            if (!names.contains(nic) || !HostInventory.isNetwork(route.path("destination").asText())) {
                throw wrong(number, "route " + route.path("destination").asText() + ": " + (names.contains(nic)
                        ? "the destination is no network" : "no interface is named " + nic));
            }
        }
    }

    private Cli.Failure wrong(int number, String what) {
        return new Cli.Failure(Cli.USAGE, where + ", host " + number + ": " + what);
    }
}
