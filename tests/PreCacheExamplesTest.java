//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../container-images/pre-cache/main.java
//SOURCES ../container-images/pre-cache/olm.java
//SOURCES ../container-images/pre-cache/parse_index.java
//SOURCES ../container-images/pre-cache/pull.java
//SOURCES ../container-images/pre-cache/release.java
//SOURCES ../lab/CatalogCorpus.java
//SOURCES ../lab/CatalogFile.java
//SOURCES ../lab/LocalRegistry.java
//SOURCES ../lab/ReleaseCorpus.java
//SOURCES Scripts.java

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import common.cli.Cli;
import common.cli.Proc;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** Each is run as it stands there, with the files that it names beside it; the registry is the lab's. */
@DisplayName("Examples of pre-cache's --help:")
class PreCacheExamplesTest {
    private static final Map<String, Class<? extends Cli.Command>> SCRIPTS = Map.of("main.java", PreCacheMain.class,
            "olm.java", Olm.class, "parse_index.java", ParseIndex.class, "pull.java", PreCachePull.class,
            "release.java", Release.class);

    @TempDir
    static Path folder;
    private static LocalRegistry registry;
    private static Path conf;
    private static Path own;

    @BeforeAll
    static void start() throws IOException, SQLException {
        registry = LocalRegistry.start(folder.resolve("registry"));
        ReleaseCorpus releases = ReleaseCorpus.on(registry.port(), folder);
        ReleaseCorpus.Published release = releases.publish("4.10.3");
        CatalogCorpus operators = CatalogCorpus.on(registry.port(), folder);
        CatalogFile catalog = operators.publish();
        conf = operators.registriesConf();
        own = Files.createDirectories(folder.resolve("container-images/pre-cache"));
        Path config = Files.createDirectories(own.resolve("my-config"));
        Files.writeString(own.resolve("pull-secret.json"), "{}");
        Files.writeString(own.resolve("images.txt"), release.payload().get("etcd") + "\n");
        Files.write(own.resolve("index.json"), catalog.json());
        Files.writeString(own.resolve("operators.packagesAndChannels"), "ptp-operator:stable\n");
        Files.writeString(own.resolve("isc.yaml"), """
                apiVersion: mirror.openshift.io/v2alpha1
                kind: ImageSetConfiguration
                mirror: {operators: [{catalog: '%s', packages: [{name: nfd}]}]}
                """.formatted(CatalogCorpus.YAML));
        Files.writeString(config.resolve("operators.indexes"), CatalogCorpus.JSON + "\n");
        Files.writeString(config.resolve("operators.packagesAndChannels"), "sriov-network-operator: 4.10\n");
        Files.writeString(config.resolve("platform.image"), release.pinned() + "\n");
    }

    @AfterAll
    static void stop() {
        registry.close();
    }

    static Stream<String> examples() throws ReflectiveOperationException {
        List<String> examples = new ArrayList<>();
        for (Class<? extends Cli.Command> script : SCRIPTS.values()) {
            String[] footer = new CommandLine(script.getDeclaredConstructor().newInstance()).getCommandSpec()
                    .usageMessage().footer();
            String.join("\n", footer).replaceAll("\\\\\n\\s+", "").lines().filter(l -> l.startsWith("  jbang "))
                    .map(String::strip).forEach(examples::add);
        }
        return examples.stream().sorted();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("examples")
    void works(String example) {
        List<String> words = Stream.of(example.replace("/srv", own + "/srv").split("\\s+"))
                .map(w -> w.replaceAll("^'|'$", "")).toList();
        List<String> args = new ArrayList<>(words.subList(2, words.size()));
        if (!words.get(1).equals("parse_index.java")) {
            args.addAll(List.of("--registries-conf", conf.toString()));
        }
        Proc.Result run = Scripts.program(SCRIPTS.get(words.get(1)), args.toArray()).in(own)
                .env("REGISTRY_AUTH_FILE", own.resolve("pull-secret.json").toString())
                .env("JBANG_SCRIPT_FILE", own.resolve(words.get(1)).toString()).run();
        assertEquals(Cli.DONE, run.exit(), run::toString);
    }
}
