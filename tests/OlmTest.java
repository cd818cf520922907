//SOURCES ../common/cli/Json.java
//SOURCES ../container-images/pre-cache/olm.java
//SOURCES ../lab/CatalogCorpus.java
//SOURCES ../lab/CatalogFile.java
//SOURCES ../lab/FileLayer.java
//SOURCES ../lab/LocalRegistry.java
//SOURCES ScriptRun.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Json;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("olm:")
class OlmTest {
    @TempDir
    static Path folder;
    private static LocalRegistry registry;
    private static CatalogCorpus corpus;
    private static CatalogFile operators;

    @BeforeAll
    static void start() throws IOException, SQLException {
        registry = LocalRegistry.start(folder.resolve("registry"));
        corpus = CatalogCorpus.on(registry.port(), folder);
        operators = corpus.publish();
        Files.writeString(folder.resolve("auth.json"), "{}");
    }

    @AfterAll
    static void stop() {
        registry.close();
    }

    private static ScriptRun run(Object... args) {
        return ScriptRun.of(new Olm(), access(args));
    }

    private static Object[] access(Object... args) {
        return Stream.concat(Stream.of(args), Stream.of("--registries-conf", corpus.registriesConf(), "--authfile",
                folder.resolve("auth.json"))).toArray();
    }

    private static ScriptRun olm(String index, String... packages) {
        List<Object> args = new ArrayList<>(List.of("--index", index, "--packages"));
        args.addAll(List.of(packages));
        return run(args.toArray());
    }

    /** The images of these bundles, each {@code PACKAGE VERSION}, as they are to be listed. */
    private static List<String> imagesOf(String... bundles) {
        return Arrays.stream(bundles).flatMap(b -> operators.operators().stream()
                .filter(o -> o.name().equals(b.split(" ")[0])).flatMap(o -> o.bundles().stream())
                .filter(v -> v.version().equals(b.split(" ")[1])))
                .flatMap(b -> Stream.concat(Stream.of(b.image()), b.relatedImages().stream())).sorted().distinct()
                .toList();
    }

    private static CatalogFile only(int... numbers) {
        return new CatalogFile(Arrays.stream(numbers).mapToObj(operators.operators()::get).toList());
    }

    @ParameterizedTest(name = "lists bundle and related images of the head of a channel, from {0}")
    @ValueSource(strings = {CatalogCorpus.SQLITE, CatalogCorpus.JSON, CatalogCorpus.YAML})
    void heads(String index) {
        ScriptRun run = olm(index, "local-storage-operator", "ptp-operator:stable",
                "sriov-network-operator:4.10:4.10.1");
        assertEquals(imagesOf("local-storage-operator 4.10.1", "ptp-operator 4.10.2", "sriov-network-operator 4.10.1"),
                run.out().lines().toList(), run::toString);
    }

    @Test
    @DisplayName("takes the default channel when none is named")
    void defaultChannel() {
        assertEquals(imagesOf("ptp-operator 4.10.0"), olm(CatalogCorpus.JSON, "ptp-operator").out().lines().toList());
    }

    @ParameterizedTest(name = "names what an operator requires in a warning, from {0}")
    @ValueSource(strings = {CatalogCorpus.SQLITE, CatalogCorpus.JSON})
    void dependencies(String index) {
        assertEquals("""
                warning: sriov-network-operator.v4.10.2 requires API NodeFeature.v1.nfd.openshift.io
                warning: sriov-network-operator.v4.10.2 requires package local-storage-operator >=4.10.0 <4.11.0
                Operators: 3 images of 1 bundle
                """, olm(index, "sriov-network-operator").err());
    }

    @ParameterizedTest(name = "--with-dependencies lists what an operator requires, from {0}")
    @ValueSource(strings = {CatalogCorpus.SQLITE, CatalogCorpus.JSON})
    void withDependencies(String index) {
        ScriptRun run = run("--with-dependencies", "--index", index, "--packages", "sriov-network-operator");
        assertEquals(imagesOf("sriov-network-operator 4.10.2", "nfd 4.10.0", "local-storage-operator 4.10.1"),
                run.out().lines().toList(), run::toString);
    }

