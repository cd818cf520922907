package common.assisted;

//SOURCES ../cli/Json.java

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Json;

/**
 * Compares settings as they are sent with those that the service answers: it adds fields of its own to list entries,
 * says some lists as a JSON string or in another order, and leaves out what is empty.
 */
final class Settings {
    private Settings() {
    }

    /** Those of {@code wanted} that {@code there} has otherwise: the body of an update. */
    static ObjectNode differing(ObjectNode wanted, JsonNode there) {
        ObjectNode differing = Json.object();
        wanted.properties().forEach(p -> {
            if (!isSame(p.getValue(), there.path(p.getKey()))) {
                differing.set(p.getKey(), p.getValue());
            }
        });
        return differing;
    }

    static List<String> names(ObjectNode settings) {
        List<String> names = new ArrayList<>();
        settings.fieldNames().forEachRemaining(names::add);
        return names;
    }

    private static Stream<JsonNode> stream(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false);
    }

    private static boolean isSame(JsonNode wanted, JsonNode there) {
        if (wanted.isArray() || wanted.isObject()) {
            JsonNode parsed = there.isTextual() && !there.asText().isBlank()
                    ? Json.parse(there.asText().getBytes(StandardCharsets.UTF_8), "answer") : there;
            if (wanted.isObject()) {
                return wanted.properties().stream().allMatch(p -> isSame(p.getValue(), parsed.path(p.getKey())));
            }
            return wanted.size() == parsed.size() && stream(wanted).allMatch(w -> stream(parsed)
                    .anyMatch(p -> isSame(w, p)));
        }
        return wanted.isBoolean() ? wanted.asBoolean() == there.asBoolean()
                : Objects.equals(wanted.asText("").strip(), there.asText("").strip());
    }
}
