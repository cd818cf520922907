//SOURCES ../common/cli/Cli.java
//SOURCES AssistedLab.java
//SOURCES AssistedSimulator.java
//SOURCES ScriptRun.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import common.cli.Cli;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("fault")
@DisplayName("create-ai-cluster:")
class DiscoveryIsoTest {
    @TempDir
    Path folder;
    @AutoClose
    private AssistedLab lab;
    private AssistedSimulator service;

    @BeforeEach
    void start() throws IOException {
        lab = new AssistedLab(folder);
        service = lab.service;
    }

    @Test
    @DisplayName("--iso goes on after a broken connection, and downloads nothing that is there")
    void iso() throws IOException {
        Path iso = folder.resolve("d.iso");
        service.cutImage = 300_000; // a reader's buffer has 128 KiB
        lab.done("--until", "registered", "--iso", iso);
        assertEquals(-1, Files.mismatch(iso, Files.write(folder.resolve("expected"), service.iso)));
        ScriptRun again = lab.done("--until", "registered", "--iso", iso);
        assertTrue(again.out().contains(iso + ", there already"), again::toString);
    }

    /** A run that breaks off; afterwards {@code ranges} hears what later ones ask for. */
    private void interrupt(Path iso, List<String> ranges) {
        service.cutImage = 300_000; // a reader's buffer has 128 KiB
        service.fault = asked -> asked.path().startsWith("/images/") && asked.range() != null
                ? new AssistedSimulator.Answer(503, "", new byte[0]) : null;
        assertEquals(Cli.FAILED, lab.run("--until", "registered", "--iso", iso).exit());
        assertFalse(Files.exists(iso));
        service.fault = asked -> {
            ranges.add(String.valueOf(asked.range()));
            return null;
        };
    }

    @Test
    @DisplayName("--iso goes on where an earlier run was interrupted")
    void resumed() throws IOException {
        Path iso = folder.resolve("d.iso");
        List<String> ranges = new ArrayList<>();
        interrupt(iso, ranges);
        lab.done("--until", "registered", "--iso", iso);
        assertTrue(ranges.stream().anyMatch(r -> r.matches("bytes=\\d{6}-")), ranges::toString);
        assertEquals(-1, Files.mismatch(iso, Files.write(folder.resolve("expected"), service.iso)));
    }

    @Test
    @DisplayName("--iso does not go on with what is left of another ISO, and removes it")
    void otherIso() throws IOException {
        Path iso = folder.resolve("d.iso");
        List<String> ranges = new ArrayList<>();
        interrupt(iso, ranges);
        lab.time.sleep(Duration.ofMinutes(1));
        Path other = lab.patch("other.patch", "ignition_config_override", AssistedLab.units("other.service", "data"));
        lab.done("--until", "registered", "--iso", iso, "--discovery-patch", other);
        assertTrue(ranges.stream().allMatch("null"::equals), ranges::toString);
        assertEquals(-1, Files.mismatch(iso, Files.write(folder.resolve("expected"), service.iso)));
        try (Stream<Path> files = Files.list(folder)) {
            assertTrue(files.noneMatch(f -> f.toString().contains(".partial")));
        }
    }

    @Test
    @DisplayName("--iso gets a fresh address when the token in the first one has ended")
    void tokenEnded() throws IOException {
        List<String> refused = new ArrayList<>();
        service.fault = asked -> asked.path().startsWith("/images/") && refused.isEmpty() && refused.add(asked.path())
                ? new AssistedSimulator.Answer(401, "", new byte[0]) : null;
        lab.done("--until", "registered", "--iso", folder.resolve("d.iso"));
        assertEquals(2, service.calls("GET /infra-envs/{id}/downloads/image-url"));
    }

    @Test
    @DisplayName("--iso that the image service never gives: an error without its address")
    void refused() {
        service.fault = asked -> asked.path().startsWith("/images/")
                ? new AssistedSimulator.Answer(404, "", new byte[0]) : null;
        ScriptRun run = lab.run("--until", "registered", "--iso", folder.resolve("d.iso"));
        assertEquals(Cli.FAILED, run.exit(), run::toString);
        assertTrue(run.err().contains("the image service answers 404; is it running"), run::toString);
        assertFalse(run.toString().contains("image_token"), run::toString);
    }
}
