//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/release/ReleaseModel.java
//SOURCES ../container-images/pre-cache/release.java
//SOURCES ../lab/FileLayer.java
//SOURCES ../lab/LocalRegistry.java
//SOURCES ../lab/ReleaseCorpus.java
//SOURCES AssistedRecordings.java
//SOURCES FaultyServer.java
//SOURCES Repository.java
//SOURCES ScriptRun.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;
import common.release.ReleaseModel;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("release:")
class ReleaseTest {
    private static final String VERSION = "4.10.3";
    private static final String DIGEST = "sha256:" + "a".repeat(64);

    @TempDir
    static Path folder;
    private static LocalRegistry registry;
    private static ReleaseCorpus corpus;
    private static ReleaseCorpus.Published release;
    private static int files;

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
    @DisplayName("lists the payload and the release image by digest, sorted, each once, on stdout and in the file")
    void list() throws IOException {
        ScriptRun run = run(VERSION);
        List<String> expected = Stream.concat(release.payload().values().stream(), Stream.of(release.pinned()))
                .sorted().toList();
        assertEquals(expected, run.out().lines().toList(), run::toString);
        assertEquals(expected, Files.readAllLines(lastFile()));
    }

    @Test
    @DisplayName("a line has the form of the checked-in 4.10.3 list")
    void form() throws IOException {
        String form = "quay\\.io/openshift-release-dev/ocp-(v4\\.0-art-dev|release)@sha256:[0-9a-f]{64}";
        Path checkedIn = Repository.ROOT.resolve("container-images/ocp-images-4.10.3/ocp-images-4.10.3.txt");
        assertEquals(List.of(), Stream.concat(Files.lines(checkedIn), run(VERSION).out().lines())
                .filter(line -> !line.matches(form)).toList());
    }

    @Test
    @DisplayName("takes a release image by digest as well")
    void byDigest() {
        assertEquals(run(VERSION).out(), run(release.pinned()).out());
    }

    @Test
    @DisplayName("--initial lists the discovery stage's 14 payload images, the release image, and what --add names")
    void initial() {
        List<String> lines = run(VERSION, "--initial", "--add", "quay.io/lab/agent:latest").out().lines().toList();
        List<String> expected = new ArrayList<>(ReleaseModel.INITIAL.stream().map(release.payload()::get).toList());
        expected.add(release.pinned());
        expected.add("quay.io/lab/agent:latest");
        assertEquals(expected.stream().sorted().toList(), lines);
        assertEquals(16, lines.size());
    }

    @Test
    @DisplayName("--only lists the payload with these names")
    void only() {
        assertEquals(List.of(release.pinned(), release.payload().get("etcd")).stream().sorted().toList(),
                run(VERSION, "--only", "etcd").out().lines().toList());
    }

    @Test
    @DisplayName("--only with a name that the release does not have names the nearest")
    void onlyUnknown() {
        ScriptRun run = run(VERSION, "--only", "machine-config");
        assertEquals(Cli.USAGE, run.exit());
        assertTrue(run.err().contains("it has machine-config-operator"), run::toString);
    }

    @Test
    @DisplayName("--exclude-tag leaves out by payload name and says how many")
    void exclude() {
        ScriptRun run = run(VERSION, "--exclude-tag", "aws|gcp", "azure");
        assertEquals(ReleaseCorpus.names().size() - 4 + 1, run.out().lines().count());
        assertTrue(run.err().contains("Excluded by aws|gcp: 2 of 24"), run::toString);
        assertTrue(run.err().contains("Excluded by azure: 2 of 24"), run::toString);
    }

    @Test
    @DisplayName("--exclude-file has the patterns a line, with comments")
    void excludeFile() throws IOException {
        Path patterns = Files.writeString(folder.resolve("patterns"), "# clouds\nazure\n\ngcp # another\n");
        ScriptRun run = run(VERSION, "--exclude-file", patterns);
        assertEquals(ReleaseCorpus.names().size() - 3 + 1, run.out().lines().count());
    }

    @Test
    @DisplayName("--initial of a release after 4.12 has the operating system too, marked as what is pulled whole")
    void later() throws IOException {
        ReleaseCorpus.Published published = corpus.publish("4.16.0");
        List<String> names = new ArrayList<>(ReleaseModel.INITIAL);
        names.addAll(List.of("cluster-node-tuning-operator", "cluster-config-api"));
        List<String> expected = new ArrayList<>(names.stream().map(published.payload()::get).toList());
        expected.add(published.pinned());
        List.of("rhel-coreos", "rhel-coreos-extensions").forEach(n -> expected.add(published.payload().get(n) + " !whole"));
        assertEquals(expected.stream().sorted().toList(), run("4.16.0", "--initial").out().lines().toList());
    }

