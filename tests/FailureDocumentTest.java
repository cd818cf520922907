//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES Repository.java
//SOURCES ScriptRun.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

@DisplayName("With --json a failure is a document, too, and stdout has nothing else:")
class FailureDocumentTest {
    private static final Pattern TYPE = Pattern.compile("(?m)^(?:public |final )*class (\\w+) ");
    private static final String NOWHERE = "/no/such/place";
    /** Of each script with --json: arguments that are right, about what is not there. */
    private static final Map<String, List<String>> FAIL = Map.ofEntries(
            Map.entry("create-gpt-partition", List.of("--device", NOWHERE)),
            Map.entry("create-vm", List.of("--profile", NOWHERE)),
            Map.entry("create-ai-cluster", List.of("status", "--url", "http://127.0.0.1:1", "--name", "x")),
            Map.entry("curl-all", List.of("127.0.0.1:1", NOWHERE)),
            Map.entry("verify", List.of(NOWHERE)),
            Map.entry("build-store", List.of(NOWHERE)),
            Map.entry("stage-server", List.of("127.0.0.1:1", "--hint", "serialNumber=none", "--public-key", NOWHERE)),
            Map.entry("stage-node", List.of(NOWHERE)),
            Map.entry("pull-initial-4.10.3", List.of("--list", NOWHERE)),
            Map.entry("pull-ocp-4.10.3", List.of("--list", NOWHERE)),
            Map.entry("pull", List.of("--list", NOWHERE)),
            Map.entry("extract-initial-4.10.3", List.of("--folder", NOWHERE)),
            Map.entry("extract-ocp-4.10.3", List.of("--folder", NOWHERE)),
            Map.entry("olm", List.of("--index", "quay.io/a/b:c", "--packages", "x", "--registries-conf", NOWHERE)),
            Map.entry("release", List.of("4.10.3", "--registries-conf", NOWHERE)));

    /** Of all scripts but the benchmark and the lab, which are not among the sources of the tests. */
    static Stream<Path> scripts() {
        return Repository.scripts().stream().map(Repository.ROOT::relativize).filter(s -> !s.startsWith("bench") && !s.startsWith("lab"))
                .filter(s -> new CommandLine(script(s)).getCommandSpec().optionsMap().containsKey("--json"));
    }

    private static Cli.Command script(Path file) {
        Matcher type = TYPE.matcher(Repository.text(Repository.ROOT.resolve(file)));
        assertTrue(type.find(), file.toString());
        try {
            var constructor = Class.forName(type.group(1)).getDeclaredConstructor();
            constructor.setAccessible(true);
            return (Cli.Command) constructor.newInstance();
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(file.toString(), e);
        }
    }

    private static ScriptRun run(Path script, List<String> args, String... more) {
        return ScriptRun.of(script(script), Stream.concat(args.stream(), Stream.of(more)).toArray());
    }

    private static void assertFailure(ScriptRun run) {
        JsonNode document = Json.parse(run.out().getBytes(StandardCharsets.UTF_8), "stdout");
        assertNotEquals(Cli.DONE, run.exit());
        assertAll(() -> assertEquals(run.exit(), document.path("exitCode").asInt()),
                () -> assertTrue(run.err().contains("error: " + document.path("error").asText() + "\n"), run::toString),
                () -> assertTrue(document.path("failed").isArray(), run::toString));
    }

    @ParameterizedTest(name = "{0}, what is asked for is not there")
    @MethodSource("scripts")
    void failure(Path script) {
        List<String> args = FAIL.get(script.getFileName().toString().replaceFirst("\\.java$", ""));
        assertNotEquals(Cli.USAGE, run(script, args).exit()); // else the next line would say nothing of its own
        assertFailure(run(script, args, "--json"));
        assertEquals("", run(script, args).out());
    }

    @ParameterizedTest(name = "{0}, an option that it does not have")
    @MethodSource("scripts")
    void usage(Path script) {
        ScriptRun run = run(script, List.of("--no-such-option", "--json"));
        assertEquals(Cli.USAGE, run.exit());
        assertFailure(run);
    }

    @Test
    @DisplayName("README and CONTRIBUTING give the exit codes that --help gives")
    void exitCodes() {
        List<String> codes = List.of(Cli.Command.class.getAnnotation(CommandLine.Command.class).exitCodeList());
        Map<String, String> help = codes.stream().map(c -> c.split(":", 2)).collect(Collectors.toMap(c -> c[0], c -> c[1]));
        Map<String, String> table = Pattern.compile("(?m)^\\| (\\d+) \\| (.*) \\|$")
                .matcher(Repository.text(Repository.ROOT.resolve("CONTRIBUTING.md"))).results()
                .collect(Collectors.toMap(r -> r.group(1), r -> r.group(2)));
        String readme = Repository.text(Repository.ROOT.resolve("README.md")).replaceAll("\\s+", " ");
        Matcher sentence = Pattern.compile("Exit codes: ([^.]*)\\.").matcher(readme);
        assertTrue(sentence.find());
        List<String> inReadme = Arrays.stream(sentence.group(1).split(", (?=\\d)")).map(c -> c.replaceAll(" .*", "")).toList();
        assertAll(() -> assertEquals(help, table),
                () -> assertEquals(codes.stream().map(c -> c.replaceAll(":.*", "")).toList(), inReadme));
    }
}
