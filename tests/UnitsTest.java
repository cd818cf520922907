//SOURCES ../common/cli/Proc.java
//SOURCES ../common/ignition/IgnitionFiles.java
//SOURCES RenderedConfig.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import common.cli.Proc;
import common.ignition.IgnitionFiles.Mode;
import common.ignition.IgnitionFiles.Stage;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("Units:")
class UnitsTest {
    private static final Pattern PROGRAM = Pattern.compile("(?m)^Exec\\w+=-?(\\S+)");

    @TempDir
    Path folder;

    static List<RenderedConfig> all() {
        return RenderedConfig.all();
    }

    @ParameterizedTest(name = "systemd has nothing to say about: {0}")
    @MethodSource("all")
    void verified(RenderedConfig rendered) throws IOException {
        rendered.write(folder);
        assertEquals("0", verify());
    }

    @ParameterizedTest(name = "systemd would complain of {1} in {0}")
    @CsvSource({"precache-data.service, Bogus=1", "precache-ocp-images.service, Type=onshot",
        "precache-data.service.d/20-installed-store.conf, TimeoutStartSec=soon"})
    void verifySees(String file, String line) throws IOException {
        RenderedConfig.of(Stage.OCP, Mode.STORE).write(folder);
        Files.writeString(folder.resolve(file), Files.readString(folder.resolve(file)) + line + "\n");
        assertFalse(verify().equals("0"));
    }

    /** Exit code and output: warnings, too, leave the exit code at 0. */
    private String verify() throws IOException {
        List<String> argv = new ArrayList<>(List.of("systemd-analyze", "--no-pager", "verify"));
        try (Stream<Path> files = Files.list(folder)) {
            files.filter(Files::isRegularFile).map(Path::toString).sorted().forEach(argv::add);
        }
        Proc.Result result = Proc.of(argv).run();
        return result.exit() + result.out() + result.err();
    }

    @ParameterizedTest(name = "start only programs that every host has: {0}")
    @MethodSource("all")
    void programs(RenderedConfig rendered) {
        Set<String> programs = new TreeSet<>();
        rendered.texts().forEach(t -> PROGRAM.matcher(t).results().forEach(m -> programs.add(m.group(1))));
        programs.removeAll(Set.of("/usr/bin/bash", "/usr/bin/systemctl"));
        assertEquals(Set.of(), programs);
    }

    @ParameterizedTest(name = "WantedBy= is nowhere but under [Install]: {0}")
    @MethodSource("all")
    void wantedBy(RenderedConfig rendered) {
        rendered.texts().forEach(t -> assertFalse(t.split("\\[Install]")[0].contains("WantedBy"), t));
    }

    @ParameterizedTest(name = "nothing keeps the loader from running without the partition: {0}")
    @MethodSource("all")
    void noRequirement(RenderedConfig rendered) {
        String keys = "Requires|RequiresMountsFor|BindsTo|PartOf|WorkingDirectory|StopWhenUnneeded";
        rendered.texts().forEach(t -> assertFalse(t.matches("(?ms).*^(" + keys + ")=.*"), t));
    }

    @ParameterizedTest(name = "whatever others wait for gives up some time: {0}")
    @MethodSource("all")
    void limited(RenderedConfig rendered) {
        for (String text : rendered.texts()) {
            assertTrue(!text.contains("Type=oneshot") || text.matches("(?s).*\nTimeoutStartSec=\\d+[hms]?\n.*"), text);
        }
    }

    @ParameterizedTest(name = "none waits for the network, whose first users need the images: {0}")
    @MethodSource("all")
    void beforeTheNetwork(RenderedConfig rendered) {
        rendered.texts().forEach(t -> assertFalse(t.matches("(?s).*\n(After|Wants|Requires)=[^\n]*[nN]etwork.*"), t));
    }

    @ParameterizedTest(name = "the loader runs once and stays active: {0}")
    @EnumSource
    void loader(Stage stage) {
        String text = RenderedConfig.of(stage, Mode.LOAD).unit(loaderOf(stage));
        assertAll(() -> assertTrue(text.contains("\nType=oneshot\nRemainAfterExit=yes\n"), text),
                () -> assertTrue(text.contains("\nWants=precache-data.service\nAfter=precache-data.service\n"), text),
                () -> assertTrue(text.matches("(?s).*\nWantedBy=multi-user.target( agent.service)?\n"), text));
    }

    @ParameterizedTest(name = "the loader is disabled after its first success: {0}")
    @EnumSource
    void disabled(Mode mode) {
        assertTrue(RenderedConfig.of(Stage.OCP, mode).unit(loaderOf(Stage.OCP))
                .contains("\nExecStartPost=/usr/bin/systemctl disable --no-reload precache-ocp-images.service\n"));
    }

    @ParameterizedTest(name = "images are there before {1} starts: {0}")
    @CsvSource({"AI, agent.service", "OCP, machine-config-daemon-pull.service nodeip-configuration.service"})
    void order(Stage stage, String services) {
        String text = RenderedConfig.of(stage, Mode.LOAD).unit(loaderOf(stage));
        assertTrue(text.contains("\nBefore=" + services + "\n"), text);
    }

    @Test
    @DisplayName("the pull service's own commands are cleared before ours")
    void pull() {
        assertTrue(RenderedConfig.of(Stage.OCP, Mode.LOAD).unit("machine-config-daemon-pull.service")
                .contains("\nExecStart=\nExecStart=/usr/bin/bash /usr/local/bin/precache-mcd-pull\n"));
    }

    private static String loaderOf(Stage stage) {
        return stage == Stage.AI ? "precache-images.service" : "precache-ocp-images.service";
    }
}
