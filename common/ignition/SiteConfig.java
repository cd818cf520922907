package common.ignition;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES FileContents.java
//SOURCES IgnitionFiles.java
//SOURCES IgnitionOverride.java
//SOURCES YamlEdits.java

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.Json;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;

/**
 * A ZTP site: {@code SiteConfig} (ran.openshift.io, {@code spec.clusters[]}) or {@code ClusterInstance}
 * (siteconfig.open-cluster-management.io, {@code spec}). Both have {@code ignitionConfigOverride} for discovery and
 * {@code nodes[]} with {@code installerArgs} and {@code ignitionConfigOverride}, all of them JSON in a string.
 *
 * <p>The siteconfig operator puts a ClusterInstance's strings between single quotes of a YAML template and parses that;
 * what we write is ASCII without a single quote or an empty line. Both operators hand a node's override on as an
 * annotation of its BareMetalHost; the annotations of a Kubernetes object have 256 KiB together
 * (apimachinery, {@code TotalAnnotationSizeLimitB}), and an object has 1.5 MB (etcd, {@code --max-request-bytes}).
 */
public final class SiteConfig {
    private static final String OVERRIDE = "ignitionConfigOverride";
    private static final String ARGS = "installerArgs";
    private static final String SAVE = "--save-partlabel";
    /** Bytes of one override: what annotations may have, less 16 KiB for the installer arguments and others. */
    private static final int LARGEST_OVERRIDE = 240 << 10;
    /** Bytes of all overrides of a document: what an object may have, less 100 kB for the rest of it. */
    private static final int LARGEST_DOCUMENT = 1_400_000;

    private final YamlEdits yaml;
    private final IgnitionOverride discovery;
    private final IgnitionOverride pointer;
    private final Set<String> labels;
    private final List<String> changes = new ArrayList<>();
    private long documentBytes;

    private SiteConfig(YamlEdits yaml, IgnitionOverride discovery, IgnitionOverride pointer, String label) {
        this.yaml = yaml;
        this.discovery = discovery;
        this.pointer = pointer;
        this.labels = new TreeSet<>(discovery.labels());
        labels.addAll(pointer.labels());
        labels.add(label);
    }

    /**
     * @param text the new file
     * @param changes what was done, in words
     */
    public record Merged(String text, List<String> changes) {
    }

    /**
     * Merges our overrides and arguments into a file's text. Throws {@link Cli.Failure} when there is nothing to merge
     * them into, when what is there would remove the staged partition, and when the result is too large to be handed on.
     *
     * @param where names the file in errors
     * @param label of the staged partition, which is saved whatever the overrides say
     */
    public static Merged merge(String text, String where, IgnitionOverride discovery, IgnitionOverride pointer,
            String label) {
        SiteConfig site = new SiteConfig(new YamlEdits(text, where), discovery, pointer, label);
        boolean found = false;
        for (Node document : site.yaml.documents()) {
            found |= document instanceof MappingNode map && site.document(map);
        }
        if (!found) {
            throw new Cli.Failure(where + ": no SiteConfig and no ClusterInstance in it");
        }
        return new Merged(site.yaml.result(), site.changes);
    }

    private boolean document(MappingNode document) {
        String kind = yaml.value(document, "kind").map(YamlEdits::scalar).orElse("");
        if (!Set.of("SiteConfig", "ClusterInstance").contains(kind)) {
            return false;
        }
        MappingNode spec = yaml.as(yaml.value(document, "spec").orElse(document), MappingNode.class,
                "spec is not a mapping");
        List<MappingNode> clusters = kind.equals("SiteConfig") ? yaml.list(spec, "clusters") : List.of(spec);
        if (clusters.isEmpty()) {
            throw yaml.failure(spec, "nothing to do: this SiteConfig has no clusters");
        }
        documentBytes = 0;
        for (MappingNode cluster : clusters) {
            String name = yaml.value(cluster, "clusterName").map(YamlEdits::scalar).orElse("?");
            List<MappingNode> nodes = yaml.list(cluster, "nodes");
            if (nodes.isEmpty()) {
                throw yaml.failure(cluster, "nothing to do: cluster " + name + " has no nodes");
            }
            installedByAgent(cluster, "cluster " + name);
            override(cluster, "cluster " + name, discovery, null);
            for (MappingNode node : nodes) {
                String host = "node " + yaml.value(node, "hostName").map(YamlEdits::scalar).orElse("?") + " of " + name;
                installedByAgent(node, host);
                keepsDisk(node, host);
                override(node, host, pointer, rootDevice(node));
                args(node, host);
            }
        }
        if (documentBytes > LARGEST_DOCUMENT) {
            throw yaml.failure(document, "the overrides have " + documentBytes + " bytes together, and a Kubernetes object "
                    + "takes 1.5 MB; split the clusters over several files");
        }
        return true;
    }

