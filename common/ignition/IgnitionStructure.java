package common.ignition;

//SOURCES ../cli/Json.java

import java.util.Optional;

import com.fasterxml.jackson.databind.JsonNode;

/** Whether a config has the shapes that the Ignition specification 3.1 and 3.2 give to what a patch is made of. */
final class IgnitionStructure {
    private IgnitionStructure() {
    }

    /** What is wrong with it, first things first; empty when nothing is. */
    static Optional<String> fault(JsonNode config) {
        for (String list : new String[] {"/systemd/units", "/storage/files", "/storage/directories", "/storage/links",
            "/passwd/users"}) {
            JsonNode entries = config.at(list);
            if (!entries.isMissingNode() && !entries.isArray()) {
                return Optional.of(list + ": no list");
            }
            for (JsonNode entry : entries) {
                String fault = list.equals("/systemd/units") ? unit(entry) : list.equals("/passwd/users")
                        ? text(entry, "name") : file(entry);
                if (fault != null) {
                    return Optional.of(list + ": " + fault);
                }
            }
        }
        return Optional.empty();
    }

    private static String unit(JsonNode unit) {
        String name = unit.path("name").asText();
        if (!name.matches("[^/]+\\.(service|socket|device|mount|automount|swap|target|path|timer|slice|scope)")) {
            return "unit \"" + name + "\": not a unit's name";
        }
        if (unit.has("contents") && !unit.path("contents").isTextual()
                || unit.has("enabled") && !unit.path("enabled").isBoolean()) {
            return "unit " + name + ": contents is a string, enabled true or false";
        }
        for (JsonNode dropin : unit.path("dropins")) {
            if (!dropin.path("name").asText().endsWith(".conf")) {
                return "unit " + name + ": a drop-in's name ends in .conf";
            }
        }
        return null;
    }

    private static String file(JsonNode file) {
        String path = file.path("path").asText();
        JsonNode mode = file.path("mode");
        return !path.startsWith("/") ? "\"" + path + "\": not an absolute path"
                : !mode.isMissingNode() && (!mode.isInt() || mode.asInt() < 0 || mode.asInt() > 07777)
                        ? path + ": mode " + mode + " is no decimal number up to 4095 (0755 is 493)" : null;
    }

    private static String text(JsonNode entry, String key) {
        return entry.path(key).asText().isEmpty() ? "an entry has no " + key : null;
    }
}
