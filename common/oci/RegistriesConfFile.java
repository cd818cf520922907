package common.oci;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;

/**
 * One file in the format of containers-registries.conf(5), version 2, checked as containers/image checks it
 * (sysregistriesv2, {@code postProcessRegistries}): what that refuses is a {@link Cli.Failure} with file and line here, and
 * so is what has an effect there and none here. Keys that it does not know it ignores; here they are a warning.
 */
record RegistriesConfFile(Path file, List<String> lines) {
    private static final Set<String> PULL = Set.of("all", "digest-only", "tag-only");
    private static final Set<String> MODES = Set.of("", "enforcing", "permissive", "disabled");
    private static final Pattern HOST = Pattern.compile("[\\w.-]+(:\\d+)?|\\[[0-9a-fA-F:]+](:\\d+)?");

    record Place(String location, boolean insecure, String pullFromMirror) {
    }

    record Entry(String prefix, Place primary, boolean blocked, List<Place> mirrors) {
    }

    /** The entries by their prefix; of one prefix the first counts. */
    static Map<String, Entry> read(Path file) {
        try {
            JsonNode toml = Json.readToml(file); // first: a file that is not text has its error there
            return new RegistriesConfFile(file, Files.readAllLines(file)).entries(toml);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Map<String, Entry> entries(JsonNode toml) {
        int version1 = line("registries", -1, -1);
        if (toml.has("registries")) {
            throw failure(version1, "registries.conf version 1 ([registries.search] and its like) is not supported; write "
                    + "[[registry]] entries");
        }
        known(toml, -1, -1, "unqualified-search-registries", "registry", "short-name-mode", "credential-helpers", "aliases",
                "additional-layer-store-auth-helper");
        shortNames(toml);
        for (JsonNode helper : list(toml, "credential-helpers")) {
            if (!helper.asText().equals("containers-auth.json")) {
                throw failure(line("credential-helpers", -1, -1), "credential-helpers: " + helper.asText()
                        + " is not supported; put the credentials into a file for --authfile");
            }
        }
        Map<String, Entry> entries = new LinkedHashMap<>();
        List<Entry> all = new ArrayList<>();
        int number = 0;
        for (JsonNode registry : list(toml, "registry")) {
            all.add(entry(registry, number++));
        }
        for (Entry entry : all) {
            for (Entry other : all) {
                if (key(entry).equals(key(other)) && (entry.primary.insecure != other.primary.insecure
                        || entry.blocked != other.blocked)) {
                    throw failure(0, "registry " + key(entry) + " is there several times with different "
                            + (entry.blocked != other.blocked ? "blocked" : "insecure") + " settings");
                }
            }
            entries.putIfAbsent(entry.prefix, entry);
        }
        return entries;
    }

    private static String key(Entry entry) {
        return entry.primary.location.isEmpty() ? entry.prefix : entry.primary.location;
    }

    /** They decide nothing here: a list has no short names. */
    private void shortNames(JsonNode toml) {
        if (!MODES.contains(text(toml, "short-name-mode", -1, -1))) {
            throw failure(line("short-name-mode", -1, -1), "short-name-mode is enforcing, permissive or disabled");
        }
        for (JsonNode host : list(toml, "unqualified-search-registries")) {
            if (!host.isTextual() || !HOST.matcher(trimmed(host.asText(), "unqualified-search-registries", -1, -1))
                    .matches()) {
                throw failure(line("unqualified-search-registries", -1, -1), "unqualified-search-registries: "
                        + host.asText() + " is not a registry's host");
            }
        }
    }

    private Entry entry(JsonNode r, int number) {
        known(r, number, -1, "prefix", "location", "insecure", "mirror", "blocked", "mirror-by-digest-only",
                "pull-from-mirror");
        String location = trimmed(text(r, "location", number, -1), "location", number, -1);
        String prefix = trimmed(text(r, "prefix", number, -1), "prefix", number, -1);
        if (prefix.isEmpty() && location.isEmpty()) {
            throw failure(line(null, number, -1), "a [[registry]] without prefix and location");
        }
        if (prefix.startsWith("*.") && !prefix.matches("\\*\\.[\\w.-]+")) {
            throw failure(line("prefix", number, -1), "prefix " + prefix + ": one with * is *.DOMAIN and nothing more");
        }
        if (location.isEmpty() && !prefix.startsWith("*.")) {
            throw failure(line(null, number, -1), "a [[registry]] without location; only a prefix *.DOMAIN may lack it");
        }
        if (!text(r, "pull-from-mirror", number, -1).isEmpty()) {
            throw failure(line("pull-from-mirror", number, -1), "pull-from-mirror belongs into a [[registry.mirror]]");
        }
        if (prefix.contains("@") || prefix.substring(prefix.lastIndexOf('/') + 1).contains(":") && prefix.contains("/")) {
            throw failure(line("prefix", number, -1), "prefix " + prefix + ": one with a tag or digest is not supported");
        }
        boolean digestOnly = flag(r, "mirror-by-digest-only", number, -1);
        List<Place> mirrors = new ArrayList<>();
        JsonNode list = get(r, "mirror");
        if (!list.isMissingNode() && !list.isArray()) {
            throw failure(line("mirror", number, -1), "mirror is not a list of tables: [[registry.mirror]]");
        }
        for (JsonNode m : list) {
            mirrors.add(mirror(m, digestOnly, prefix.isEmpty() ? location : prefix, number, mirrors.size()));
        }
        return new Entry(prefix.isEmpty() ? location : prefix, new Place(location, flag(r, "insecure", number, -1), "all"),
                flag(r, "blocked", number, -1), List.copyOf(mirrors));
    }

    private Place mirror(JsonNode m, boolean digestOnly, String prefix, int number, int mirror) {
        known(m, number, mirror, "location", "insecure", "pull-from-mirror");
        String location = trimmed(text(m, "location", number, mirror), "location", number, mirror);
        String pull = text(m, "pull-from-mirror", number, mirror);
        if (location.isEmpty()) {
            throw failure(line(null, number, mirror), "a mirror of " + prefix + " without location");
        }
        if (!pull.isEmpty() && digestOnly) {
            throw failure(line("pull-from-mirror", number, mirror), "pull-from-mirror does not go with "
                    + "mirror-by-digest-only");
        }
        if (!pull.isEmpty() && !PULL.contains(pull)) {
            throw failure(line("pull-from-mirror", number, mirror), "pull-from-mirror " + pull
                    + ": expected all, digest-only or tag-only");
        }
        return new Place(location, flag(m, "insecure", number, mirror), digestOnly ? "digest-only" : pull.isEmpty() ? "all"
                : pull);
    }

    private String trimmed(String location, String key, int registry, int mirror) {
        String trimmed = location.replaceFirst("/+$", "");
        if (trimmed.startsWith("http://") || trimmed.startsWith("https://")) {
            throw failure(line(key, registry, mirror), key + " " + location
                    + ": no scheme belongs here; for HTTP write insecure = true");
        }
        return trimmed;
    }

    private void known(JsonNode table, int registry, int mirror, String... keys) {
        if (!table.isObject()) {
            throw failure(line(null, registry, mirror), "an entry that is not a table");
        }
        table.fieldNames().forEachRemaining(key -> {
            if (!List.of(keys).contains(key.toLowerCase(Locale.ROOT))) {
                Cli.warn(file + ":" + line(key, registry, mirror) + ": " + key + " is not a key of registries.conf, and "
                        + "has no effect");
            }
        });
    }

    /** As Go's decoder finds a key: the exact one, else one in other letters. */
    private static JsonNode get(JsonNode table, String key) {
        JsonNode exact = table.path(key);
        if (!exact.isMissingNode()) {
            return exact;
        }
        for (Map.Entry<String, JsonNode> entry : table.properties()) {
            if (entry.getKey().equalsIgnoreCase(key)) {
                return entry.getValue();
            }
        }
        return exact;
    }

    private JsonNode list(JsonNode table, String key) {
        JsonNode list = get(table, key);
        if (!list.isMissingNode() && !list.isArray()) {
            throw failure(line(key, -1, -1), key + " is not a list");
        }
        return list;
    }

    private String text(JsonNode table, String key, int registry, int mirror) {
        JsonNode value = get(table, key);
        if (!value.isMissingNode() && !value.isTextual()) {
            throw failure(line(key, registry, mirror), key + " is not a text in quotes");
        }
        return value.asText("");
    }

    private boolean flag(JsonNode table, String key, int registry, int mirror) {
        JsonNode value = get(table, key);
        if (!value.isMissingNode() && !value.isBoolean()) {
            throw failure(line(key, registry, mirror), key + " is neither true nor false");
        }
        return value.asBoolean(false);
    }

    /**
     * The line of a key, or of the table's header with null, in the n-th {@code [[registry]]} and of that the n-th mirror;
     * -1 for none. 0 when it is written otherwise, as an inline table say.
     */
    private int line(String key, int registry, int mirror) {
        int inRegistry = -1;
        int inMirror = -1;
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            boolean header = line.startsWith("[");
            if (line.matches("(?i)\\[\\[\\s*registry\\s*]].*")) {
                inRegistry++;
                inMirror = -1;
            } else if (line.matches("(?i)\\[\\[\\s*registry\\s*\\.\\s*mirror\\s*]].*")) {
                inMirror++;
            }
            boolean here = inRegistry == registry && inMirror == mirror;
            boolean wanted = key == null ? header : line.matches("(?i)\"?" + Pattern.quote(key) + "\"?\\s*=.*")
                    || header && line.matches("(?i)\\[+\\s*" + Pattern.quote(key) + "\\b.*");
            if (here && wanted) {
                return i + 1;
            }
        }
        return 0;
    }

    private Cli.Failure failure(int line, String what) {
        return new Cli.Failure(file + (line > 0 ? ":" + line : "") + ": " + what);
    }
}
