package common.factory;

//SOURCES ../cli/Json.java
//SOURCES Line.java
//SOURCES LinePage.java
//SOURCES LineRow.java

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import common.cli.Json;

/**
 * The line's servers for other programs: CSV (RFC 4180), JSON, JUnit XML as Jenkins reads it (a server is a test suite, a
 * check a test case), Prometheus' text format 0.0.4.
 */
final class LineExports {
    private LineExports() {
    }

    static String csv(Line.View line) {
        return line.rows().stream().map(r -> Stream.of(r.serial, r.position, r.state(line.now()).toString(), r.doing(),
                r.reason(line.now()), String.join(" ", r.addresses()), r.data().path("disk").path("serialNumber").asText(),
                r.data().path("staged").path("inventory").asText(), r.heard() == null ? "" : r.heard().toString())
                .map(LineExports::field).collect(Collectors.joining(",")))
                .collect(Collectors.joining("\r\n", "serial,position,state,now,reason,macAddresses,diskSerial,inventory,heard\r\n",
                        line.rows().isEmpty() ? "" : "\r\n"));
    }

    /** A spreadsheet would calculate what begins like a formula. */
    private static String field(String text) {
        String safe = text.matches("(?s)[=+@\\t\\r-].*") ? "'" + text : text;
        return safe.matches("(?s).*[\",\\r\\n].*") ? "\"" + safe.replace("\"", "\"\"") + "\"" : safe;
    }

    static byte[] json(Line.View line) {
        ArrayNode servers = Json.object().putArray("servers");
        for (LineRow r : line.rows()) {
            servers.addObject().put("serial", r.serial).put("position", r.position)
                    .put("state", r.state(line.now()).toString().toLowerCase(Locale.ROOT)).put("now", r.doing())
                    .put("reason", r.reason(line.now())).put("advice", r.advice(line.now()))
                    .put("heard", r.heard() == null ? null : r.heard().toString()).put("events", r.events.size())
                    .set("report", r.data().isMissingNode() ? null : r.data());
        }
        return Json.pretty(Json.object().set("servers", servers));
    }

    static String junit(Line.View line) {
        StringBuilder xml = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"line\">\n");
        for (LineRow r : line.rows()) {
            List<JsonNode> checks = r.data().path("checks").findParents("name");
            LineRow.State state = r.state(line.now());
            long failures = checks.stream().filter(LineExports::failed).count() + (state == LineRow.State.FAIL ? 1 : 0);
            boolean pending = state != LineRow.State.FAIL && state != LineRow.State.PASS;
            xml.append("<testsuite name=\"").append(xml(r.serial)).append("\" tests=\"").append(checks.size() + 1)
                    .append("\" failures=\"").append(failures).append("\" errors=\"0\" skipped=\"").append(pending ? 1 : 0).append("\">\n");
            for (JsonNode check : checks) {
                xml.append(testcase(r, check.path("name").asText(), failed(check) ? "<failure message=\"" + xml(
                        check.path("found").asText() + ", wanted " + check.path("wanted").asText()) + "\"/>" : ""));
            }
            xml.append(testcase(r, "staged", state == LineRow.State.FAIL ? "<failure message=\"" + xml(r.reason(line.now())) + "\"/>"
                    : pending ? "<skipped message=\"" + xml(r.doing()) + "\"/>" : "")).append("</testsuite>\n");
        }
        return xml.append("</testsuites>\n").toString();
    }

    private static String testcase(LineRow row, String name, String inside) {
        return "<testcase classname=\"" + xml(row.serial) + "\" name=\"" + xml(name) + "\">" + inside + "</testcase>\n";
    }

    private static boolean failed(JsonNode check) {
        return check.path("outcome").asText().equals("fail");
    }

    static String metrics(Line.View line) {
        StringBuilder text = new StringBuilder("# HELP prestaging_servers Servers of the line by state.\n"
                + "# TYPE prestaging_servers gauge\n");
        for (Map.Entry<LineRow.State, Long> count : line.counts().entrySet()) {
            text.append("prestaging_servers{state=\"").append(count.getKey().toString().toLowerCase(Locale.ROOT)).append("\"} ")
                    .append(count.getValue()).append('\n');
        }
        long events = line.rows().stream().mapToLong(r -> r.events.size()).sum();
        return text.append("# HELP prestaging_events_total Events that servers sent, each counted once.\n"
                + "# TYPE prestaging_events_total counter\nprestaging_events_total ").append(events).append('\n').toString();
    }

    /** XML 1.0 has no place for most control characters, not even escaped. */
    private static String xml(String text) {
        return LinePage.escaped(text.replaceAll("[^\\x09\\x0a\\x0d\\x20-\\ud7ff\\ue000-\\ufffd]", "\ufffd"));
    }
}
