//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Progress.java
//SOURCES ../common/cli/ProgressOption.java
//SOURCES ../common/cli/ProgressReport.java
//SOURCES ../container-images/add-release.java
//SOURCES ../container-images/build-store.java
//SOURCES ../container-images/curl-all.java
//SOURCES ../container-images/images-4.10.3/extract-initial-4.10.3.java
//SOURCES ../container-images/images-4.10.3/pull-initial-4.10.3.java
//SOURCES ../container-images/pre-cache/main.java
//SOURCES ../container-images/verify.java
//SOURCES ../create-ai-cluster.java
//SOURCES ../create-vm.java
//SOURCES ../lab/WebServer.java
//SOURCES PullLab.java
//SOURCES ScriptRun.java
//SOURCES ServedTree.java
//SOURCES StagedDisk.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;
import common.cli.Progress;
import common.cli.ProgressOption;
import common.cli.ProgressReport;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

@DisplayName("progress")
class ProgressTest {
    @TempDir
    Path temp;

    /** What stderr gets of a task in that style. */
    private static String told(String style, Work work) throws Exception {
        PrintStream stderr = System.err;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        new CommandLine(new Asked()).setCaseInsensitiveEnumValuesAllowed(true).parseArgs("--progress", style);
        System.setErr(new PrintStream(bytes, true));
        try (Progress progress = Progress.start("Pulling", 2, 4_000_000)) {
            work.with(progress);
        } finally {
            System.setErr(stderr);
            new CommandLine(new Asked()).setCaseInsensitiveEnumValuesAllowed(true).parseArgs();
        }
        return bytes.toString();
    }

    private interface Work {
        void with(Progress progress) throws Exception;
    }

    @CommandLine.Command
    private static final class Asked {
        @CommandLine.Mixin
        ProgressOption progress;
    }

    private static List<JsonNode> documents(String err) {
        return err.lines().filter(l -> l.startsWith("{")).map(l -> Json.parse(l.getBytes(), "stderr")).toList();
    }

    private static void half(Progress progress) {
        progress.begin("a");
        progress.begin("b");
        progress.advance(1_000_000);
        progress.end("a");
    }

    @Test
    @DisplayName("as JSON is a document a line with restic's fields, the last one a summary")
    void json() throws Exception {
        String err = told("json", ProgressTest::half);
        List<JsonNode> lines = documents(err);
        assertEquals(err.lines().count(), lines.size(), err);
        JsonNode first = lines.get(0);
        assertEquals("status 0.0 2 0 4000000 0 0", first.path("message_type").asText() + " " + first.path("percent_done")
                + " " + first.path("total_files") + " " + first.path("files_done") + " " + first.path("total_bytes") + " "
                + first.path("bytes_done") + " " + first.path("seconds_elapsed"));
        JsonNode status = lines.get(lines.size() - 2);
        assertEquals("0.25 1 1000000 [\"b\"]", status.path("percent_done") + " " + status.path("files_done") + " "
                + status.path("bytes_done") + " " + status.path("current_files"));
        assertTrue(status.has("seconds_remaining"), status::toString);
        JsonNode summary = lines.get(lines.size() - 1);
        assertEquals("summary 1 1000000", summary.path("message_type").asText() + " "
                + summary.path("total_files_processed") + " " + summary.path("total_bytes_processed"));
    }

    @Test
    @DisplayName("as JSON names what failed and why")
    void failure() throws Exception {
        List<JsonNode> lines = documents(told("json", progress -> progress.failed("a", "404")));
        JsonNode error = lines.get(1);
        assertEquals("error 404 Pulling a", error.path("message_type").asText() + " " + error.at("/error/message").asText()
                + " " + error.path("during").asText() + " " + error.path("item").asText());
        assertEquals(1, lines.get(2).path("error_count").asInt());
    }

    @Test
    @DisplayName("none says nothing, line says what a log should have")
    void noneAndLine() throws Exception {
        assertEquals("", told("none", progress -> progress.line("Pulled a [1/2]")));
        assertEquals("Pulled a [1/2]\n", told("line", progress -> progress.line("Pulled a [1/2]")));
    }

