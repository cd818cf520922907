//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/oci/OciLayout.java
//SOURCES ../container-images/pre-cache/pull.java
//SOURCES ../container-images/pre-cache/release.java
//SOURCES ../lab/LocalRegistry.java
//SOURCES ../lab/ReleaseCorpus.java
//SOURCES ScriptRun.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import common.cli.Cli;
import common.cli.Json;
import common.oci.OciLayout;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("pre-cache/pull:")
class PreCachePullTest {
    @TempDir
    static Path folder;
    private static LocalRegistry registry;
    private static OciLayout set;

    @BeforeAll
    static void start() throws IOException {
        registry = LocalRegistry.start(folder.resolve("registry"));
        ReleaseCorpus corpus = ReleaseCorpus.on(registry.port(), folder);
        corpus.publish("4.12.0");
        Path secret = Files.writeString(folder.resolve("auth.json"), "{}");
        Path list = folder.resolve("images.txt");
        set = OciLayout.at(folder.resolve("www/ocp-images-4.12.0"), null);
        ScriptRun listed = ScriptRun.of(new Release(), "4.12.0", "--output", list, "--authfile", secret,
                "--registries-conf", corpus.registriesConf());
        assertEquals(Cli.DONE, listed.exit(), listed::toString);
        ScriptRun pulled = ScriptRun.of(new PreCachePull(), "--list", list, "--folder", set.folder(),
                "--authfile", secret, "--registries-conf", corpus.registriesConf());
        assertEquals(Cli.DONE, pulled.exit(), pulled::toString);
    }

    @AfterAll
    static void stop() {
        registry.close();
    }

    @Test
    @DisplayName("what release lists is pulled whole")
    void whole() {
        assertEquals(ReleaseCorpus.names().size() + 1, set.images().size());
        set.images().forEach(i -> set.reach(i).forEach(b -> assertTrue(set.holds(b), i.name() + " lacks " + b)));
    }

    @Test
    @DisplayName("the set is ocp-images of the release that its folder names, so that curl-all stages it")
    void release() {
        var entry = Json.read(folder.resolve("www/inventory.json")).path("sets").path(0);
        assertEquals("ocp-images 4.12.0", entry.path("name").asText() + " " + entry.path("release").asText());
    }
}
