package common.ignition;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES IgnitionStructure.java
//SOURCES FileContents.java

import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.Json;

/**
 * An Ignition 3.x config that is merged into another one: discovery.patch ({@code {"ignition_config_override": "..."}}),
 * pointer.patch ({@code {"config": "..."}}), or the plain .ign file.
 *
 * @param text the config as it is sent, a JSON document
 * @param config the same, parsed
 */
public record IgnitionOverride(String text, JsonNode config) {
    public static final String DISCOVERY_KEY = "ignition_config_override";
    public static final String POINTER_KEY = "config";
    /** The versions that assisted-service parses; it refuses any other when the cluster is already being made. */
    private static final Set<String> VERSIONS = Set.of("3.1.0", "3.2.0");
    private static final Pattern LABEL = Pattern.compile(
            "(?:/dev/disk/by-partlabel/|\\bPARTLABEL=[\"']?)([A-Za-z0-9_][A-Za-z0-9_.:=@+-]*)");

    /** Reads a patch, whose only key is {@code key}, or an .ign file; a {@link Cli.Failure} says what is wrong. */
    public static IgnitionOverride read(Path file, String key) {
        JsonNode patch = Json.read(file);
        if (patch.has("ignition")) {
            return of(patch.toString(), file.toString());
        }
        if (!patch.path(key).isTextual()) {
            String other = key.equals(POINTER_KEY) ? DISCOVERY_KEY : POINTER_KEY;
            throw new Cli.Failure(file + ": has no string \"" + key + "\"" + (patch.has(other) ? " but \"" + other
                    + "\": discovery and pointer are mixed up" : "; render.java makes such files"));
        }
        return of(patch.path(key).asText(), file + ": " + key);
    }

    /** Checks a config; {@code where} names it in errors. */
    public static IgnitionOverride of(String text, String where) {
        JsonNode config = Json.parse(text.getBytes(StandardCharsets.UTF_8), where);
        String version = config.path("ignition").path("version").asText("");
        if (!VERSIONS.contains(version)) {
            throw new Cli.Failure(where + ": " + (version.isEmpty() ? "no Ignition config (no ignition.version)"
                    : "Ignition " + version + "; the service takes 3.1.0 and 3.2.0 and no other"));
        }
        IgnitionStructure.fault(config).ifPresent(fault -> {
            throw new Cli.Failure(where + ": " + fault);
        });
        return new IgnitionOverride(text, config);
    }

    /** The same with one file more, which replaces one that is there. */
    public IgnitionOverride with(String path, String content) {
        ObjectNode more = config.deepCopy();
        ObjectNode file = more.withObject("/storage").withArray("files").addObject().put("path", path)
                .put("mode", 420).put("overwrite", true); // 0644
        file.putObject("contents").put("source", "data:text/plain;charset=utf-8;base64,"
                + Base64.getEncoder().encodeToString(content.getBytes(StandardCharsets.UTF_8)));
        return new IgnitionOverride(more.toString(), more);
    }

    /** Names of the units that it gives a content, and does not only add a drop-in to. */
    public List<String> wholeUnits() {
        List<String> names = new ArrayList<>();
        for (JsonNode unit : config.path("systemd").path("units")) {
            if (unit.has("contents")) {
                names.add(unit.path("name").asText());
            }
        }
        return names;
    }

    /** Names of the systemd units in it. */
    public List<String> units() {
        return texts(config.path("systemd").path("units"), "name");
    }

    /** Paths of the files in it. */
    public List<String> files() {
        return texts(config.path("storage").path("files"), "path");
    }

    /** The labels of the partitions that its units, their drop-ins and the files it writes name. */
    public Set<String> labels() {
        Set<String> labels = new TreeSet<>();
        for (JsonNode unit : config.path("systemd").path("units")) {
            addLabels(unit.path("contents").asText(), labels);
            unit.path("dropins").forEach(dropin -> addLabels(dropin.path("contents").asText(), labels));
        }
        for (JsonNode file : config.path("storage").path("files")) {
            FileContents.parts(file).forEach(part -> addLabels(FileContents.text(part), labels));
        }
        return labels;
    }

    private static void addLabels(String text, Set<String> labels) {
        for (Matcher what = LABEL.matcher(text); what.find();) {
            labels.add(what.group(1));
        }
    }

