package common.assisted;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../ignition/IgnitionOverride.java
//SOURCES AicliParameters.java
//SOURCES HostInventory.java
//SOURCES InstallerArgs.java

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.Json;
import common.ignition.IgnitionOverride;

/**
 * What one host is to be, an entry of {@code hosts} in the parameter file.
 *
 * @param identity MAC address, serial number or id that the host is known by; null: the next one that boots
 * @param settings the service's host_name, host_role, node_labels, as far as given
 * @param disk as {@code --disk}; null: as the cluster's
 * @param args installer arguments; null: as the cluster's
 * @param pointer config of the installed system; null: as the cluster's
 */
record HostPlan(String identity, ObjectNode settings, String disk, List<String> args, IgnitionOverride pointer) {
    private static final Set<String> KEYS = Set.of("name", "requested_hostname", "mac", "serial", "id", "role", "disk",
            "installation_disk_path", "extra_args", "installer_args", "ignition_file", "labels", "node_labels");
    private static final String HOSTNAME = "[a-z0-9][a-z0-9-]{0,62}([.][a-z0-9-]{1,63})*"; // the service's own pattern

    static List<HostPlan> of(AicliParameters file) {
        JsonNode entries = file.node("hosts");
        List<HostPlan> hosts = new ArrayList<>();
        if (entries == null) {
            return hosts;
        }
        Set<String> seen = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        for (JsonNode entry : entries) {
            entry.fieldNames().forEachRemaining(key -> {
                if (!KEYS.contains(key)) {
                    throw file.wrong("hosts: " + key + " is not done here; known: " + String.join(", ",
                            KEYS.stream().sorted().toList()));
                }
            });
            HostPlan host = of(entry, file);
            String name = host.settings.path("host_name").asText();
            if (host.identity != null && !seen.add(host.identity) || !name.isEmpty() && !seen.add("name " + name)) {
                throw file.wrong("hosts: " + (name.isEmpty() ? host.identity : name) + " is there twice");
            }
            hosts.add(host);
        }
        if (hosts.isEmpty()) {
            throw file.wrong("hosts: a list with an entry for each host");
        }
        return hosts;
    }

    private static HostPlan of(JsonNode entry, AicliParameters file) {
        ObjectNode settings = Json.object();
        String name = text(entry, "name", "requested_hostname");
        if (name != null) {
            settings.put("host_name", matching(file, "name", name, HOSTNAME));
        }
        String role = text(entry, "role");
        if (role != null) {
            settings.put("host_role", matching(file, "role", role, "auto-assign|master|worker"));
        }
        JsonNode labels = entry.has("node_labels") ? entry.path("node_labels") : entry.path("labels");
        for (JsonNode label : labels) {
            String text = label.isTextual() ? label.asText() : label.has("key") ? label.path("key").asText() + "="
                    + label.path("value").asText() : label.properties().stream().findFirst()
                            .map(p -> p.getKey() + "=" + p.getValue().asText()).orElse("");
            matching(file, "labels", text, "[\\w./-]+(=[\\w.-]*)?");
            settings.withArray("node_labels").addObject().put("key", text.replaceFirst("=.*", ""))
                    .put("value", text.contains("=") ? text.replaceFirst("[^=]*=", "") : "");
        }
        JsonNode args = entry.has("installer_args") ? entry.path("installer_args") : entry.path("extra_args");
        List<String> words = new ArrayList<>();
        args.forEach(a -> words.add(a.asText()));
        String ignition = text(entry, "ignition_file");
        return new HostPlan(text(entry, "mac", "serial", "id"), settings, text(entry, "disk", "installation_disk_path"),
                args.isMissingNode() ? null : args.isArray() ? InstallerArgs.check(words, "hosts: installer_args")
                        : InstallerArgs.parse(args.asText().replaceAll("-karg ", "-karg="), "hosts: extra_args"),
                ignition == null ? null : IgnitionOverride.read(Path.of(ignition), IgnitionOverride.POINTER_KEY));
    }

    private static String text(JsonNode entry, String... keys) {
        for (String key : keys) {
            if (entry.hasNonNull(key)) {
                return entry.path(key).asText();
            }
        }
        return null;
    }

    private static String matching(AicliParameters file, String key, String value, String pattern) {
        if (!value.matches(pattern)) {
            throw file.wrong("hosts: " + key + " " + value + ": not what the service takes there");
        }
        return value;
    }

    /** Which host is which, by id: first those with an identity, then the names that hosts have, then as they boot. */
    static Map<String, HostPlan> match(List<HostPlan> plans, JsonNode hosts) {
        List<JsonNode> free = new ArrayList<>();
        hosts.forEach(free::add);
        free.sort(Comparator.comparing(h -> h.path("created_at").asText()));
        List<HostPlan> open = new ArrayList<>(plans);
        Map<String, HostPlan> matched = new HashMap<>();
        for (HostPlan plan : plans) {
            String name = plan.settings.path("host_name").asText();
            String wanted = plan.identity != null ? plan.identity : name;
            Optional<JsonNode> found = free.stream().filter(h -> HostInventory.of(h).is(wanted)).findFirst();
            if (found.isPresent()) {
                free.remove(found.get());
                open.remove(plan);
                matched.put(found.get().path("id").asText(), plan);
            }
        }
        open.removeIf(plan -> plan.identity != null);
        for (int i = 0; i < Math.min(open.size(), free.size()); i++) {
            matched.put(free.get(i).path("id").asText(), open.get(i));
        }
        return matched;
    }
}
