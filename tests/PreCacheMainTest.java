//SOURCES ../common/cli/Cli.java
//SOURCES ../common/oci/Descriptor.java
//SOURCES ../common/oci/OciLayout.java
//SOURCES ../container-images/pre-cache/main.java
//SOURCES ../lab/CatalogCorpus.java
//SOURCES ../lab/LocalRegistry.java
//SOURCES ../lab/ReleaseCorpus.java
//SOURCES Repository.java
//SOURCES ScriptRun.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Stream;

import common.cli.Cli;
import common.oci.Descriptor;
import common.oci.OciLayout;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("pre-cache main:")
class PreCacheMainTest {
    private static final Path EXPECTED = Repository.ROOT.resolve("tests/expected/pre-cache-images.txt");
    private static final String EXTRA = "quay.io/openshift-release-dev/ocp-release:4.10.3-x86_64";

    @TempDir
    static Path folder;
    private static LocalRegistry registry;
    private static Path conf;

    @TempDir
    Path own;

    @BeforeAll
    static void start() throws IOException, SQLException {
        registry = LocalRegistry.start(folder.resolve("registry"));
        ReleaseCorpus.on(registry.port(), folder).publish("4.10.3");
        CatalogCorpus operators = CatalogCorpus.on(registry.port(), folder);
        operators.publish();
        conf = operators.registriesConf();
        Files.writeString(folder.resolve("auth.json"), "{}");
    }

    @AfterAll
    static void stop() {
        registry.close();
    }

    private ScriptRun run(Object... args) {
        return ScriptRun.of(new PreCacheMain(), Stream.concat(Stream.of(args), Stream.of("--list", list(),
                "--registries-conf", conf, "--authfile", folder.resolve("auth.json"))).toArray());
    }

    private Path list() {
        return own.resolve("images.txt");
    }

    /** The original's folder for what the expected list has. */
    private Path config() throws IOException {
        Files.writeString(own.resolve("platform.image"), EXTRA + "\n");
        Files.writeString(own.resolve("operators.indexes"), CatalogCorpus.SQLITE + "\n");
        Files.writeString(own.resolve("operators.packagesAndChannels"),
                "ptp-operator: stable\nlocal-storage-operator:stable\n\n");
        Files.writeString(own.resolve("additionalImages"), "\n" + EXTRA + "\n");
        Files.writeString(own.resolve("excludePrecachePatterns"), "  aws-\nazure\n\n");
        return own;
    }

    private Path imageSet(String version, String more) throws IOException {
        return Files.writeString(own.resolve("isc.yaml"), """
                apiVersion: mirror.openshift.io/%s
                kind: ImageSetConfiguration
                mirror:
                  platform:
                    channels:
                    - {name: stable-4.10, minVersion: 4.10.3, maxVersion: 4.10.3}
                  operators:
                  - catalog: %s
                    packages:
                    - {name: ptp-operator, channels: [{name: stable}]}
                    - {name: local-storage-operator, minVersion: 4.10.1}
                  additionalImages:
                  - name: %s
                %s""".formatted(version, CatalogCorpus.JSON, EXTRA, more.indent(2)));
    }

    @Test
    @DisplayName("--config makes the expected list out of the lab's release and catalog")
    void configFolder() throws IOException {
        ScriptRun run = run("--config", config());
        assertEquals(Files.readString(EXPECTED), Files.readString(list()), run::toString);
    }

    @ParameterizedTest(name = "an ImageSetConfiguration of {0} makes the same list")
    @ValueSource(strings = {"v1alpha2", "v2alpha1"})
    void imageSet(String version) throws IOException {
        ScriptRun run = run("--imageset", imageSet(version, ""), "--exclude-tag", "aws-", "azure");
        assertEquals(Files.readString(EXPECTED), Files.readString(list()), run::toString);
    }

    @ParameterizedTest(name = "a catalog alone in an ImageSetConfiguration, full {0}: {1}")
    @CsvSource({"false, 11 images of 5 bundles", "true, 19 images of 9 bundles"})
    void catalogAlone(boolean full, String found) throws IOException {
        Path file = Files.writeString(own.resolve("isc.yaml"), """
                apiVersion: mirror.openshift.io/v2alpha1
                kind: ImageSetConfiguration
                mirror: {operators: [{catalog: '%s', full: %b}]}
                """.formatted(CatalogCorpus.JSON, full));
        ScriptRun run = run("--imageset", file);
        assertTrue(run.out().startsWith("Operators of " + CatalogCorpus.JSON + ": " + found + "\n"), run::toString);
    }

    @Test
    @DisplayName("options alone make the same list")
    void options() throws IOException {
        ScriptRun run = run("--release", "4.10.3", "--index", CatalogCorpus.YAML, "--packages", "ptp-operator:stable",
                "local-storage-operator", "--add", EXTRA, "--exclude-tag", "aws-", "azure");
        assertEquals(Files.readString(EXPECTED), Files.readString(list()), run::toString);
    }

    @Test
    @DisplayName("says what each part came to")
    void report() throws IOException {
        assertEquals("""
                Release 4.10.3: 22 of 25 images
                Operators of %s: 5 images of 2 bundles
                All: 28 images in %s
                """.formatted(CatalogCorpus.SQLITE, list()), run("--config", config()).out());
    }

    @Test
    @DisplayName("blockedImages are left out of everything")
    void blocked() throws IOException {
        run("--imageset", imageSet("v2alpha1", "blockedImages: [{name: '.*/ocp-v4.0-art-dev@.*'}, {name: rbac}]\n"));
        assertEquals(List.of(), Files.readAllLines(list()).stream().filter(i -> i.matches(".*(art-dev|rbac).*"))
                .toList());
    }

    @Test
    @DisplayName("--pull then pulls the list into a folder")
    void pull() throws IOException {
        Path set = folder.resolve("www/set");
        ScriptRun run = run("--add", EXTRA, "--index", CatalogCorpus.JSON, "--packages", "nfd", "--pull",
                "--folder", set);
        assertEquals(Files.readAllLines(list()), OciLayout.at(set, null).images().stream().map(Descriptor::name)
                .sorted().toList(), run::toString);
    }

    @Test
    @DisplayName("an operator that is not there leaves the old list as it was")
    void unknownOperator() throws IOException {
        Files.writeString(list(), "old\n");
        Path config = config();
        Files.writeString(config.resolve("operators.packagesAndChannels"), "ptp-operator:unstable\n");
        ScriptRun run = run("--config", config);
        assertAll(() -> assertEquals(Cli.FAILED, run.exit()), () -> assertEquals("old\n", Files.readString(list())),
                () -> assertTrue(run.err().contains("no channel unstable in package ptp-operator; it has"),
                        run.err()));
    }

    @Test
    @DisplayName("an additional image without a registry host is refused")
    void shortName() {
        ScriptRun run = run("--add", "image1:tag");
        assertTrue(run.exit() == Cli.FAILED && run.err().contains("image1:tag"), run::toString);
    }

    @Test
    @DisplayName("operators.indexes without operators.packagesAndChannels is a usage error")
    void halfConfig() throws IOException {
        Path config = config();
        Files.delete(config.resolve("operators.packagesAndChannels"));
        assertEquals(Cli.USAGE, run("--config", config).exit());
    }

    @Test
    @DisplayName("nothing wanted is a usage error and leaves no list")
    void nothing() {
        ScriptRun run = run();
        assertAll(() -> assertEquals(Cli.USAGE, run.exit(), run::toString), () -> assertTrue(Files.notExists(list())));
    }
}
