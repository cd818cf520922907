//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/oci/RegistriesConf.java
//SOURCES ../lab/LocalRegistry.java
//SOURCES ../lab/LoopbackServer.java
//SOURCES PullLab.java
//SOURCES ScriptRun.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import common.cli.Cli;
import common.cli.Proc;
import common.oci.RegistriesConf;
import common.oci.RegistriesConf.Endpoint;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("registries.conf")
class RegistriesConfTest {
    private static final String MIRRORED = """
            [[registry]]
            prefix = "quay.io/org"
            location = "quay.example/other"
            [[registry.mirror]]
            location = "mirror-1:5000/copy"
            insecure = true
            [[registry.mirror]]
            location = "mirror-2.lan/deep/copy"
            """;

    @TempDir
    Path folder;

    private RegistriesConf conf(String toml) throws IOException {
        return RegistriesConf.read(Files.writeString(folder.resolve("registries.conf"), toml));
    }

    private List<Endpoint> endpoints(String toml, String name) throws IOException {
        return conf(toml).endpoints(name, true);
    }

    @Test
    @DisplayName("without a matching entry the reference's own registry is asked, by TLS")
    void noEntry() throws IOException {
        List<Endpoint> own = List.of(new Endpoint("quay.io", "organic/name", false));
        assertEquals(own, endpoints("", "quay.io/organic/name"));
        assertEquals(own, endpoints(MIRRORED, "quay.io/organic/name"));
    }

    @Test
    @DisplayName("mirrors come in their order, then the entry's own location, each in place of the prefix")
    void mirrorsThenLocation() throws IOException {
        assertEquals(List.of(new Endpoint("mirror-1:5000", "copy/name", true),
                new Endpoint("mirror-2.lan", "deep/copy/name", false), new Endpoint("quay.example", "other/name", false)),
                endpoints(MIRRORED, "quay.io/org/name"));
    }

    @Test
    @DisplayName("an entry without prefix is for its location")
    void noPrefix() throws IOException {
        assertEquals(List.of(new Endpoint("quay.io", "org/name", true)),
                endpoints("[[registry]]\nlocation = \"quay.io/org\"\ninsecure = true\n", "quay.io/org/name"));
    }

    @ParameterizedTest
    @CsvSource({"quay.io/a/b, deep.lan/b", "quay.io/a/c, short.lan/a/c", "quay.io/ab, short.lan/ab", "quay.io/a/b/c, deep.lan/b/c"})
    @DisplayName("the longest matching prefix counts, matching whole path components")
    void longestPrefix(String name, String expected) throws IOException {
        String toml = "[[registry]]\nprefix = \"quay.io/a/b\"\nlocation = \"deep.lan/b\"\n"
                + "[[registry]]\nprefix = \"quay.io\"\nlocation = \"short.lan\"\n";
        assertEquals(expected, endpoints(toml, name).get(0).toString());
    }

    @ParameterizedTest
    @CsvSource({"a.example.com/x, mirror:5000/x", "a.b.example.com/x/y, mirror:5000/x/y",
        "example.com/x, example.com/x", "notexample.com/x, notexample.com/x",
        "quay.io/a.example.com/x, quay.io/a.example.com/x"})
    @DisplayName("a wildcard prefix matches every host below a domain; its location and mirrors replace the host")
    void wildcard(String name, String expected) throws IOException {
        String toml = "[[registry]]\nprefix = \"*.example.com\"\n[[registry.mirror]]\nlocation = \"mirror:5000\"\n";
        assertEquals(expected, endpoints(toml, name).get(0).toString());
    }

    @Test
    @DisplayName("a wildcard entry without location asks the host itself")
    void wildcardAsIs() throws IOException {
        assertEquals(List.of(new Endpoint("a.example.com:5000", "x", true)),
                endpoints("[[registry]]\nprefix = \"*.example.com\"\ninsecure = true\n", "a.example.com:5000/x"));
    }

    @ParameterizedTest
    @CsvSource({"mirror-by-digest-only = true, '', 2, 1", "'', 'pull-from-mirror = \"digest-only\"', 2, 1",
        "'', 'pull-from-mirror = \"tag-only\"', 1, 2", "'', 'pull-from-mirror = \"all\"', 2, 2"})
    @DisplayName("a mirror may be for digests only or for tags only")
    void digestOnly(String entry, String mirror, int byDigest, int byTag) throws IOException {
        RegistriesConf conf = conf("[[registry]]\nlocation = \"quay.io\"\n" + entry
                + "\n[[registry.mirror]]\nlocation = \"mirror.lan\"\n" + mirror + "\n");
        assertEquals(List.of(byDigest, byTag),
                List.of(conf.endpoints("quay.io/a", true).size(), conf.endpoints("quay.io/a", false).size()));
    }

