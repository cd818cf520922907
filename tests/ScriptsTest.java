//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Proc.java
//SOURCES Repository.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Json;
import common.cli.Proc;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("scripts")
@DisplayName("Scripts:")
class ScriptsTest {
    private static final Pattern TYPE =
            Pattern.compile("(?m)^(?:public |final |abstract |sealed )*(?:class|record|interface|enum) (\\w+)");

    static List<Path> scripts() {
        return Repository.scripts();
    }

    /** In an environment with PATH and HOME alone, as on a fresh machine: above all without a locale. */
    private static Proc bare(Object... argv) {
        List<String> words = new ArrayList<>(List.of("env", "-i", "HOME=" + System.getenv("HOME"),
                "PATH=" + Repository.ROOT + ":" + System.getenv("PATH")));
        Stream.of(argv).forEach(a -> words.add(a.toString()));
        return Proc.of(words);
    }

    @ParameterizedTest(name = "{0}: builds and runs on a bare machine, by its own name, and --help shows an example")
    @MethodSource("scripts")
    void help(Path script) {
        bare(Repository.LAUNCHER, "build", script).check(); // says so on stderr
        Proc.Result result = bare(script, "--help").run();
        assertAll(() -> assertEquals(0, result.exit(), result.err()),
                () -> assertTrue(result.out().contains("Example"), result.out()),
                () -> assertEquals("", result.err()));
    }

    @ParameterizedTest(name = "{0}: resolves at most one version of Jackson")
    @MethodSource("scripts")
    void jackson(Path script) {
        String tools = Proc.of(Repository.LAUNCHER.toString(), "info", "tools", script.toString()).check();
        JsonNode info = Json.parse(tools.getBytes(StandardCharsets.UTF_8), "info tools");
        Set<String> versions = new TreeSet<>();
        // annotations have had no patch number since 2.20
        Pattern jackson = Pattern.compile("/com/fasterxml/jackson/.*/jackson-(?!annotations)[a-z0-9-]+?-(\\d[^/]*)\\.jar$");
        info.path("resolvedDependencies").forEach(jar ->
                jackson.matcher(jar.asText()).results().forEach(m -> versions.add(m.group(1))));
        assertTrue(versions.size() <= 1, versions.toString());
    }

    @ParameterizedTest(name = "{0}: has one class, whose main only calls Cli.run")
    @MethodSource("scripts")
    void oneClass(Path script) {
        String text = Repository.text(script);
        List<String> types = TYPE.matcher(text).results().map(m -> m.group(1)).toList();
        assertEquals(1, types.size(), types.toString());
        Pattern main = Pattern.compile("static void main\\(String(?:\\.\\.\\.|\\[]) args\\) \\{\\s*"
                + "System\\.exit\\(Cli\\.run\\(new " + types.get(0) + "\\(\\), args\\)\\);\\s*}");
        assertEquals(1, main.matcher(text).results().count());
    }

    @ParameterizedTest(name = "the README''s {0}: the script has these options, with no locale too")
    @MethodSource("readmeCommands")
    void readme(String command) {
        List<String> words = new ArrayList<>(List.of(command.replace("'", "").split("\\s+")));
        String name = Path.of(words.remove(0)).getFileName().toString();
        Path script = scripts().stream().filter(s -> s.getFileName().toString().equals(name)).findFirst().orElseThrow();
        Proc.Result result = bare(Stream.of(List.of(script), words, List.of("--help")).flatMap(List::stream).toArray()).run();
        assertEquals(0, result.exit(), result.err());
        assertTrue(result.out().startsWith("Usage: "), result.out());
    }

    /** What follows jbang on each line of an example, up to a comment, a pipe or a redirection. */
    static List<String> readmeCommands() {
        String text = Repository.text(Repository.ROOT.resolve("README.md")).replaceAll("\\\\\n *", "");
        List<String> commands = Pattern.compile("(?m)^(?:\\.{0,2}/)?jbang ([\\w./-]+\\.java[^#|>&\\n]*)").matcher(text).results()
                .map(m -> m.group(1).strip()).toList();
        assertTrue(commands.size() > 20, commands.toString());
        return commands;
    }

