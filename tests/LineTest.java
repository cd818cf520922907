//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/factory/Line.java
//SOURCES ../common/factory/LineServer.java
//SOURCES ../common/line/Collector.java
//SOURCES ../common/line/Heartbeat.java
//SOURCES ../common/line/ServerIdentity.java
//SOURCES ../factory/line.java
//SOURCES ScriptRun.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import javax.xml.parsers.DocumentBuilderFactory;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;
import common.factory.Line;
import common.factory.LineServer;
import common.line.Collector;
import common.line.Heartbeat;
import common.line.ServerIdentity;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("A line that servers report to")
class LineTest {
    @TempDir
    Path folder;
    private final HttpClient client = HttpClient.newHttpClient();
    private final Map<String, String> expected = new LinkedHashMap<>();
    private Duration later = Duration.ZERO;
    private Line line;
    private LineServer server;

    @BeforeEach
    void open() throws IOException {
        line = new Line(folder, expected, new Clock() {
            @Override
            public ZoneId getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(ZoneId zone) {
                return this;
            }

            @Override
            public Instant instant() {
                return Instant.now().plus(later);
            }
        });
        server = new LineServer(line, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    @AfterEach
    void close() throws IOException {
        server.close();
        line.close();
    }

    private URI at(String path) {
        return URI.create("http://127.0.0.1:" + server.port() + path);
    }

    private HttpRequest.Builder event(String id, String kind, String body) {
        return HttpRequest.newBuilder(at("/")).header("ce-specversion", "1.0").header("ce-id", id)
                .header("ce-source", "/servers/x").header("ce-type", "pre-staging.server." + kind)
                .header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofString(body));
    }

    private static String data(String address, String more) {
        return "{\"server\": {\"serialNumber\": \"\", \"macAddresses\": [\"" + address + "\"]}" + more + "}";
    }

    private int tell(String serial, int number, String kind, String more) throws Exception {
        return tell(event(serial + "/boot/" + number, kind, data("52:54:00:00:00:01", more)));
    }

    private int tell(HttpRequest.Builder request) throws Exception {
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString()).statusCode();
    }

    private String get(String path) throws Exception {
        return client.send(HttpRequest.newBuilder(at(path)).build(), HttpResponse.BodyHandlers.ofString()).body();
    }

    private JsonNode servers() throws Exception {
        return Json.parse(get("/servers.json").getBytes(), "/servers.json").get("servers");
    }

    private String states() throws Exception {
        List<String> states = new ArrayList<>();
        servers().forEach(s -> states.add(s.get("serial").asText() + " " + s.get("state").asText()));
        return String.join(", ", states);
    }

    @Test
    @DisplayName("shows first who needs a person")
    void sorted() throws Exception {
        tell("A", 1, "staged", "");
        tell("B", 1, "started", "");
        tell("C", 1, "failed", ", \"error\": \"two disks match\"");
        assertEquals("C fail, B running, A pass", states());
    }

    @Test
    @DisplayName("says FAIL as a word, why, and what to do, without a script too")
    void words() throws Exception {
        tell("C", 1, "failed", ", \"error\": \"two disks <match>\"");
        String page = get("/");
        assertTrue(page.contains("<td class=\"word\">FAIL<td>") && page.contains("two disks &lt;match&gt;")
                && page.contains("boot it again"), page);
    }

    @Test
    @DisplayName("knows an event that is sent twice, also across a restart")
    void twice() throws Exception {
        tell("A", 1, "started", "");
        tell("A", 1, "started", "");
        close();
        open();
        tell("A", 1, "started", "");
        assertEquals(1, servers().get(0).get("events").asInt());
    }

    @Test
    @DisplayName("an event that comes late does not take back what a later one said")
    void late() throws Exception {
        tell("A", 3, "staged", "");
        tell("A", 2, "progress", "");
        assertEquals("A pass", states());
    }

    @Test
    @DisplayName("a boot anew begins anew")
    void bootedAgain() throws Exception {
        tell("A", 7, "failed", "");
        tell(event("A/second/1", "started", data("52:54:00:00:00:01", "")));
        assertEquals("A running", states());
    }

    @Test
    @DisplayName("hears of a server that is busy, and still shows what it told before")
    void heartbeat() throws Exception {
        tell("A", 1, "checked", ", \"disk\": {\"serialNumber\": \"D7\"}");
        Collector collector = new Collector(Collector.url(at("/").toString()), new ServerIdentity("A", "", "", "", "boot",
                List.of("52:54:00:00:00:01")), null);
        collector.tell("checked", Json.object().put("server", "x")); // number 1, which is known
        try (Heartbeat alive = new Heartbeat(collector, new ServerIdentity("A", "", "", "", "boot", List.of("52:54:00:00:00:01")),
                Duration.ofMillis(20), Duration.ofMillis(40))) {
            for (long end = System.nanoTime() + 20_000_000_000L; servers().get(0).get("events").asInt() < 3; ) {
                assertTrue(System.nanoTime() < end, "no heartbeat in 20 s");
                Thread.sleep(20);
            }
        }
        JsonNode row = servers().get(0);
        assertEquals("staging D7", row.get("now").asText() + " " + row.get("report").get("disk").get("serialNumber").asText());
    }

    @Test
    @DisplayName("a server that was not heard for a minute is stale; one that is done is not")
    void stale() throws Exception {
        tell("A", 1, "staged", "");
        tell("B", 1, "started", "");
        later = Duration.ofSeconds(55);
        assertEquals("B running, A pass", states());
        later = Duration.ofSeconds(61);
        assertEquals("B stale, A pass", states());
        assertTrue(get("/andon").contains("class=\"andon STALE\""));
    }