    @Test
    @DisplayName("docker.io is asked under its API's name, official images in their namespace")
    void dockerHub() throws IOException {
        assertEquals(List.of("registry-1.docker.io/library/alpine"),
                endpoints("", "docker.io/alpine").stream().map(Endpoint::toString).toList());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "[registries.search]\\nregistries = []|version 1",
        "[[registry]]\\ninsecure = true|registries.conf:1: a [[registry]] without prefix and location",
        "[[registry]]\\nprefix = \"quay.io\"|registries.conf:1: a [[registry]] without location",
        "[[registry]]\\nlocation = \"q.io\"\\ninsecure = 1|registries.conf:3: insecure is neither true nor false",
        "credential-helpers = [\"pass\"]|registries.conf:1: credential-helpers: pass is not supported",
        "[[registry]]\\nprefix = \"q.io/a:1\"\\nlocation = \"r.io\"|registries.conf:2: prefix q.io/a:1: one with a tag",
        "[[registry]]\\nlocation = \"https://quay.io\"|location https://quay.io: no scheme",
        "[[registry]]\\nlocation = \"q.io\"\\n[[registry.mirror]]\\ninsecure = true|a mirror of q.io without location",
        "[[registry]]\\nlocation = quay.io|registries.conf:2: "})
    @DisplayName("what cannot be meant is refused, with the file's name")
    void refused(String toml, String reason) {
        Cli.Failure failure = assertThrows(Cli.Failure.class, () -> conf(toml.replace("\\n", "\n")));
        assertTrue(failure.getMessage().startsWith(folder.toString()), failure.getMessage());
        assertTrue(failure.getMessage().contains(reason), failure.getMessage());
    }

    @Nested
    @DisplayName("with real registries")
    class RealRegistries {
        private static final String NAME = "quay.io/openshift-release-dev/ocp-release:4.10.3-x86_64";
        @TempDir
        static Path shared;
        private static PullLab lab;
        private static LocalRegistry empty;

        @BeforeAll
        static void publish() throws IOException {
            lab = PullLab.start(shared);
            empty = LocalRegistry.start(shared.resolve("empty"));
        }

        @AfterAll
        static void stop() {
            lab.close();
            empty.close();
        }

        private ScriptRun pull(String toml) throws IOException {
            Path conf = Files.writeString(folder.resolve("registries.conf"), toml);
            return lab.pull(PullLab.list(folder, NAME), folder.resolve(PullLab.AI), "--registries-conf", conf);
        }

        private static String mirror(String location) {
            return "[[registry.mirror]]\nlocation = \"" + location + "\"\ninsecure = true\n";
        }

        @Test
        @DisplayName("a mirror that is down and one that has not the image: the next one has it")
        void fallBack() throws IOException {
            int refused = LoopbackServer.freePort();
            PullLab.assertDone(pull("[[registry]]\nprefix = \"quay.io\"\nlocation = \"127.0.0.1:" + refused
                    + "\"\ninsecure = true\n" + mirror("127.0.0.1:" + refused) + mirror("127.0.0.1:" + empty.port())
                    + mirror("127.0.0.1:" + lab.registry.port())));
            PullLab.assertWhole(1, folder.resolve(PullLab.AI));
        }

        @Test
        @DisplayName("when no mirror has an image, each place is named with its reason")
        void allMirrorsFail() throws IOException {
            int refused = LoopbackServer.freePort();
            ScriptRun run = pull("[[registry]]\nprefix = \"quay.io\"\nlocation = \"127.0.0.1:" + empty.port()
                    + "\"\ninsecure = true\n" + mirror("127.0.0.1:" + refused));
            assertEquals(Cli.FAILED, run.exit());
            assertTrue(run.err().contains("cannot connect to 127.0.0.1:" + refused)
                    && run.err().contains("127.0.0.1:" + empty.port() + "/openshift-release-dev/ocp-release/manifests/"
                            + "4.10.3-x86_64: 404"), run.err());
        }

        @Test
        @DisplayName("a blob that a mirror has lost comes from the next place")
        void blobFromTheNext() throws IOException {
            try (LocalRegistry partial = LocalRegistry.start(folder.resolve("partial"))) {
                Proc.of("cp", "-r", shared.resolve("registry/storage").toString(), folder.resolve("partial").toString())
                        .check();
                Proc.of("find", folder.resolve("partial/storage/docker/registry/v2/blobs").toString(), "-size", "+8k",
                        "-name", "data", "-delete").check();
                PullLab.assertDone(pull("[[registry]]\nprefix = \"quay.io\"\nlocation = \"127.0.0.1:"
                        + lab.registry.port() + "\"\ninsecure = true\n" + mirror("127.0.0.1:" + partial.port())));
            }
            PullLab.assertWhole(1, folder.resolve(PullLab.AI));
        }

        @Test
        @DisplayName("a blocked registry is not asked, and says so")
        void blocked() throws IOException {
            int since = lab.registry.requests().size();
            ScriptRun run = pull("[[registry]]\nprefix = \"quay.io\"\nlocation = \"127.0.0.1:" + lab.registry.port()
                    + "\"\ninsecure = true\nblocked = true\n");
            assertEquals(Cli.FAILED, run.exit());
            assertTrue(run.err().contains("blocked in registries.conf (prefix quay.io)"), run.err());
            assertEquals(since, lab.registry.requests().size());
        }
    }
}
