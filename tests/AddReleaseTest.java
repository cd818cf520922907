//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/release/ReleaseModel.java
//SOURCES ../container-images/add-release.java
//SOURCES ../lab/LocalRegistry.java
//SOURCES ../lab/ReleaseCorpus.java
//SOURCES Repository.java
//SOURCES ScriptRun.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;
import common.cli.Proc;
import common.release.ReleaseModel;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** In a copy of the checkout; its container-images/ is given, since the script is not started from there. */
@DisplayName("add-release:")
class AddReleaseTest {
    private static final String VERSION = "4.12.0-rc.1";
    private static final String INITIAL_LIST = "images-" + VERSION + "/initial-images-" + VERSION + ".txt";
    private static final String OCP_LIST = "ocp-images-" + VERSION + "/ocp-images-" + VERSION + ".txt";
    private static final String NEEDED = "jbang|jbang-catalog.json|common/.*java"
            + "|container-images/(ocp-)?images-4\\.10\\.3/.*(java|txt)";

    @TempDir
    static Path folder;
    private static LocalRegistry registry;
    private static ReleaseCorpus corpus;
    private static ReleaseCorpus.Published release;

    @BeforeAll
    static void start() throws IOException {
        registry = LocalRegistry.start(folder.resolve("registry"));
        corpus = ReleaseCorpus.on(registry.port(), folder);
        release = corpus.publish(VERSION);
        Files.writeString(folder.resolve("auth.json"), "{}");
    }

    @AfterAll
    static void stop() {
        registry.close();
    }

    @Test
    @DisplayName("the initial list has what release --initial lists, the release's tag, and 4.10.3's further images")
    void initialList() throws IOException {
        Path root = add(checkout());
        List<String> expected = new ArrayList<>(List.of(release.pinned() + " " + VERSION + "-x86_64"));
        ReleaseModel.INITIAL.forEach(name -> expected.add(release.payload().get(name)));
        Files.readAllLines(root.resolve("images-4.10.3/initial-images-4.10.3.txt")).stream()
                .filter(line -> !line.contains("/openshift-release-dev/")).forEach(expected::add);
        assertEquals(expected.stream().sorted().toList(),
                Files.readAllLines(root.resolve(INITIAL_LIST)));
    }

    @Test
    @DisplayName("--add names the initial list's further images instead")
    void further() throws IOException {
        Path root = add(checkout(), "--add", "quay.io/lab/agent:v1");
        List<String> list = Files.readAllLines(root.resolve(INITIAL_LIST));
        assertEquals(List.of("quay.io/lab/agent:v1"),
                list.stream().filter(line -> !line.contains("/openshift-release-dev/")).toList());
    }

    @Test
    @DisplayName("the other list has the release image and its payload, but for what --exclude-tag finds")
    void ocpList() throws IOException {
        Path root = add(checkout(), "--exclude-tag", "aws|azure|gcp");
        List<String> expected = Stream.concat(Stream.of(release.pinned()), release.payload().entrySet().stream()
                .filter(e -> !e.getKey().matches("(aws|azure|gcp).*")).map(e -> e.getValue())).sorted().toList();
        assertEquals(expected, Files.readAllLines(root.resolve(OCP_LIST)));
    }

    @Test
    @DisplayName("scripts are those of 4.10.3 with another version and class name, and executable")
    void scripts() throws IOException {
        Path root = add(checkout());
        Path pull = root.resolve("ocp-images-" + VERSION + "/pull-ocp-" + VERSION + ".java");
        String expected = Files.readString(root.resolve("ocp-images-4.10.3/pull-ocp-4.10.3.java"))
                .replace("PullOcp4103", "PullOcp4120Rc1").replace("4.10.3", VERSION);
        assertAll(() -> assertEquals(expected, Files.readString(pull)), () -> assertTrue(Files.isExecutable(pull)),
                () -> assertEquals(4, scripts(root).size()));
    }

    @Test
    @DisplayName("jbang-catalog.json has the four scripts too, each once, and is otherwise as it was")
    void catalog() throws IOException {
        Path root = checkout();
        JsonNode before = Json.read(root.resolveSibling("jbang-catalog.json"));
        add(root);
        add(root, "--force");
        JsonNode after = Json.read(root.resolveSibling("jbang-catalog.json"));
        assertEquals("container-images/images-" + VERSION + "/extract-initial-" + VERSION + ".java",
                after.path("aliases").path("extract-initial-" + VERSION).path("script-ref").asText());
        assertEquals(before.path("aliases").size() + 4, after.path("aliases").size());
    }

    @Test
    @DisplayName("a release that is there already is not touched")
    void existing() throws IOException {
        Path root = add(checkout());
        ScriptRun run = run(root);
        assertEquals(Cli.FAILED, run.exit());
        assertTrue(run.err().contains("is there already; --force replaces"), run::toString);
    }

    @Test
    @DisplayName("an unknown version leaves no folder behind")
    void unknown() throws IOException {
        Path root = checkout();
        ScriptRun run = ScriptRun.of(new AddRelease(), "4.99.0", "--folder", root, "--authfile",
                folder.resolve("auth.json"), "--registries-conf", corpus.registriesConf());
        assertEquals(Cli.FAILED, run.exit());
        assertFalse(Files.exists(root.resolve("images-4.99.0")));
    }

    @Test
    @Tag("slow")
    @DisplayName("the scripts run: one pulls the release from the registry, one shows its help")
    void run() throws IOException {
        Path root = add(checkout());
        Path extract = root.resolve("images-" + VERSION + "/extract-initial-" + VERSION + ".java");
        String help = launched(root, extract, "--help");
        assertTrue(help.contains("Usage: extract-initial-" + VERSION), help);
        String pulled = launched(root, root.resolve("ocp-images-" + VERSION + "/pull-ocp-" + VERSION + ".java"),
                "--authfile", folder.resolve("auth.json"), "--registries-conf", corpus.registriesConf());
        assertTrue(pulled.contains("25 of 25 images in " + root.resolve("ocp-images-" + VERSION)), pulled);
    }

    private static String launched(Path root, Path script, Object... args) {
        List<String> argv = new ArrayList<>(List.of(root.resolveSibling("jbang").toString(), script.toString()));
        Stream.of(args).map(String::valueOf).forEach(argv::add);
        return Proc.of(argv).check();
    }

    private static List<Path> scripts(Path root) throws IOException {
        try (Stream<Path> files = Files.find(root, 2, (f, a) -> f.toString().endsWith(VERSION + ".java"))) {
            return files.sorted().toList();
        }
    }

    private static Path add(Path root, Object... more) {
        ScriptRun run = run(root, more);
        assertEquals(Cli.DONE, run.exit(), run::toString);
        return root;
    }

    private static ScriptRun run(Path root, Object... more) {
        List<Object> args = new ArrayList<>(List.of(VERSION, "--folder", root, "--authfile",
                folder.resolve("auth.json"), "--registries-conf", corpus.registriesConf()));
        args.addAll(List.of(more));
        return ScriptRun.of(new AddRelease(), args.toArray());
    }

    /** The source files that the scripts of a release need; container-images/ of the copy. */
    private static Path checkout() throws IOException {
        Path copy = Files.createTempDirectory(folder, "checkout");
        for (Path file : Repository.files()) {
            Path path = Repository.ROOT.relativize(file);
            if (path.toString().matches(NEEDED)) {
                Files.createDirectories(copy.resolve(path).getParent());
                Files.copy(file, copy.resolve(path));
            }
        }
        return copy.resolve("container-images");
    }
}
