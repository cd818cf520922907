package common.distribution;

//SOURCES ../cli/Json.java

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Json;

/**
 * What a registry answers: a status, headers, and as body {@code bytes}, or {@code length} bytes of a file from an
 * offset, in which case {@code bytes} is null. Content-Length is {@code length} in both cases; HEAD has the same headers
 * and no body.
 */
public record Answer(int status, Map<String, String> headers, byte[] bytes, Path file, long from, long length) {
    static Answer of(int status, String type, byte[] bytes) {
        return new Answer(status, new LinkedHashMap<>(Map.of("Content-Type", type)), bytes, null, 0, bytes.length);
    }

    static Answer json(int status, JsonNode document) {
        return of(status, "application/json", Json.pretty(document));
    }

    /** An error as the distribution specification has it ("Error Codes"); {@code code} is one of its names. */
    static Answer error(int status, String code, String message) {
        ObjectNode document = Json.object();
        document.putArray("errors").addObject().put("code", code).put("message", message);
        return json(status, document);
    }

    static Answer part(int status, Path file, long from, long length) {
        return new Answer(status, new LinkedHashMap<>(Map.of("Content-Type", "application/octet-stream")), null, file,
                from, length);
    }

    Answer with(String header, String value) {
        headers.put(header, value);
        return this;
    }
}