    /**
     * What in a config would remove a partition with one of the labels, or what is on it, in words; empty when nothing
     * would.
     *
     * @param installDisk the disk that has the partition; null when it is not known, then any disk may be it
     */
    public static List<String> removals(JsonNode config, Set<String> labels, String installDisk) {
        List<String> found = new ArrayList<>();
        JsonNode storage = config.path("storage");
        for (JsonNode disk : storage.path("disks")) {
            String device = disk.path("device").asText();
            boolean other = installDisk != null && !device.equals(installDisk) && parent(device).equals(parent(installDisk));
            if (disk.path("wipeTable").asBoolean() && !other) {
                found.add("storage.disks: wipeTable of " + device);
            }
            for (JsonNode partition : disk.path("partitions")) {
                boolean ours = partition.hasNonNull("label") ? labels.contains(partition.path("label").asText()) : !other;
                boolean gone = partition.path("wipePartitionEntry").asBoolean()
                        || !partition.path("shouldExist").asBoolean(true);
                if (ours && gone) {
                    found.add("storage.disks: partition " + partition.path("label").asText(
                            "number " + partition.path("number").asText("?")) + " of " + device);
                }
            }
        }
        for (JsonNode fs : storage.path("filesystems")) {
            if (fs.path("wipeFilesystem").asBoolean() && isOne(fs.path("device").asText(), labels)) {
                found.add("storage.filesystems: wipeFilesystem of " + fs.path("device").asText());
            }
        }
        for (JsonNode luks : storage.path("luks")) {
            if (isOne(luks.path("device").asText(), labels)) {
                found.add("storage.luks on " + luks.path("device").asText());
            }
        }
        for (JsonNode raid : storage.path("raid")) {
            raid.path("devices").forEach(device -> {
                if (isOne(device.asText(), labels)) {
                    found.add("storage.raid on " + device.asText());
                }
            });
        }
        return found;
    }

    /** Only names of one kind can be told apart: /dev/sda may be any /dev/disk/by-path/ link. */
    private static String parent(String device) {
        return device.substring(0, device.lastIndexOf('/') + 1);
    }

    private static boolean isOne(String device, Set<String> labels) {
        return labels.stream().anyMatch(label -> device.equals("/dev/disk/by-partlabel/" + label));
    }

    /** What of this is not, or not unchanged, in a config that it should have been merged into. */
    public List<String> missingIn(JsonNode merged) {
        List<String> missing = new ArrayList<>();
        for (JsonNode unit : config.path("systemd").path("units")) {
            JsonNode there = entry(merged.path("systemd").path("units"), "name", unit.path("name").asText());
            boolean same = (!unit.has("contents") || unit.path("contents").equals(there.path("contents")))
                    && (!unit.has("enabled") || unit.path("enabled").equals(there.path("enabled")));
            for (JsonNode dropin : unit.path("dropins")) {
                same &= dropin.path("contents").equals(
                        entry(there.path("dropins"), "name", dropin.path("name").asText()).path("contents"));
            }
            if (there.isMissingNode() || !same) {
                missing.add(unit.path("name").asText());
            }
        }
        for (JsonNode file : config.path("storage").path("files")) {
            JsonNode there = entry(merged.path("storage").path("files"), "path", file.path("path").asText());
            if (!file.path("contents").path("source").equals(there.path("contents").path("source"))) {
                missing.add(file.path("path").asText());
            }
        }
        return missing;
    }

    /**
     * Whether installer arguments save the partition with that label; coreos-installer takes globs, several in one
     * argument too: {@code --save-partlabel 'da*,x'}.
     */
    public static boolean saves(List<String> args, String label) {
        for (int i = 0; i < args.size(); i++) {
            String globs = args.get(i).startsWith("--save-partlabel=") ? args.get(i).substring(17)
                    : args.get(i).equals("--save-partlabel") && i + 1 < args.size() ? args.get(i + 1) : "";
            for (String glob : globs.split(",")) {
                try {
                    if (FileSystems.getDefault().getPathMatcher("glob:" + glob).matches(Path.of(label))) {
                        return true;
                    }
                } catch (PatternSyntaxException e) {
                    // no glob, so it saves nothing
                }
            }
        }
        return false;
    }

    private static JsonNode entry(JsonNode list, String key, String value) {
        for (JsonNode entry : list) {
            if (entry.path(key).asText().equals(value)) {
                return entry;
            }
        }
        return list.path("none");
    }

    private static List<String> texts(JsonNode list, String key) {
        List<String> texts = new ArrayList<>();
        list.forEach(entry -> texts.add(entry.path(key).asText()));
        return texts;
    }
}
