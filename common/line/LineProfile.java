package common.line;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;

/**
 * The limits of a line: what a server must be to be staged. A YAML or JSON file of some of these keys; what is not there is
 * looked at and reported, and asks for nothing.
 *
 * <pre>
 * serial: "[A-Z0-9]{7}"        # a regular expression for the whole of it
 * memoryGigabytes: 64          # at least; GiB, as in Metal3's minSizeGigabytes
 * linkMegabits: 10000          # at least, of the fastest card with a link
 * diskGigabytes: 400           # at least, GiB
 * writeMegabytes: 200          # at least, MB a second onto a blank disk
 * health: required             # smartctl must say that the disk is healthy
 * secureBoot: enabled          # or disabled
 * clockSeconds: 300            # at most, between its clock and the artifact server's
 * </pre>
 *
 * @param values of the keys that are there, as text
 */
public record LineProfile(Map<String, String> values) {
    /** Asks for nothing. */
    public static final LineProfile NONE = new LineProfile(Map.of());
    private static final Map<String, String> KEYS = Map.of("serial", ".+", "memoryGigabytes", "\\d{1,9}",
            "linkMegabits", "\\d{1,9}", "diskGigabytes", "\\d{1,9}", "writeMegabytes", "\\d{1,9}", "health", "required",
            "secureBoot", "enabled|disabled", "clockSeconds", "\\d{1,9}");

    /** Throws {@link Cli.Failure} for a key or a value that it does not know. */
    public static LineProfile of(Path file) throws IOException {
        JsonNode document = Json.readYaml(file);
        if (!document.isObject()) {
            throw new Cli.Failure(Cli.USAGE, file + ": a map of limits, such as memoryGigabytes: 64, is expected");
        }
        Map<String, String> values = new TreeMap<>();
        document.properties().forEach(e -> {
            String expected = KEYS.get(e.getKey());
            if (expected == null) {
                throw new Cli.Failure(Cli.USAGE, file + ": " + e.getKey() + ": no such limit, only "
                        + String.join(", ", new TreeSet<>(KEYS.keySet())));
            }
            String value = e.getValue().asText();
            if (!e.getValue().isValueNode() || !value.matches(expected)) {
                throw new Cli.Failure(Cli.USAGE, file + ": " + e.getKey() + ": " + e.getValue() + " is not "
                        + (expected.startsWith("\\d") ? "a whole number" : "one of " + expected.replace("|", ", ")));
            }
            values.put(e.getKey(), value);
        });
        if (values.containsKey("serial")) {
            try {
                Pattern.compile(values.get("serial"));
            } catch (PatternSyntaxException e) {
                throw new Cli.Failure(Cli.USAGE, file + ": serial: no regular expression: " + e.getDescription());
            }
        }
        return new LineProfile(values);
    }

    /** The number of a limit; 0 when there is none. */
    long number(String key) {
        return Long.parseLong(values.getOrDefault(key, "0"));
    }

    /** The words of a limit, with a unit; "" when there is none. */
    String words(String key, String before, String after) {
        return values.containsKey(key) ? before + values.get(key) + after : "";
    }
}