    /** Image-based installation writes a finished disk: its templates use neither overrides nor installer arguments. */
    private void installedByAgent(MappingNode map, String what) {
        for (MappingNode template : yaml.list(map, "templateRefs")) {
            String name = yaml.value(template, "name").map(YamlEdits::scalar).orElse("");
            if (name.startsWith("ibi-")) {
                throw yaml.failure(template, what + ": image-based installation (" + name + ") uses neither "
                        + OVERRIDE + " nor " + ARGS + "; use the templates of the Assisted Installer (ai-...), or put the "
                        + "images into the seed image");
            }
            if (!name.startsWith("ai-")) {
                changes.add("warning: " + what + ": template " + name + " has to use " + OVERRIDE + " and " + ARGS);
            }
        }
    }

    /** Refuses what the provisioning does to the disk before the installer runs. */
    private void keepsDisk(MappingNode node, String what) {
        yaml.value(node, "automatedCleaningMode").filter(v -> !YamlEdits.scalar(v).equals("disabled")).ifPresent(v -> {
            throw yaml.failure(v, what + ": automatedCleaningMode " + YamlEdits.scalar(v)
                    + " removes the staged partition before the installation; set it to disabled");
        });
        for (MappingNode disk : yaml.list(node, "diskPartition")) {
            for (String key : List.of("wipe_table", "wipeTable")) {
                yaml.value(disk, key).filter(v -> YamlEdits.scalar(v).equalsIgnoreCase("true")).ifPresent(v -> {
                    throw yaml.failure(v, what + ": diskPartition: " + key + " removes the staged partition; take it out");
                });
            }
        }
    }

    private String rootDevice(MappingNode node) {
        return yaml.value(node, "rootDeviceHints").filter(MappingNode.class::isInstance).map(MappingNode.class::cast)
                .flatMap(hints -> yaml.value(hints, "deviceName")).map(YamlEdits::scalar).orElse(null);
    }

    private void override(MappingNode map, String what, IgnitionOverride ours, String disk) {
        Optional<JsonNode> there = json(map, OVERRIDE);
        ObjectNode merged = Json.object();
        there.ifPresent(config -> {
            try {
                IgnitionOverride.of(config.toString(), OVERRIDE);
            } catch (Cli.Failure e) {
                throw yaml.failure(yaml.value(map, OVERRIDE).orElse(map), what + ": " + e.getMessage());
            }
            merged.setAll((ObjectNode) config.deepCopy());
            IgnitionFiles.removeOurs(merged);
        });
        String version = newer(merged.path("ignition").path("version").asText("3.1.0"),
                ours.config().path("ignition").path("version").asText());
        add(merged, ours.config());
        merged.withObject("/ignition").put("version", version);
        List<String> removals = IgnitionOverride.removals(merged, labels, disk);
        if (!removals.isEmpty()) {
            throw yaml.failure(yaml.value(map, OVERRIDE).orElse(map), what + ": " + OVERRIDE + ": "
                    + String.join(", ", removals) + " would remove the staged partition; take it out");
        }
        if (written(merged).length() > LARGEST_OVERRIDE) {
            FileContents.compress(merged);
        }
        int bytes = written(merged).length();
        if (bytes > LARGEST_OVERRIDE) {
            throw yaml.failure(map, what + ": " + OVERRIDE + " would have " + bytes + " bytes with its files compressed; "
                    + "it travels in an annotation, and annotations have 256 KiB together");
        }
        documentBytes += bytes;
        set(map, OVERRIDE, there, merged, what);
    }

