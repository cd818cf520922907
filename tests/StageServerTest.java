//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../container-images/stage-server.java
//SOURCES ../container-images/verify.java
//SOURCES FakeServer.java
//SOURCES FaultyServer.java
//SOURCES Repository.java
//SOURCES ScriptRun.java
//SOURCES Scripts.java
//SOURCES ServedTree.java
//SOURCES TestDisk.java
//DEPS com.atlassian.oai:swagger-request-validator-core:2.46.1

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.fge.jsonschema.main.JsonSchemaFactory;
import common.cli.Cli;
import common.cli.Json;
import common.cli.Proc;
import mockwebserver3.MockResponse;
import mockwebserver3.RecordedRequest;
import okhttp3.Headers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a loop device that lsblk lists as a disk, in a server that /sys and /proc of a folder make up. */
@Tag("partition")
@DisplayName("stage-server")
class StageServerTest {
    private static final String EVENTS = "/events";
    @TempDir
    Path folder;
    private Path root;
    private FakeServer server;
    private String signer = "factory";
    private FaultyServer web;
    private TestDisk disk;

    @BeforeEach
    void line() throws IOException {
        root = Files.createDirectory(folder.resolve("container-images"));
        ServedTree.small(root);
        key("factory");
        ScriptRun signed = ScriptRun.of(new Verify(), root, "--sign", folder.resolve("factory.pem"));
        assertEquals(Cli.DONE, signed.exit(), signed::toString);
        server = new FakeServer(folder.resolve("server"));
        web = new FaultyServer(root).at(EVENTS, r -> new MockResponse(204, Headers.of(), ""));
        disk = new TestDisk(folder, TestDisk.MIB * 1024).attach();
    }

    @AfterEach
    void close() throws IOException {
        web.close();
        disk.close();
    }

    private void key(String name) {
        Proc.of("sh", "-c", "umask 077; openssl genpkey -algorithm ed25519 -out $0.pem; openssl pkey -in $0.pem -pubout -out $0.pub",
                folder.resolve(name).toString()).check();
    }

    private ScriptRun stage(Object... more) throws IOException {
        Object[] args = Stream.concat(Stream.of(web.base(), "--hint", "serialNumber=SN1", "--size", "400MiB", "--public-key",
                folder.resolve(signer + ".pub"), "--root", server.root, "--report", "http://" + web.base() + EVENTS),
                Stream.of(more)).toArray();
        Proc.Result result = Scripts.program(StageServer.class, args).env("PATH", disk.listed(folder, "")).run();
        return new ScriptRun(result.exit(), result.out(), result.err());
    }

    private List<RecordedRequest> events() {
        return web.requests().stream().filter(r -> r.getTarget().equals(EVENTS)).toList();
    }

    private List<String> types() {
        return events().stream().map(e -> e.getHeaders().get("ce-type").replace("pre-staging.server.", "")).toList();
    }

    private static JsonNode data(RecordedRequest event) {
        return Json.parse(event.getBody().toByteArray(), "event");
    }

    /** What the staged partition has: its report, and what verify says of it. */
    private JsonNode kept() throws IOException {
        Path mount = Files.createDirectories(folder.resolve("mount"));
        Proc.of("mount", "-o", "ro", disk.node(1).toString(), mount.toString()).check();
        try {
            ScriptRun verified = ScriptRun.of(new Verify(), mount, "--public-key", folder.resolve("factory.pub"));
            assertEquals(Cli.DONE, verified.exit(), verified::toString);
            return Json.read(mount.resolve("stage-report.json"));
        } finally {
            Proc.of("umount", mount.toString()).check();
        }
    }

    @Test
    @DisplayName("checks the server, stages and verifies its disk, and reports to the line and onto the partition")
    void stages() throws Exception {
        Path profile = Files.writeString(folder.resolve("line.yaml"), "memoryGigabytes: 2\nwriteMegabytes: 1\n");
        Path serials = Files.writeString(folder.resolve("batch.csv"), "SN0001,rack 1\n");
        ScriptRun run = stage("--profile", profile, "--serials", serials);
        assertEquals(Cli.DONE, run.exit(), run::toString);
        JsonNode report = kept();
        List<RecordedRequest> events = events();
        JsonNode schema = Json.read(Repository.ROOT.resolve("docs/stage-report.schema.json"));
        List<String> wrong = new ArrayList<>();
        for (RecordedRequest event : events) {
            JsonSchemaFactory.byDefault().getJsonSchema(schema).validate(data(event)).forEach(m -> wrong.add(m.toString()));
        }
        String id = "SN0001/6f1e0c7a-3c5f-4a52-8e1f-1d2c3b4a5960/";
        assertAll(() -> assertTrue(run.out().contains("\nPASS: serial SN0001, Example Inc. Edge 1000"), run::toString),
                () -> assertEquals(List.of("started", "checked", "staged"), types()),
                () -> assertEquals(List.of(id + 1, id + 2, id + 3), events.stream().map(e -> e.getHeaders().get("ce-id")).toList()),
                () -> assertEquals("1.0 /servers/SN0001 application/json; charset=utf-8",
                        events.get(2).getHeaders().get("ce-specversion") + " " + events.get(2).getHeaders().get("ce-source") + " "
                                + events.get(2).getHeaders().get("content-type")),
                () -> assertEquals(List.of(), wrong),
                () -> assertEquals(report, data(events.get(2))),
                () -> assertEquals("SN1", report.at("/disk/serialNumber").asText()),
                () -> assertEquals(5, report.at("/staged/images").asInt()),
                () -> assertEquals(8, report.path("checks").size()),
                () -> assertTrue(report.path("checks").valueStream().anyMatch(c -> c.path("name").asText().equals("write speed")
                        && c.path("found").asText().endsWith(" MB/s")), report::toString));
    }