    static Stream<Cli.Command> longCommands() {
        return Stream.of(new PullInitial4103(), new CurlAll(), new BuildStore(), new ExtractInitial4103(), new Verify(),
                new CreateVm(), new AddRelease(), new CreateAiCluster(), new PreCacheMain());
    }

    @ParameterizedTest
    @MethodSource("longCommands")
    @DisplayName("is an option of every long command")
    void option(Cli.Command script) {
        CommandLine.Model.OptionSpec option = new CommandLine(script).getCommandSpec().findOption("--progress");
        assertEquals("auto|line|json|none", option == null ? "" : option.paramLabel());
    }

    @Test
    @DisplayName("in a log is done of total, rate, time so far and left, and what is being done")
    void text() {
        AtomicLong now = new AtomicLong();
        ProgressReport report = new ProgressReport("Pulling", 2, 400_000_000, now::get);
        report.begin("a");
        report.begin("b");
        report.end("a");
        report.advance(100_000_000);
        now.set(Duration.ofSeconds(30).toNanos());
        assertEquals("Pulling: 1 of 2, 100.0 of 400.0 MB (25 %), 3.3 MB/s, 30 s so far, about 1 min 30 s left, b",
                report.text());
    }

    @Test
    @DisplayName("in a log where no total is known is what is, and the time")
    void unknown() {
        AtomicLong now = new AtomicLong();
        ProgressReport report = new ProgressReport("Packing", 0, -1, now::get);
        now.set(Duration.ofMinutes(61).toNanos());
        assertEquals("Packing: 1 h 1 min so far", report.text());
    }

    @Test
    @Timeout(60)
    @DisplayName("in a log comes again and again, whether anything moves or not")
    void again() throws InterruptedException {
        PrintStream stderr = System.err;
        CountDownLatch lines = new CountDownLatch(3);
        System.setErr(new PrintStream(OutputStream.nullOutputStream()) {
            @Override
            public void println(String line) {
                lines.countDown();
            }
        });
        try (Progress progress = new Progress.Log(new ProgressReport("Packing", 0, -1, System::nanoTime), false,
                Duration.ofMillis(1))) {
            lines.await();
        } finally {
            System.setErr(stderr);
        }
    }

    @Test
    @DisplayName("of verify sums up to what it announces")
    void verify() throws IOException {
        assertComplete(StagedDisk.verify(StagedDisk.server(temp).root, "--progress", "json"));
    }

    @Test
    @DisplayName("of curl-all sums up to what it announces")
    void curlAll() throws IOException {
        ServedTree server = StagedDisk.server(temp);
        try (WebServer nginx = WebServer.start(temp.resolve("nginx"), server.root)) {
            assertComplete(ScriptRun.of(new CurlAll(), "127.0.0.1:" + nginx.port(), Files.createDirectory(
                    temp.resolve("mnt")), "--mode", "load", "--progress", "json"));
        }
    }

    @Test
    @DisplayName("of a pull sums up to what it announces")
    void pull() throws IOException {
        try (PullLab lab = PullLab.start(Files.createDirectory(temp.resolve("lab")))) {
            assertComplete(lab.initial(temp.resolve("pulled"), "--progress", "json"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "line"})
    @DisplayName("none and line leave JSON to --json")
    void others(String style) throws IOException {
        ScriptRun run = StagedDisk.verify(StagedDisk.server(temp).root, "--progress", style);
        assertEquals(List.of(), documents(run.err()));
        assertEquals(Cli.DONE, run.exit(), run::toString);
    }

    private static void assertComplete(ScriptRun run) {
        List<JsonNode> lines = documents(run.err());
        assertFalse(lines.isEmpty(), run::toString);
        JsonNode status = lines.get(lines.size() - 2);
        assertEquals(status.path("total_bytes"), status.path("bytes_done"), run::toString);
        assertEquals(status.path("total_files"), status.path("files_done"), run::toString);
        assertTrue(status.path("total_bytes").asLong() > 0, run::toString);
    }
}
