package common.catalog;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES Catalog.java
//SOURCES PreCacheSpec.java

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.StreamSupport;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.catalog.Catalog.Selection;
import common.catalog.PreCacheSpec.Operators;
import common.cli.Cli;
import common.cli.Json;

/**
 * Reads oc-mirror's {@code ImageSetConfiguration}, {@code mirror.openshift.io/v1alpha2} and {@code v2alpha1}: platform,
 * operators, additionalImages, blockedImages. What it asks for beyond that is refused if it means images, else ignored
 * with a warning; an unknown key is refused, as oc-mirror does, since a typing error would stage something else.
 *
 * <p>Operators are chosen as oc-mirror v2 does (docs/features/filtering.md there): a catalog alone is the head of every
 * channel of every package, a package alone of its channels; a channel is its head; {@code minVersion} and {@code maxVersion}
 * are the versions between them, of every channel or of the one, see {@link MirroredSelection}; {@code full} is all.
 */
public final class ImageSetConfiguration {
    private static final List<String> VERSIONS =
            List.of("mirror.openshift.io/v1alpha2", "mirror.openshift.io/v2alpha1");

    /** Of all levels. */
    private static final List<String> KEYS = List.of("apiVersion", "kind", "metadata", "mirror", "storageConfig",
            "archiveSize", "platform", "operators", "additionalImages", "blockedImages", "helm", "samples", "graph", "channels",
            "architectures", "release", "kubeVirtContainer", "name", "type", "minVersion", "maxVersion", "shortestPath",
            "full", "catalog", "packages", "targetCatalog", "targetName", "targetTag", "targetRepo", "skipDependencies",
            "skipDeps", "originalRef", "targetCatalogSourceTemplate", "bundles", "defaultChannel", "minBundle", "platforms");

    private final Path file;
    private final boolean everyChannel;

    private ImageSetConfiguration(Path file, boolean everyChannel) {
        this.file = file;
        this.everyChannel = everyChannel;
    }

    /** Throws {@link Cli.Failure} on anything that is no such configuration, or that needs what we do not have. */
    public static PreCacheSpec read(Path file) {
        return read(file, true);
    }

    /** {@code everyChannel}: false takes a package without channels from its default channel alone. */
    public static PreCacheSpec read(Path file, boolean everyChannel) {
        JsonNode document = Json.readYaml(file);
        rename(document);
        return new ImageSetConfiguration(file, everyChannel).spec(document);
    }

    /** Go's decoder takes a key in other letters for the one that it knows; of both the exact one counts. */
    private static void rename(JsonNode node) {
        if (node instanceof ObjectNode map) {
            for (String key : map.properties().stream().map(Map.Entry::getKey).toList()) {
                KEYS.stream().filter(k -> k.equalsIgnoreCase(key) && !map.has(k)).findFirst()
                        .ifPresent(k -> map.set(k, map.remove(key)));
            }
        }
        node.forEach(ImageSetConfiguration::rename);
    }

    private PreCacheSpec spec(JsonNode document) {
        String version = document.path("apiVersion").asText();
        if (!document.path("kind").asText().equals("ImageSetConfiguration") || !VERSIONS.contains(version)) {
            throw failure("not an ImageSetConfiguration of " + String.join(" or ", VERSIONS));
        }
        known(document, "", "apiVersion", "kind", "metadata", "mirror", "storageConfig", "archiveSize");
        JsonNode mirror = document.path("mirror");
        known(mirror, "mirror", "platform", "operators", "additionalImages", "blockedImages", "helm", "samples");
        if (!mirror.path("helm").isEmpty()) {
            throw failure("mirror.helm is not supported: name the charts' images in additionalImages");
        }
        if (!mirror.path("samples").isEmpty()) {
            Cli.warn(file + ": mirror.samples is ignored");
        }
        for (String list : List.of("platform", "operators", "additionalImages")) {
            boolean right = list.equals("platform") ? mirror.path(list).isObject() : mirror.path(list).isArray();
            if (mirror.hasNonNull(list) && !right) {
                throw failure("mirror." + list + " is not a " + (list.equals("platform") ? "mapping" : "list"));
            }
        }
        if (mirror.isEmpty()) {
            throw failure("asks for nothing: mirror has neither platform nor operators nor additionalImages");
        }
        List<Operators> operators = elements(mirror, "operators").stream().map(this::operators).toList();
        return new PreCacheSpec(releases(mirror.path("platform")), arch(mirror.path("platform")), operators,
                images(mirror), List.of(), names(mirror, "blockedImages", "name").stream().map(this::pattern).toList());
    }

    private List<String> images(JsonNode mirror) {
        for (JsonNode image : elements(mirror, "additionalImages")) {
            if (image.hasNonNull("platforms")) {
                throw failure("mirror.additionalImages " + image.path("name").asText() + ": platforms is not supported: "
                        + "a server has one, that of --platform when the list is pulled");
            }
            if (image.hasNonNull("targetRepo") || image.hasNonNull("targetTag")) {
                Cli.warn(file + ": mirror.additionalImages " + image.path("name").asText() + ": targetRepo and targetTag are "
                        + "ignored: an image is staged under its own name");
            }
        }
        return names(mirror, "additionalImages", "name", "targetRepo", "targetTag").stream()
                .map(ImageSetConfiguration::reference).toList();
    }

    /** oc-mirror takes a transport before a name; one without tag and digest is latest. */
    private static String reference(String name) {
        return name.replaceFirst("^docker://", "");
    }