    @Test
    @DisplayName("--config reads the original's folder")
    void config() throws IOException {
        Path config = Files.createDirectories(folder.resolve("config"));
        Files.writeString(config.resolve("operators.indexes"), CatalogCorpus.JSON + "\n");
        Files.writeString(config.resolve("operators.packagesAndChannels"), "ptp-operator: stable\nnfd: stable\n");
        assertEquals(imagesOf("ptp-operator 4.10.2", "nfd 4.10.0"), run("--config", config).out().lines().toList());
    }

    @Test
    @DisplayName("--output writes the list to a file, --json the bundles to stdout")
    void outputAndJson() throws IOException {
        Path file = folder.resolve("olm.txt");
        ScriptRun run = run("--index", CatalogCorpus.JSON, "--packages", "nfd", "--json", "--output", file);
        JsonNode bundle = Json.parse(run.out().getBytes(), "stdout").path("bundles").path(0);
        assertAll(() -> assertEquals("nfd.v4.10.0", bundle.path("name").asText()),
                () -> assertEquals(imagesOf("nfd 4.10.0"), Files.readAllLines(file)));
    }

    @Test
    @DisplayName("an upper layer replaces a catalog's file and deletes another")
    void merged() throws IOException {
        String index = corpus.index("merged", FileLayer.with("configs/ptp/catalog.json", only(2).json())
                .with("configs/nfd/catalog.json", only(1).json()).with("configs/lso/catalog.json", "broken"),
                FileLayer.with("configs/lso/catalog.json", only(0).json()).without("configs/nfd"));
        assertAll(() -> assertEquals(imagesOf("local-storage-operator 4.10.1"),
                olm(index, "local-storage-operator").out().lines().toList()),
                () -> assertEquals("error: " + index + ": no package nfd in this catalog; it has "
                        + "local-storage-operator, ptp-operator\n", olm(index, "nfd").err()));
    }

    @Test
    @DisplayName("a database in an upper layer hides the one below")
    void databaseReplaced() throws IOException, SQLException {
        String index = corpus.index("database", CatalogCorpus.database(only(1)), CatalogCorpus.database(only(2)));
        assertEquals("error: " + index + ": no package nfd in this catalog; it has ptp-operator\n",
                olm(index, "nfd").err());
    }

    @Test
    @DisplayName("a package comes from the first index that has it")
    void severalIndexes() throws IOException {
        String first = corpus.index("first", FileLayer.with("configs/all.json", only(1).json()));
        ScriptRun run = run("--index", first, CatalogCorpus.JSON, "--packages", "nfd", "ptp-operator");
        assertEquals(imagesOf("nfd 4.10.0", "ptp-operator 4.10.0"), run.out().lines().toList(), run::toString);
    }

    @Test
    @DisplayName("an image without a catalog is named")
    void noCatalog() throws IOException {
        String index = corpus.index("none");
        assertEquals("error: " + index + ": no operator catalog: neither in /configs nor in /database/index.db\n",
                olm(index, "nfd").err());
    }

    @Test
    @DisplayName("bad JSON is named by image, file and line")
    void badJson() throws IOException {
        String index = corpus.index("bad", FileLayer.with("configs/nfd/catalog.json",
                "{\"schema\":\"olm.package\",\n\"name\"}"));
        ScriptRun run = olm(index, "nfd");
        assertTrue(run.err().startsWith("error: " + index + " /configs/nfd/catalog.json:2: "), run::toString);
    }

    @Test
    @DisplayName("a database that is none is named")
    void badDatabase() throws IOException {
        String index = corpus.index("bad-db", FileLayer.with("database/index.db", "no database".repeat(1000)));
        ScriptRun run = olm(index, "nfd");
        assertTrue(run.err().startsWith("error: " + index + " /database/index.db: not a catalog's database"),
                run::toString);
    }
}