    @Test
    @DisplayName("--hub lists the agent, installer and controller that the service names, from its address or its answer")
    void hub() throws IOException {
        String answer = AssistedRecordings.response("00-components");
        List<String> expected = List.of("quay.io/edge-infrastructure/assisted-installer-agent:v2.4.1",
                "quay.io/edge-infrastructure/assisted-installer-controller:v2.4.1",
                "quay.io/edge-infrastructure/assisted-installer:v2.4.1");
        Path file = Files.writeString(folder.resolve("component-versions"), answer);
        assertEquals(expected, furtherImages(file.toString()));
        try (FaultyServer service = new FaultyServer(folder)) {
            service.page("/api/assisted-install/v2/component-versions", answer);
            assertEquals(expected, furtherImages("http://" + service.base()));
            assertEquals(expected, furtherImages("http://" + service.base() + "/api/assisted-install/v2"));
        }
    }

    private static List<String> furtherImages(String hub) {
        return run(VERSION, "--initial", "--hub", hub).out().lines().filter(l -> !l.contains("/openshift-release-dev/")).toList();
    }

    @Test
    @DisplayName("--hub refuses what is not the service's answer")
    void notTheHub() throws IOException {
        Path file = Files.writeString(folder.resolve("other"), "{\"versions\": {\"discovery-agent\": \"quay.io/a/b:1\"}}");
        ScriptRun run = ScriptRun.of(new Release(), VERSION, "--initial", "--hub", file, "--registries-conf",
                corpus.registriesConf(), "--authfile", folder.resolve("auth.json"), "--output", folder.resolve("none"));
        assertEquals(Cli.FAILED, run.exit(), run::toString);
        assertTrue(run.err().contains("names no image for assisted-installer"), run.err());
    }

    @Test
    @DisplayName("--json gives payload name and reference")
    void jsonDocument() {
        JsonNode json = json(run(VERSION, "--json"));
        SortedMap<String, String> images = new TreeMap<>();
        json.get("images").properties().forEach(e -> images.put(e.getKey(), e.getValue().asText()));
        assertEquals(release.payload(), images);
        assertEquals(release.pinned(), json.get("release").asText());
    }

    @Test
    @DisplayName("an unknown version: the error has the tag that was tried")
    void unknown() {
        assertFails("tried quay.io/openshift-release-dev/ocp-release:4.99.0-x86_64", "4.99.0");
    }

    @Test
    @DisplayName("a tag that has another release than its name says is refused")
    void otherVersion() throws IOException {
        corpus.release("4.10.9", List.of(ReleaseCorpus.references("4.9.1", release.payload()).gzip()));
        assertFails("the registry has release 4.9.1 under this tag", "4.10.9");
    }

    @Test
    @DisplayName("bad JSON: the error has file and line")
    void badJson() throws IOException {
        corpus.release("4.10.9", List.of(FileLayer.with(ReleaseCorpus.REFERENCES, "{\n\"kind\": oops}\n").gzip()));
        assertFails("release-manifests/image-references:2: ", "4.10.9");
    }

    @Test
    @DisplayName("a payload that is not named by digest is refused")
    void byTag() throws IOException {
        SortedMap<String, String> tagged = new TreeMap<>(Map.of("etcd", "quay.io/lab/etcd:latest"));
        corpus.release("4.10.9", List.of(ReleaseCorpus.references("4.10.9", tagged).gzip()));
        assertFails("tag \"etcd\" names no image by digest: \"quay.io/lab/etcd:latest\"", "4.10.9");
    }

    private static void assertFails(String message, Object... args) {
        ScriptRun run = run(args);
        assertEquals(Cli.FAILED, run.exit(), run::toString);
        assertTrue(run.err().contains(message) && run.err().lines().count() == 1, run::toString);
    }

    private static ScriptRun run(Object... args) {
        files++;
        List<Object> all = new ArrayList<>(List.of(args));
        all.addAll(List.of("--output", lastFile(), "--authfile", folder.resolve("auth.json"),
                "--registries-conf", corpus.registriesConf()));
        return ScriptRun.of(new Release(), all.toArray());
    }

    private static Path lastFile() {
        return folder.resolve("list-" + files);
    }

    private static JsonNode json(ScriptRun run) {
        return Json.parse(run.out().getBytes(StandardCharsets.UTF_8), "stdout of " + run);
    }
}