    @Test
    @DisplayName("writes nothing to a server that is not fit, not on the list, or asked to stage what another key signed")
    void refuses() throws IOException {
        String before = disk.digest();
        Path profile = Files.writeString(folder.resolve("line.yaml"), "memoryGigabytes: 64\n");
        ScriptRun unfit = stage("--profile", profile);
        ScriptRun unknown = stage("--serials", Files.writeString(folder.resolve("batch.csv"), "SN0002\n"));
        signer = "other";
        key(signer);
        ScriptRun signed = stage();
        assertAll(() -> assertEquals(List.of(Cli.FAILED, Cli.FAILED, Cli.FAILED), List.of(unfit.exit(), unknown.exit(), signed.exit())),
                () -> assertTrue(unfit.err().contains("error: this server is not fit: memory: 2.0 GiB, wanted at least 64 GiB; nothing "
                        + "was written"), unfit::toString),
                () -> assertTrue(unknown.err().contains("error: this server is not on the list batch.csv"), unknown::toString),
                () -> assertTrue(signed.err().contains("inventory.json: not signed with the key that was given"), signed::toString),
                () -> assertEquals(before, disk.digest()),
                () -> assertEquals(List.of("started", "failed", "started", "failed", "started", "failed"), types()),
                () -> assertTrue(data(events().get(1)).path("error").asText().contains("wanted at least 64 GiB")));
    }

    @Test
    @DisplayName("with --dry-run says what it would do, and writes nothing")
    void dry() throws IOException {
        String before = disk.digest();
        Path profile = Files.writeString(folder.resolve("line.yaml"), "writeMegabytes: 1\n");
        ScriptRun run = stage("--dry-run", "--profile", profile);
        assertAll(() -> assertEquals(Cli.DONE, run.exit(), run::toString),
                () -> assertTrue(run.out().contains("mkfs.xfs") && run.out().contains("\nWould be staged: serial SN0001"), run::toString),
                () -> assertEquals(before, disk.digest()),
                () -> assertEquals(List.of("started", "checked", "checked"), types()));
    }

    @Test
    @DisplayName("reports under a serial number that no header can hold")
    void anySerial() throws IOException {
        server.dmi("product_serial", "SN 1/\u00e9");
        ScriptRun run = stage("--dry-run");
        assertAll(() -> assertEquals(Cli.DONE, run.exit(), run::toString), () -> assertEquals(List.of("started", "checked", "checked"), types()),
                () -> assertTrue(events().get(0).getHeaders().get("ce-id").startsWith("SN%201%2F%C3%"), () -> "" + events().get(0).getHeaders()));
    }

    @Test
    @DisplayName("goes on after a failure, and fetches no layer twice")
    void goesOn() throws IOException {
        String layer = "/" + root.relativize(new ServedTree(root).ownLayer("ocp-images", "4.10.3"));
        web.at(layer, r -> new MockResponse(404, Headers.of(), ""));
        ScriptRun partial = stage();
        assertEquals(Cli.PARTIAL, partial.exit(), partial::toString);
        int before = web.requests().size();
        web.at(layer, r -> new MockResponse.Builder().code(200).body(new okio.Buffer().write(bytes(layer))).build());
        ScriptRun whole = stage();
        List<String> again = web.paths().subList(before, web.paths().size()).stream().filter(p -> p.startsWith("/blobs/") && bytes(p).length > 10_000).toList();
        assertAll(() -> assertEquals(Cli.DONE, whole.exit(), whole::toString), () -> assertEquals(List.of(layer), again));
        kept();
    }

    private byte[] bytes(String path) {
        try {
            return Files.readAllBytes(root.resolve(path.substring(1)));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    @DisplayName("sends its last report again, under the same id, until it is taken")
    void insists() throws IOException {
        AtomicInteger asked = new AtomicInteger();
        web.at(EVENTS, r -> new MockResponse(asked.incrementAndGet() < 5 ? 503 : 204, Headers.of(), ""));
        ScriptRun run = stage();
        List<String> ids = events().stream().map(e -> e.getHeaders().get("ce-id").replaceAll(".*/", "")).toList();
        assertAll(() -> assertEquals(Cli.DONE, run.exit(), run::toString),
                () -> assertEquals(List.of("1", "2", "3", "3", "3"), ids),
                () -> assertTrue(run.err().contains("the line has not taken the report, it is sent again until it has: HTTP 503"),
                        run::toString));
    }
}