    private List<String> releases(JsonNode platform) {
        known(platform, "mirror.platform", "graph", "channels", "architectures", "release", "kubeVirtContainer");
        if (platform.path("kubeVirtContainer").asBoolean()) {
            throw failure("mirror.platform.kubeVirtContainer is not supported: name that image in additionalImages");
        }
        if (platform.path("graph").asBoolean()) {
            Cli.warn(file + ": mirror.platform.graph is ignored: a staged server installs, it does not update");
        }
        List<String> releases = new ArrayList<>();
        for (JsonNode channel : elements(platform, "channels")) {
            known(channel, "mirror.platform.channels", "name", "type", "minVersion", "maxVersion", "shortestPath",
                    "full");
            String name = "mirror.platform.channels " + channel.path("name").asText();
            String version = channel.path("minVersion").asText();
            if (version.isEmpty() || !version.equals(channel.path("maxVersion").asText())
                    || channel.path("full").asBoolean()) {
                throw failure(name + ": one release is staged; set minVersion and maxVersion to the same version");
            }
            if (!channel.path("type").asText("ocp").equals("ocp")) {
                throw failure(name + ": only type ocp is supported; name another release's image in platform.release");
            }
            releases.add(version);
        }
        if (platform.hasNonNull("release")) {
            releases.add(platform.get("release").asText());
        }
        return releases.stream().distinct().toList();
    }

    private String arch(JsonNode platform) {
        List<String> architectures = elements(platform, "architectures").stream().map(JsonNode::asText).toList();
        if (architectures.size() > 1) {
            throw failure("mirror.platform.architectures: a server has one, not " + String.join(", ", architectures));
        }
        if (architectures.isEmpty()) {
            return null;
        }
        return switch (architectures.get(0)) {
            case "amd64" -> "x86_64";
            case "arm64" -> "aarch64";
            default -> architectures.get(0);
        };
    }

    private Operators operators(JsonNode operator) {
        known(operator, "mirror.operators", "catalog", "packages", "full", "targetCatalog", "targetName", "targetTag",
                "skipDependencies", "skipDeps", "originalRef", "targetCatalogSourceTemplate");
        String catalog = reference(operator.path("catalog").asText());
        if (catalog.isEmpty() || catalog.startsWith("oci:")) {
            throw failure("mirror.operators: catalog has to be an index image in a registry, not \"" + catalog + "\"");
        }
        boolean full = operator.path("full").asBoolean();
        List<Selection> selections = new ArrayList<>();
        Map<String, String> defaultChannels = new TreeMap<>();
        for (JsonNode of : elements(operator, "packages")) {
            selections(of, full, selections);
            if (of.hasNonNull("defaultChannel")) {
                defaultChannels.put(of.get("name").asText(), of.get("defaultChannel").asText());
            }
        }
        return new Operators(List.of(catalog), selections, full, everyChannel, defaultChannels);
    }

    private void selections(JsonNode of, boolean full, List<Selection> selections) {
        known(of, "mirror.operators.packages", "name", "channels", "bundles", "defaultChannel", "minVersion",
                "maxVersion", "minBundle");
        String name = required(of, "mirror.operators.packages");
        List<JsonNode> channels = elements(of, "channels");
        List<String> bundles = names(of, "bundles", "name");
        bundles.forEach(bundle -> selections.add(new Selection(name, null, bundle, null, null, false)));
        if (limited(of) && (full || !channels.isEmpty())) {
            throw failure("mirror.operators.packages " + name
                    + ": minVersion and maxVersion do not go with channels or full");
        }
        if (channels.isEmpty() && bundles.isEmpty()) {
            selections.add(selection(name, null, of, full));
        }
        for (JsonNode channel : channels) {
            known(channel, "mirror.operators.packages.channels", "name", "minVersion", "maxVersion", "minBundle");
            if (limited(channel) && full) {
                throw failure("mirror.operators.packages " + name + ": minVersion and maxVersion do not go with full");
            }
            selections.add(selection(name, required(channel, "mirror.operators.packages.channels"), channel, full));
        }
    }

    private Selection selection(String name, String channel, JsonNode limits, boolean full) {
        if (limits.hasNonNull("minBundle")) {
            throw failure("mirror.operators.packages " + name + ": minBundle is not supported, use minVersion");
        }
        return new Selection(name, channel, null, limit(limits, "minVersion"), limit(limits, "maxVersion"), full);
    }

    private static boolean limited(JsonNode node) {
        return limit(node, "minVersion") != null || limit(node, "maxVersion") != null;
    }

    /** Null also where it is empty, as in Go. */
    private static String limit(JsonNode node, String key) {
        String version = node.path(key).asText("");
        return version.isEmpty() || node.path(key).isNull() ? null : version;
    }

    private List<String> names(JsonNode node, String list, String... keys) {
        return elements(node, list).stream().map(entry -> {
            known(entry, list, keys);
            return required(entry, list);
        }).toList();
    }

    private String required(JsonNode node, String where) {
        if (!node.path("name").isTextual()) {
            throw failure(where + ": an entry without a name");
        }
        return node.get("name").asText();
    }

    private static List<JsonNode> elements(JsonNode node, String list) {
        return StreamSupport.stream(node.path(list).spliterator(), false).toList();
    }

    private void known(JsonNode node, String where, String... keys) {
        if (!node.isObject() && !node.isMissingNode() && !node.isNull()) {
            throw failure(where + ": expected a mapping");
        }
        node.fieldNames().forEachRemaining(key -> {
            if (!List.of(keys).contains(key)) {
                throw failure((where.isEmpty() ? "" : where + ": ") + "unknown key " + key);
            }
        });
    }

    private Pattern pattern(String regex) {
        try {
            return Pattern.compile(regex);
        } catch (PatternSyntaxException e) {
            throw failure("mirror.blockedImages: not a regular expression: " + regex);
        }
    }

    private Cli.Failure failure(String message) {
        return new Cli.Failure(file + ": " + message);
    }
}
