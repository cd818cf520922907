package common.ignition;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
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
 */
public final class SiteConfig {
    private static final String OVERRIDE = "ignitionConfigOverride";
    private static final String ARGS = "installerArgs";
    private static final String SAVE = "--save-partlabel";

    private final YamlEdits yaml;
    private final IgnitionOverride discovery;
    private final IgnitionOverride pointer;
    private final List<String> changes = new ArrayList<>();

    private SiteConfig(YamlEdits yaml, IgnitionOverride discovery, IgnitionOverride pointer) {
        this.yaml = yaml;
        this.discovery = discovery;
        this.pointer = pointer;
    }

    /**
     * @param text the new file
     * @param changes what was done, in words
     */
    public record Merged(String text, List<String> changes) {
    }

    /** Merges our overrides and arguments into a file's text; {@code where} names the file in errors. */
    public static Merged merge(String text, String where, IgnitionOverride discovery, IgnitionOverride pointer) {
        SiteConfig site = new SiteConfig(new YamlEdits(text, where), discovery, pointer);
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
        MappingNode spec = yaml.as(yaml.value(document, "spec").orElse(document), MappingNode.class, "spec: no map");
        List<MappingNode> clusters = kind.equals("SiteConfig") ? yaml.list(spec, "clusters") : List.of(spec);
        for (MappingNode cluster : clusters) {
            String name = yaml.value(cluster, "clusterName").map(YamlEdits::scalar).orElse("?");
            override(cluster, "cluster " + name, discovery);
            for (MappingNode node : yaml.list(cluster, "nodes")) {
                String host = "node " + yaml.value(node, "hostName").map(YamlEdits::scalar).orElse("?") + " of " + name;
                override(node, host, pointer);
                args(node, host);
            }
        }
        return true;
    }

    private void override(MappingNode map, String what, IgnitionOverride ours) {
        Optional<JsonNode> there = json(map, OVERRIDE);
        ObjectNode merged = Json.object();
        there.ifPresent(config -> {
            IgnitionOverride.of(config.toString(), what + ": " + OVERRIDE);
            merged.setAll((ObjectNode) config.deepCopy());
            IgnitionFiles.removeOurs(merged);
        });
        String version = newer(merged.path("ignition").path("version").asText("3.0.0"),
                ours.config().path("ignition").path("version").asText());
        add(merged, ours.config());
        merged.withObject("/ignition").put("version", version);
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
        Set<String> labels = new TreeSet<>(discovery.labels());
        labels.addAll(pointer.labels());
        for (String label : labels) {
            if (!IgnitionOverride.saves(words, label)) {
                merged.add(SAVE).add(label);
            }
        }
        if (!words.contains("--copy-network")) {
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

    /** One that says the same already keeps its text. */
    private void set(MappingNode map, String key, Optional<JsonNode> there, JsonNode merged, String what) {
        boolean same = there.isPresent() && there.get().equals(merged);
        changes.add(what + ": " + key + (same ? " is there already" : there.isPresent() ? " merged" : " added"));
        if (!same) {
            String value = merged.isArray() ? merged.toString()
                    : new String(Json.pretty(merged), StandardCharsets.UTF_8);
            yaml.set(map, key, value, List.of("clusterName", "hostName"));
        }
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