    @Test
    @DisplayName("class names are unique in the repository")
    void uniqueNames() {
        Set<String> seen = new HashSet<>();
        assertEquals(List.of(), found(TYPE).filter(name -> !seen.add(name)).toList());
    }

    @Test
    @DisplayName("but for //SOURCES and imports scripts have fewer than 120 lines, all other Java files, create-vm and verify fewer than 300")
    void sizes() {
        Path tests = Repository.ROOT.resolve("tests"); // run_tests grows with its list
        Set<Path> longer = Set.of(Repository.ROOT.resolve("create-vm.java"), // a dozen steps, with an option or two each
                Repository.ROOT.resolve("container-images/verify.java"));
        assertNone(f -> Repository.text(f).lines().filter(l -> !l.matches("(//SOURCES|import) .*")).count()
                >= (scripts().contains(f) && !f.startsWith(tests) && !longer.contains(f) ? 120 : 300));
    }

    @Test
    @DisplayName("directives have no blank after //, no wildcard, and every dependency an exact version")
    void directives() {
        Pattern directive = Pattern.compile("(?m)^//\\s*(?:JAVA|SOURCES|DEPS|REPOS|FILES|\\w+_OPTIONS)\\b.*$");
        Pattern good = Pattern.compile("//(?:JAVA \\d+\\+|SOURCES [\\w./-]+\\.java|DEPS [\\w.-]+:[\\w.-]+:\\d[\\w.-]*"
                + "|FILES [\\w./=-]+|\\w+_OPTIONS .+)");
        assertNone(f -> directive.matcher(Repository.text(f)).results()
                .anyMatch(d -> !good.matcher(d.group()).matches() || d.group().contains("SNAPSHOT")));
    }

    @Test
    @DisplayName("a dependency has the same version wherever it is declared")
    void oneVersion() {
        Set<String> declared = found(Pattern.compile("(?m)^//DEPS (\\S+)$")).collect(Collectors.toSet());
        Set<String> artifacts = new HashSet<>();
        declared.forEach(d -> artifacts.add(d.substring(0, d.lastIndexOf(':'))));
        assertEquals(artifacts.size(), declared.size(), new TreeSet<>(declared).toString());
    }

    @Test
    @DisplayName("the catalog has one alias, with a description, for each script, and no other")
    void catalog() {
        JsonNode aliases = Json.read(Repository.ROOT.resolve("jbang-catalog.json")).path("aliases");
        List<Path> listed = new ArrayList<>();
        aliases.forEach(alias -> listed.add(Repository.ROOT.resolve(alias.path("script-ref").asText())));
        assertEquals(scripts(), listed.stream().sorted().toList());
        aliases.forEach(alias -> assertFalse(alias.path("description").asText().isBlank(), alias.toString()));
    }

    @Test
    @DisplayName("no file names a host of a package repository")
    void noHostNames() {
        Pattern host = Pattern.compile("\\w+\\.(maven|sonatype|debian|ubuntu|fedoraproject|centos|jitpack|gradle)"
                + "\\.(org|com|net|io|apache)\\b");
        assertEquals(List.of(),
                Repository.files().stream().filter(f -> host.matcher(Repository.text(f)).find()).toList());
    }

    @Test
    @DisplayName("run_tests lists every test class")
    void listed() {
        Path tests = Repository.ROOT.resolve("tests");
        String list = Repository.text(tests.resolve("run_tests.java"));
        assertNone(f -> f.startsWith(tests) && f.toString().endsWith("Test.java")
                && !list.contains("\n//SOURCES " + tests.relativize(f) + "\n"));
    }

    private static void assertNone(Predicate<Path> isBad) {
        assertEquals(List.of(), Repository.javaFiles().stream().filter(isBad).toList());
    }

    /** Group 1 of the pattern, in all Java files. */
    private static Stream<String> found(Pattern pattern) {
        return Repository.javaFiles().stream().flatMap(f -> pattern.matcher(Repository.text(f)).results())
                .map(m -> m.group(1));
    }
}