    @Test
    @DisplayName("two servers with one serial number need a person")
    void twins() throws Exception {
        tell("A", 1, "staged", "");
        tell(event("A/other/1", "started", data("52:54:00:00:00:02", "")));
        JsonNode row = servers().get(0);
        assertEquals("fail", row.get("state").asText());
        assertTrue(row.get("reason").asText().startsWith("two servers say that they are A: 52:54:00:00:00:01, "), row.toString());
    }

    @Test
    @DisplayName("servers that are to come and did not are waiting, at their positions")
    void waiting() throws Exception {
        close();
        expected.put("B", "rack 2/14");
        open();
        assertEquals("B waiting", states());
        assertTrue(get("/servers.csv").contains("B,rack 2/14,WAITING,not heard of yet,"), get("/servers.csv"));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(delimiter = '|', nullValues = "-", value = {
        "a path as serial number      | ..%2F..%2Fx/boot/1 | started | {\"server\": {}} | 400",
        "a script as serial number    | %3Cb%3E/boot/1     | started | {\"server\": {}} | 400",
        "an id of two parts           | A/1                | started | {\"server\": {}} | 400",
        "a number that is none        | A/boot/x           | started | {\"server\": {}} | 400",
        "a kind that is none          | A/boot/1           | <b>     | {\"server\": {}} | 400",
        "data that are no JSON        | A/boot/1           | started | {                | 400",
        "data that are no object      | A/boot/1           | started | []               | 400"})
    void refused(String what, String id, String kind, String body, int status) throws Exception {
        assertEquals(status, tell(event(id, kind, body)));
        assertEquals("", states());
    }

    @Test
    @DisplayName("refuses 10 MB, and lives")
    void large() throws Exception {
        int status;
        try {
            status = tell(event("A/boot/1", "started", data("52:54:00:00:00:01", ", \"x\": \"" + "y".repeat(10_000_000) + "\"")));
        } catch (IOException e) {
            status = 413; // it has hung up before all was sent
        }
        assertEquals(413, status);
        assertEquals(204, tell("A", 1, "started", ""));
    }

    @Test
    @DisplayName("takes a journal whose last line a power cut left without its end")
    void torn() throws Exception {
        tell("A", 1, "started", "");
        tell("B", 1, "started", "");
        close();
        Path journal = folder.resolve("events.jsonl");
        byte[] bytes = Files.readAllBytes(journal);
        Files.write(journal, java.util.Arrays.copyOf(bytes, bytes.length - 10));
        open();
        assertEquals("A running", states());
        tell("B", 1, "started", "");
        close();
        open();
        assertEquals("A running, B running", states());
    }

    @Test
    @DisplayName("says which line of a damaged journal is no event, and begins no other one over it")
    void damaged() throws Exception {
        Files.writeString(folder.resolve("events.jsonl"), "{}\n", StandardOpenOption.APPEND);
        ScriptRun run = ScriptRun.of(new WatchLine(), "--folder", Files.createDirectory(folder.resolve("other")), "--listen", "x");
        assertEquals(Cli.USAGE, run.exit(), run::toString);
        close();
        ScriptRun damaged = ScriptRun.of(new WatchLine(), "--folder", folder, "--listen", "127.0.0.1:0");
        assertEquals(Cli.FAILED, damaged.exit(), damaged::toString);
        assertTrue(damaged.err().contains("events.jsonl: line 1 is no event ("), damaged::toString);
        assertEquals("{}\n", Files.readString(folder.resolve("events.jsonl")));
        Files.delete(folder.resolve("events.jsonl"));
        open();
    }

    @Test
    @DisplayName("a second one in the same folder is refused")
    void second() {
        ScriptRun run = ScriptRun.of(new WatchLine(), "--folder", folder, "--listen", "127.0.0.1:0");
        assertEquals(Cli.FAILED, run.exit(), run::toString);
        assertTrue(run.err().contains("another line.java writes to "), run::toString);
    }

    @Test
    @DisplayName("JUnit XML: a suite for each server, a failure for what it failed of")
    void junit() throws Exception {
        tell("A", 1, "failed", ", \"error\": \"not fit\", \"checks\": [{\"name\": \"memory\", \"outcome\": \"fail\", "
                + "\"found\": \"8 GiB\", \"wanted\": \"at least 64 GiB\"}, {\"name\": \"link\", \"outcome\": \"pass\", \"found\": \"\", "
                + "\"wanted\": \"\"}]");
        var document = DocumentBuilderFactory.newInstance().newDocumentBuilder()
                .parse(new java.io.ByteArrayInputStream(get("/junit.xml").getBytes()));
        assertEquals(2, document.getElementsByTagName("failure").getLength());
        assertEquals("3", document.getElementsByTagName("testsuite").item(0).getAttributes().getNamedItem("tests").getNodeValue());
    }

    @Test
    @DisplayName("metrics count the servers by state")
    void metrics() throws Exception {
        tell("A", 1, "staged", "");
        assertTrue(get("/metrics").contains("prestaging_servers{state=\"pass\"} 1\n"), get("/metrics"));
    }

    @Test
    @DisplayName("tells a browser that watches of each change")
    void watched() throws Exception {
        HttpResponse<Stream<String>> watch = client.send(HttpRequest.newBuilder(at("/changes")).build(),
                HttpResponse.BodyHandlers.ofLines());
        CompletableFuture<String> first = CompletableFuture.supplyAsync(() -> watch.body().filter(l -> l.startsWith("data: "))
                .findFirst().orElse(""));
        tell("A", 1, "started", "");
        assertEquals("data: 1", first.get(20, java.util.concurrent.TimeUnit.SECONDS));
    }
}
