//SOURCES ../common/cli/Json.java
//SOURCES Repository.java

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Json;

/** What a real assisted-service of mid-2022 answered, by the recording's name. */
final class AssistedRecordings {
    static final Path FOLDER = Repository.ROOT.resolve("tests/assisted");
    static final String CLUSTER = "12ca5a99-d17e-4275-935d-6f1f66357bb6";
    static final String INFRA_ENV = "756aaf0c-9109-4b93-8208-4b61f563cd1c";
    static final String HOST = "5ae56fe8-c481-4bd4-8a54-3a856f77131c";

    private static final Map<String, JsonNode> ALL = new LinkedHashMap<>();

    static {
        Repository.text(FOLDER.resolve("recordings.jsonl")).lines().forEach(line -> {
            JsonNode exchange = parse(line);
            ALL.put(exchange.path("name").asText(), exchange);
        });
    }

    private AssistedRecordings() {
    }

    static Collection<JsonNode> all() {
        return ALL.values();
    }

    static JsonNode get(String name) {
        return ALL.get(name);
    }

    static int status(String name) {
        return ALL.get(name).path("status").asInt();
    }

    static String response(String name) {
        return ALL.get(name).path("response").asText();
    }

    /** A copy of a whole JSON answer. */
    static ObjectNode json(String name) {
        return (ObjectNode) parse(response(name));
    }

    static JsonNode parse(String text) {
        return Json.parse(text.getBytes(StandardCharsets.UTF_8), "recording");
    }
}