    private void args(MappingNode node, String what) {
        Optional<JsonNode> there = json(node, ARGS);
        ArrayNode merged = Json.object().putArray(ARGS);
        List<String> words = new ArrayList<>();
        there.ifPresent(args -> args.forEach(a -> {
            merged.add(a);
            words.add(a.asText());
        }));
        for (String label : labels) {
            if (!IgnitionOverride.saves(words, label)) {
                merged.add(SAVE).add(label);
            }
        }
        if (!words.contains("--copy-network") && !words.contains("-n")) { // long and short form of one option
            merged.add("--copy-network");
        }
        set(node, ARGS, there, merged, what);
    }

    private Optional<JsonNode> json(MappingNode map, String key) {
        return yaml.value(map, key).filter(v -> !(v instanceof ScalarNode s && s.getValue().isBlank())).map(v -> {
            String text = yaml.as(v, ScalarNode.class, key + ": not a string").getValue();
            try {
                JsonNode json = Json.parse(text.getBytes(StandardCharsets.UTF_8), key);
                if (json.isObject() == key.equals(OVERRIDE) && json.isArray() == key.equals(ARGS)) {
                    return json;
                }
            } catch (Cli.Failure e) {
                throw yaml.failure(v, key + ": not JSON" + e.getMessage().replaceFirst("^[^:]*(:\\d+)?", ""));
            }
            throw yaml.failure(v, key + ": not a JSON " + (key.equals(ARGS) ? "list" : "object"));
        });
    }

    /** One that says the same already keeps its text, if the operator can read it. */
    private void set(MappingNode map, String key, Optional<JsonNode> there, JsonNode merged, String what) {
        boolean same = there.isPresent() && there.get().equals(merged)
                && yaml.value(map, key).map(YamlEdits::scalar).orElse("").chars().allMatch(SiteConfig::isPlain);
        String value = written(merged);
        changes.add(what + ": " + key + (same ? " is there already" : there.isPresent() ? " merged" : " added")
                + (merged.isArray() || same ? "" : ", " + value.length() + " bytes"));
        if (!same) {
            yaml.set(map, key, value, List.of("clusterName", "hostName"));
        }
    }

    /** JSON with an escape for what does not survive between the single quotes of a YAML text. */
    private static String written(JsonNode json) {
        StringBuilder text = new StringBuilder();
        String plain = json.isArray() ? json.toString() : new String(Json.pretty(json), StandardCharsets.UTF_8).strip();
        for (char c : plain.toCharArray()) {
            text.append(isPlain(c) ? String.valueOf(c) : String.format("\\u%04x", (int) c));
        }
        return text.toString();
    }

    private static boolean isPlain(int c) {
        return c >= ' ' && c < 0x7f && c != '\'' || c == '\n';
    }

    private static String newer(String a, String b) {
        return Integer.parseInt(a.split("[.-]")[1]) >= Integer.parseInt(b.split("[.-]")[1]) ? a : b;
    }

    /** As Ignition merges: maps by key, entries of lists by their name or path, others appended. */
    private static void add(ObjectNode into, JsonNode from) {
        from.properties().forEach(field -> {
            JsonNode there = into.get(field.getKey());
            if (there instanceof ObjectNode map && field.getValue().isObject()) {
                add(map, field.getValue());
            } else if (there instanceof ArrayNode list && field.getValue().isArray()) {
                field.getValue().forEach(entry -> add(list, entry));
            } else {
                into.set(field.getKey(), field.getValue().deepCopy());
            }
        });
    }

    private static void add(ArrayNode list, JsonNode entry) {
        for (JsonNode there : list) {
            for (String key : List.of("name", "path", "device")) {
                if (entry.hasNonNull(key) && entry.path(key).equals(there.path(key))) {
                    add((ObjectNode) there, entry);
                    return;
                }
            }
            if (there.equals(entry)) {
                return;
            }
        }
        list.add(entry.deepCopy());
    }
}
