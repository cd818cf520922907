package common.ignition;

//SOURCES ../cli/Json.java
//SOURCES ../cli/ScriptFolder.java
//SOURCES ../disk/PartitionLabel.java
//SOURCES ../oci/Digest.java

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Json;
import common.cli.ScriptFolder;
import common.disk.PartitionLabel;
import common.oci.Digest;

/**
 * The Ignition configs that make a server load its staged images, rendered from the plain files in
 * ignition-files/units. Same input, same bytes.
 *
 * @param units the folder with the plain files
 * @param label of the data partition; the plain files say {@code @PARTITION@} for it, with the inventory
 * @param inventory that the partition must have: the sha256 of its inventory.json; null: any
 * @param sshKeys of user core, as in authorized_keys; none for a file that others may see
 * @param also names that a site has for the same images, as registry.java takes them
 */
public record IgnitionFiles(Path units, PartitionLabel label, Digest inventory, Mode mode, List<String> sshKeys,
        List<String> also) {
    /** The oldest that OpenShift 4.10 takes; later 3.x versions keep its meaning. */
    private static final String SPEC = "3.1.0";
    /** 0755: JSON has no octal numbers. */
    private static final int MODE = 493;

    /** Where a config applies; the name is that of the image set it loads. */
    public enum Stage {
        /** The discovery system, in RAM. */
        AI("discovery", "ignition_config_override"),
        /** The installed system. */
        OCP("pointer", "config");

        /** Of the files: NAME.ign and NAME.patch. */
        public final String file;
        /** Of the request body: carries the config as a string. */
        private final String field;

        Stage(String file, String field) {
            this.file = file;
            this.field = field;
        }
    }

    /**
     * How images come into the node, in the words of curl-all: LOAD unpacks all of them into its storage; with each of the
     * others the node mounts store.sqfs if the partition has it, and loads only what that lacks.
     */
    public enum Mode { AUTO, LOAD, STORE, BOTH }

    /**
     * One plain file, or folder, and what becomes of it.
     *
     * @param source in {@link #units}; of a folder, its path on the node
     * @param unit that it is, or that it is a drop-in of; null: a program or a folder
     * @param stages that need it
     * @param mode LOAD: in every mode; STORE: in all but load
     */
    private record Part(String source, String unit, Set<Stage> stages, Mode mode) {
        boolean isDropin() {
            return source.contains(".d/");
        }

        boolean isFolder() {
            return source.startsWith("/");
        }

        String fileName() {
            return source.substring(source.indexOf('/') + 1);
        }

        String path() {
            return isFolder() ? source : "/usr/local/bin/" + source;
        }
    }

    private static final Set<Stage> BOTH = EnumSet.allOf(Stage.class);
    private static final List<Part> PARTS = List.of(
            unit("precache-data.service", BOTH),
            new Part("precache-data", null, BOTH, Mode.LOAD),
            unit("precache-images.service", Set.of(Stage.AI)),
            unit("precache-ocp-images.service", Set.of(Stage.OCP)),
            unit("precache-registry.socket", BOTH),
            unit("precache-registry.service", BOTH),
            unit("precache-mirrors.path", BOTH),
            unit("precache-mirrors.service", BOTH),
            new Part("precache-mirrors", null, BOTH, Mode.LOAD),
            new Part("precache-off", null, Set.of(Stage.OCP), Mode.LOAD),
            new Part("/var/lib/precache/store", null, BOTH, Mode.STORE),
            new Part("precache-store", null, BOTH, Mode.STORE),
            dropin("precache-data.service.d/20-discovery-store.conf", "precache-data.service", Set.of(Stage.AI),
                    Mode.STORE),
            dropin("precache-data.service.d/20-installed-store.conf", "precache-data.service", Set.of(Stage.OCP),
                    Mode.STORE),
            withPodman("machine-config-daemon-pull.service"),
            withPodman("machine-config-daemon-firstboot.service"),
            withPodman("nodeip-configuration.service"));
    /** What earlier versions of this class put into a config. */
    private static final Set<String> FORMER_UNITS = Set.of("var-mnt.mount", "run-precache-store.mount");
    private static final Set<String> FORMER_DROPINS = Set.of("10-precache.conf", "20-precache-store.conf");
    private static final Set<String> FORMER_PROGRAMS = Set.of("/usr/local/bin/precache-mcd-pull");

    public IgnitionFiles(Path units, PartitionLabel label, Digest inventory, Mode mode, List<String> sshKeys) {
        this(units, label, inventory, mode, sshKeys, List.of());
    }

    private static Part unit(String name, Set<Stage> stages) {
        return new Part(name, name, stages, Mode.LOAD);
    }

    private static Part dropin(String source, String unit, Set<Stage> stages, Mode mode) {
        return new Part(source, unit, stages, mode);
    }

    /** A service of the installed system that runs podman. */
    private static Part withPodman(String service) {
        return dropin("node-services.d/20-precache-store.conf", service, Set.of(Stage.OCP), Mode.STORE);
    }

    /** From this repository's units. */
    public static IgnitionFiles of(PartitionLabel label, Digest inventory, Mode mode, List<String> sshKeys,
            List<String> also) {
        return new IgnitionFiles(ScriptFolder.beside(Path.of("ignition-files/units")), label, inventory, mode, sshKeys,
                also);
    }

    /** The Ignition config of a stage. */
    public ObjectNode config(Stage stage) {
        ObjectNode config = Json.object();
        config.putObject("ignition").put("version", SPEC);
        if (!sshKeys.isEmpty()) {
            ObjectNode core = config.putObject("passwd").putArray("users").addObject().put("name", "core");
            sshKeys.forEach(core.putArray("sshAuthorizedKeys")::add);
        }
        Map<String, ObjectNode> units = new TreeMap<>();
        for (Part part : PARTS) {
            if (!part.stages.contains(stage) || part.mode == Mode.STORE && mode == Mode.LOAD) {
                continue;
            }
            if (part.isFolder()) {
                config.withObject("/storage").withArray("directories").addObject().put("path", part.path())
                        .put("mode", MODE);
                continue;
            }
            String text = text(part.source);
            if (part.unit == null) {
                config.withObject("/storage").withArray("files").add(program(part.path(), text));
                continue;
            }
            ObjectNode unit = units.computeIfAbsent(part.unit, n -> Json.object().put("name", n));
            if (part.isDropin()) {
                unit.withArray("dropins").addObject().put("name", part.fileName()).put("contents", text);
            } else {
                if (text.contains("\n[Install]\n")) {
                    unit.put("enabled", true);
                }
                unit.put("contents", text);
            }
        }
        units.values().forEach(config.putObject("systemd").putArray("units")::add);
        return config;
    }

    /**
     * The MachineConfig that gives the partition back on an installed node (machineconfiguration.openshift.io/v1).
     *
     * @param role of the machine config pool: master, on a single node
     */
    public ObjectNode off(String role) {
        ObjectNode machineConfig = Json.object().put("apiVersion", "machineconfiguration.openshift.io/v1")
                .put("kind", "MachineConfig");
        machineConfig.putObject("metadata").put("name", "99-" + role + "-precache-off").putObject("labels")
                .put("machineconfiguration.openshift.io/role", role);
        ObjectNode config = machineConfig.putObject("spec").putObject("config");
        config.putObject("ignition").put("version", SPEC);
        config.withObject("/storage").withArray("files").add(program("/usr/local/bin/precache-off", text("precache-off")));
        config.withObject("/systemd").withArray("units").addObject().put("name", "precache-off.service")
                .put("enabled", true).put("contents", text("precache-off.service"));
        return machineConfig;
    }

    /** The body of the Assisted Installer request that carries the stage's config as a string. */
    public ObjectNode patch(Stage stage) {
        return Json.object().put(stage.field, config(stage).toString());
    }

    /** The arguments that make coreos-installer leave the data partition alone. */
    public List<String> installerArgs() {
        return List.of("--save-partlabel", label.name(), "--copy-network");
    }

    /** Removes from any Ignition config what this class puts into one, whatever the label and mode were. */
    public static void removeOurs(JsonNode config) {
        JsonNode units = config.path("systemd").path("units");
        for (Iterator<JsonNode> all = units.iterator(); all.hasNext();) {
            JsonNode unit = all.next();
            String name = unit.path("name").asText();
            boolean had = !unit.path("dropins").isEmpty();
            if (unit.path("dropins") instanceof ArrayNode dropins) {
                removeIf(dropins, "name", n -> FORMER_DROPINS.contains(n)
                        || PARTS.stream().anyMatch(p -> p.isDropin() && p.fileName().equals(n)));
            }
            boolean isOurs = FORMER_UNITS.contains(name)
                    || PARTS.stream().anyMatch(p -> !p.isDropin() && name.equals(p.unit));
            if (isOurs || had && unit.path("dropins").isEmpty() && !unit.has("contents") && !unit.has("enabled")) {
                all.remove();
            }
        }
        Predicate<String> ours = path -> FORMER_PROGRAMS.contains(path)
                || PARTS.stream().anyMatch(p -> p.unit == null && p.path().equals(path));
        removeIf(config.path("storage").path("files"), "path", ours);
        removeIf(config.path("storage").path("directories"), "path", ours);
    }

    private static void removeIf(JsonNode array, String key, Predicate<String> condition) {
        for (Iterator<JsonNode> all = array.iterator(); all.hasNext();) {
            if (condition.test(all.next().path(key).asText())) {
                all.remove();
            }
        }
    }

    private static ObjectNode program(String path, String text) {
        ObjectNode file = Json.object().put("path", path).put("mode", MODE).put("overwrite", true);
        file.putObject("contents").put("source", "data:text/plain;charset=utf-8;base64,"
                + Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8)));
        return file;
    }

    private String text(String source) {
        try {
            return Files.readString(units.resolve(source)).replace("@PARTITION@", label.device()
                    + (inventory == null ? "" : " " + inventory.hex()))
                    .replace("@ALSO@", also.isEmpty() ? "" : " --also " + String.join(" ", also));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
