package common.factory;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.Json;

/**
 * What one server told once: a CloudEvent 1.0 in binary mode (HTTP protocol binding, section 3.1), data as
 * docs/stage-report.schema.json says.
 *
 * @param id SERIAL/BOOT/NUMBER: one that is sent again has the same
 * @param serial of the server
 * @param boot of the kernel that told it
 * @param number counts up within a boot
 * @param kind started, checked, progress, staged, failed
 * @param received by this host's clock; the server's may say anything
 * @param from the address that sent it
 */
public record ServerEvent(String id, String serial, String boot, int number, String kind, Instant received, String from,
        JsonNode data) {
    private static final String TYPE = "pre-staging.server.";
    private static final Pattern ID = Pattern.compile("([!-.0-~]{1,200})/([!-.0-~]{1,100})/([0-9]{1,9})");
    /** What firmware calls a serial number, "To be filled by O.E.M." included; nothing that means more than a name. */
    private static final Pattern SERIAL = Pattern.compile("[\\w .:#+()-]{1,64}");

    /**
     * A request's event.
     *
     * @param header the value of a header by its name, or null
     * @throws Cli.Failure for what is not such an event; its message is for the sender
     */
    static ServerEvent of(UnaryOperator<String> header, byte[] body, Instant received, String from) {
        if (!"1.0".equals(header.apply("ce-specversion"))) {
            throw new Cli.Failure("not a CloudEvent 1.0 in binary mode: ce-specversion is not 1.0");
        }
        String type = header.apply("ce-type");
        if (type == null || !type.matches(Pattern.quote(TYPE) + "[a-z]{1,20}")) {
            throw new Cli.Failure("ce-type is not " + TYPE + "KIND");
        }
        JsonNode data = Json.parse(body, "the event's data");
        return of(header.apply("ce-id"), type.substring(TYPE.length()), received, from, data);
    }

    /** A line of the journal. Throws {@link Cli.Failure}. */
    static ServerEvent of(JsonNode line) {
        try {
            return of(line.path("id").asText(), line.path("kind").asText(), Instant.parse(line.path("received").asText()),
                    line.path("from").asText(), line.path("data"));
        } catch (DateTimeParseException e) {
            throw new Cli.Failure("received is no time");
        }
    }

    private static ServerEvent of(String id, String kind, Instant received, String from, JsonNode data) {
        Matcher parts = ID.matcher(id == null ? "" : id);
        if (!parts.matches()) {
            throw new Cli.Failure("ce-id is not SERIAL/BOOT/NUMBER");
        }
        String serial = decoded(parts.group(1));
        if (!SERIAL.matcher(serial).matches()) {
            throw new Cli.Failure("that is no serial number");
        }
        if (!data.path("server").isObject()) {
            throw new Cli.Failure("the data does not say which server it is about");
        }
        return new ServerEvent(id, serial, parts.group(2), Integer.parseInt(parts.group(3)), kind, received, from, data);
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new Cli.Failure("ce-id is not percent-encoded");
        }
    }

    ObjectNode json() {
        return Json.object().put("id", id).put("kind", kind).put("received", received.toString()).put("from", from)
                .set("data", data);
    }
}
