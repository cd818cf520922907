package common.assisted;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;

/** A host as the Assisted Installer knows it: its names, and the inventory that its agent sent (a JSON string). */
final class HostInventory {
    /** The JDK would take shorter forms of IPv4 too. */
    private static final String ADDRESS = "(\\d{1,3}\\.){3}\\d{1,3}|[0-9a-fA-F:]*:[0-9a-fA-F:.]*";

    private final JsonNode host;
    private final JsonNode inventory;

    private HostInventory(JsonNode host, JsonNode inventory) {
        this.host = host;
        this.inventory = inventory;
    }

    static HostInventory of(JsonNode host) {
        byte[] inventory = host.path("inventory").asText().getBytes(StandardCharsets.UTF_8);
        return new HostInventory(host, inventory.length == 0 ? Json.object()
                : Json.parse(inventory, "inventory of host " + host.path("id").asText()));
    }

    String name() {
        return Stream.of(host.path("requested_hostname"), inventory.path("hostname"), host.path("id"))
                .map(JsonNode::asText).filter(n -> !n.isEmpty()).findFirst().orElse("?");
    }

    /** Whether that is its name, its id, one of its MAC addresses or its serial number. */
    boolean is(String which) {
        return Stream.concat(Stream.of(name(), host.path("id").asText(), serial()), macs().stream())
                .anyMatch(which::equalsIgnoreCase);
    }

    /** Whether its agent has not sent anything yet. */
    boolean isEmpty() {
        return inventory.isEmpty();
    }

    String serial() {
        return inventory.path("system_vendor").path("serial_number").asText();
    }

    List<String> macs() {
        List<String> macs = new ArrayList<>();
        inventory.path("interfaces").forEach(i -> macs.add(i.path("mac_address").asText()));
        return macs;
    }

    /** For a person who must tell it from others. */
    String identity() {
        return name() + " (" + Stream.concat(Stream.of(host.path("id").asText(), "serial " + serial()), macs().stream())
                .collect(Collectors.joining(", ")) + ")";
    }

    /** The disks that the service would install on. */
    private List<JsonNode> eligible() {
        List<JsonNode> disks = new ArrayList<>();
        inventory.path("disks").forEach(disks::add);
        disks.removeIf(d -> !d.path("installation_eligibility").path("eligible").asBoolean());
        return disks;
    }

    boolean hasChoice() {
        return eligible().size() > 1;
    }

    /** A disk by path, by-id or by-path name, serial, WWN, or {@code smallest}; throws {@link Cli.Failure}. */
    JsonNode disk(String wanted) {
        if (wanted.equals("smallest")) {
            return eligible().stream().min(Comparator.comparingLong(d -> d.path("size_bytes").asLong()))
                    .orElseThrow(() -> new Cli.Failure("host " + name() + ": no disk to install on of " + disks()));
        }
        List<JsonNode> found = new ArrayList<>();
        for (JsonNode disk : inventory.path("disks")) {
            if (Stream.of("path", "id", "by_id", "by_path", "serial", "wwn", "name")
                    .anyMatch(key -> disk.path(key).asText().equals(wanted))) {
                found.add(disk);
            }
        }
        if (found.size() != 1) {
            throw new Cli.Failure("host " + name() + ": " + (found.isEmpty() ? "no disk is " : "several disks are ")
                    + wanted + "; it has " + disks());
        }
        JsonNode eligibility = found.get(0).path("installation_eligibility");
        if (!eligibility.path("eligible").asBoolean()) {
            throw new Cli.Failure("host " + name() + ": " + wanted + " cannot be installed on: "
                    + eligibility.path("not_eligible_reasons"));
        }
        return found.get(0);
    }

    /** The disk that the service installs on as things are. */
    Optional<JsonNode> chosen() {
        return eligible().stream().filter(d -> d.path("id").asText().equals(host.path("installation_disk_id").asText()))
                .findFirst();
    }

    static String words(JsonNode disk) {
        return "%s (%s, %.0f GB, serial %s)".formatted(disk.path("path").asText(), disk.path("drive_type").asText("?"),
                disk.path("size_bytes").asLong() / 1e9, disk.path("serial").asText("?"));
    }

    private String disks() {
        List<String> words = new ArrayList<>();
        inventory.path("disks").forEach(d -> words.add(words(d)));
        return words.isEmpty() ? "none" : String.join(", ", words);
    }

    /** The network of the interface with the default route, IPv4 first: its address with the host bits cleared. */
    String machineNetwork() {
        for (String key : List.of("ipv4_addresses", "ipv6_addresses")) {
            String any = key.equals("ipv4_addresses") ? "0.0.0.0" : "::";
            for (JsonNode route : inventory.path("routes")) {
                if (route.path("destination").asText().replaceFirst("/0$", "").equals(any)) {
                    Optional<String> address = addresses(route.path("interface").asText(), key).findFirst();
                    if (address.isPresent()) {
                        return network(address.get());
                    }
                }
            }
        }
        throw new Cli.Failure("host " + name() + ": no address beside a default route; give --machine-network");
    }

    boolean isIn(String cidr) {
        return Stream.of("ipv4_addresses", "ipv6_addresses").flatMap(key -> addresses(null, key))
                .anyMatch(a -> a.contains(":") == cidr.contains(":")
                        && network(a.replaceFirst("/.*", "") + cidr.replaceFirst("[^/]*", "")).equals(network(cidr)));
    }

    String addressWords() {
        return Stream.of("ipv4_addresses", "ipv6_addresses").flatMap(key -> addresses(null, key))
                .collect(Collectors.joining(", "));
    }

    private Stream<String> addresses(String nic, String key) {
        List<String> addresses = new ArrayList<>();
        for (JsonNode i : inventory.path("interfaces")) {
            if (nic == null || i.path("name").asText().equals(nic)) {
                i.path(key).forEach(a -> addresses.add(a.asText()));
            }
        }
        return addresses.stream();
    }

    /** Whether that is an address or a network with its prefix. */
    static boolean isNetwork(String cidr) {
        try {
            return !network(cidr).isEmpty();
        } catch (Cli.Failure e) {
            return false;
        }
    }

    /** 192.168.126.10/24 -> 192.168.126.0/24. Throws {@link Cli.Failure} on what is no CIDR. */
    static String network(String cidr) {
        String[] parts = cidr.split("/");
        try {
            if (parts.length == 2 && parts[0].matches(ADDRESS) && parts[1].matches("\\d{1,3}")) {
                byte[] address = InetAddress.getByName(parts[0]).getAddress();
                int host = address.length * 8 - Integer.parseInt(parts[1]);
                if (host >= 0) {
                    byte[] cleared = new BigInteger(1, address).shiftRight(host).shiftLeft(host).toByteArray();
                    byte[] network = new byte[address.length];
                    for (int i = 1; i <= Math.min(network.length, cleared.length); i++) {
                        network[network.length - i] = cleared[cleared.length - i];
                    }
                    return InetAddress.getByAddress(network).getHostAddress().toLowerCase(Locale.ROOT) + "/" + parts[1];
                }
            }
        } catch (UnknownHostException e) {
            // said below
        }
        throw new Cli.Failure(Cli.USAGE, cidr + ": not a network; 192.0.2.0/24 is one");
    }
}
