package common.assisted;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;

/**
 * What the Assisted Installer has checked of a cluster or a host: the {@code validations_info} that it sends as a JSON
 * string, {@code {"group": [{"id", "status", "message"}]}}; status: success, failure, error, pending or disabled.
 */
final class Validations {
    private static final Set<String> FAILED = Set.of("failure", "error");

    private final List<JsonNode> all = new ArrayList<>();

    private Validations() {
    }

    /** Reads the string; nothing, or what is no JSON, has no validations. */
    static Validations of(String info) {
        Validations validations = new Validations();
        if (info != null && info.startsWith("{")) {
            try {
                Json.parse(info.getBytes(StandardCharsets.UTF_8), "validations_info")
                        .forEach(group -> group.forEach(validations.all::add));
            } catch (Cli.Failure e) {
                return new Validations(); // cut off, say; the status text beside it is all there is
            }
        }
        return validations;
    }

    /** The ids of those that failed. */
    List<String> failedIds() {
        return all.stream().filter(v -> FAILED.contains(v.path("status").asText())).map(v -> v.path("id").asText())
                .toList();
    }

    /** In words what is wrong; when nothing failed, what is still pending. */
    List<String> words() {
        List<String> failed = words(FAILED);
        return failed.isEmpty() ? words(Set.of("pending")) : failed;
    }

    private List<String> words(Set<String> statuses) {
        return all.stream().filter(v -> statuses.contains(v.path("status").asText()))
                .map(v -> v.path("message").asText().strip().replaceAll("\\s+", " ")).distinct().toList();
    }
}
