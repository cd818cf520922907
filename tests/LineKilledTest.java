//SOURCES ../common/cli/Json.java
//SOURCES ../factory/line.java
//SOURCES Scripts.java

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Json;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("fault")
@DisplayName("A line whose collector is killed while 200 servers report 20 events each")
class LineKilledTest {
    private static final int SERVERS = 200;
    private static final int EVENTS = 20;
    @TempDir
    Path folder;
    private final HttpClient client = HttpClient.newHttpClient();
    private Process collector;
    private int port;

    private void start() throws IOException {
        collector = new ProcessBuilder(Scripts.argv(WatchLine.class, "--folder", folder, "--listen", "127.0.0.1:0"))
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        port = Integer.parseInt(collector.inputReader().readLine().replaceFirst(".*127.0.0.1:(\\d+)/.*", "$1"));
    }

    private int tell(int server, int number) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/")).header("ce-specversion", "1.0")
                .header("ce-id", "SN" + server + "/boot/" + number).header("ce-source", "/servers/SN" + server)
                .header("ce-type", "pre-staging.server." + (number < EVENTS ? "progress" : "staged"))
                .header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofString("{\"server\": {}}")).build();
        return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    }

    @Test
    @DisplayName("loses nothing and counts nothing twice")
    void killed() throws Exception {
        start();
        for (int number = 1; number <= EVENTS; number++) {
            if (number == EVENTS / 2) {
                collector.destroyForcibly().waitFor();
                start();
            }
            for (int server = 0; server < SERVERS; server++) {
                assertEquals(204, tell(server, number));
                if (server % 7 == 0) { // as after an answer that was lost
                    tell(server, number);
                }
            }
        }
        JsonNode servers = Json.parse(client.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/servers.json")).build(),
                HttpResponse.BodyHandlers.ofByteArray()).body(), "servers.json").get("servers");
        collector.destroy();
        collector.waitFor();
        int events = 0;
        int passed = 0;
        for (JsonNode server : servers) {
            events += server.get("events").asInt();
            passed += server.get("state").asText().equals("pass") ? 1 : 0;
        }
        assertEquals(SERVERS * EVENTS + " events, " + SERVERS + " passed", events + " events, " + passed + " passed");
    }
}
