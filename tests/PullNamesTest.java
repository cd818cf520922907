//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../container-images/ocp-images-4.10.3/pull-ocp-4.10.3.java
//SOURCES ../lab/LocalRegistry.java
//SOURCES ../lab/ReleaseCorpus.java
//SOURCES PullLab.java
//SOURCES Scripts.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import common.cli.Cli;
import common.cli.Proc;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A pull says of each image")
class PullNamesTest {
    @TempDir
    static Path folder;
    private static LocalRegistry registry;
    private static ReleaseCorpus corpus;
    private static ReleaseCorpus.Published release;
    private static String etcd;

    @BeforeAll
    static void publish() throws IOException {
        registry = LocalRegistry.start(folder.resolve("registry"));
        corpus = ReleaseCorpus.on(registry.port(), folder);
        release = corpus.publish("4.10.3");
        etcd = release.payload().get("etcd");
        Files.writeString(folder.resolve("auth.json"), "{}");
    }

    @AfterAll
    static void stop() {
        registry.close();
    }

    private Proc pull(String name, List<String> references, Object... more) throws IOException {
        List<Object> args = new ArrayList<>(List.of("--list", PullLab.list(folder, references.toArray()), "--folder",
                folder.resolve(name + "/ocp-images-4.10.3"), "--registries-conf", corpus.registriesConf(),
                "--authfile", folder.resolve("auth.json")));
        args.addAll(List.of(more));
        return Scripts.program(PullOcp4103.class, args.toArray());
    }

    private String onTerminal(Proc pull) {
        Proc.Result result = Proc.of("script", "-qec", pull.shown(), "/dev/null").run();
        assertEquals(Cli.DONE, result.exit(), result::toString);
        return result.out();
    }

    private List<String> wholeRelease() {
        return List.of(etcd, release.payload().get("console"), release.pinned());
    }

    private static String brief(String reference) {
        return reference.replaceFirst(".*/(.*@)sha256:(.{12}).*", "$1$2");
    }

    @Test
    @DisplayName("on a terminal, with its release in the folder, the name that people use")
    void named() throws IOException {
        String out = onTerminal(pull("named", wholeRelease()));
        assertTrue(out.contains("Pulled etcd (" + brief(etcd) + ") ["), out);
        assertTrue(out.contains("Pulled " + brief(release.pinned()) + " ["), out);
        assertFalse(out.contains("Pulled quay.io"), out);
    }

    @Test
    @DisplayName("on a terminal, without its release, repository and the first digits of the digest")
    void brief() throws IOException {
        String out = onTerminal(pull("brief", List.of(etcd)));
        assertTrue(out.contains("Pulled " + brief(etcd) + " [1/1]"), out);
    }

    @Test
    @DisplayName("with --json or --verbose, or where nobody watches, the whole reference")
    void whole() throws IOException {
        String line = "Pulled " + etcd + " [";
        assertTrue(onTerminal(pull("json", wholeRelease(), "--json")).contains(line));
        assertTrue(onTerminal(pull("verbose", wholeRelease(), "--verbose")).contains(line));
        assertTrue(pull("log", wholeRelease()).run().err().contains(line));
    }
}
