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
import java.util.Map;
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
import org.junit.jupiter.params.provider.Arguments;
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
            assertTrue(!text.contains("Type=oneshot") || text.matches("(?s).*\nTimeoutStartSec=\\d+(min|h)\n.*"), text);
        }
    }

    @ParameterizedTest(name = "none waits for the network, whose first users need the images: {0}")
    @MethodSource("all")
    void beforeTheNetwork(RenderedConfig rendered) {
        rendered.texts().forEach(t -> assertFalse(t.matches("(?s).*\n(After|Wants|Requires)=[^\n]*[nN]etwork.*"), t));
    }

    @ParameterizedTest(name = "the registry's port is held from early boot, and the registry gets it: {0}")
    @MethodSource("all")
    void registry(RenderedConfig rendered) {
        String socket = rendered.unit("precache-registry.socket");
        String service = rendered.unit("precache-registry.service");
        assertAll(() -> assertTrue(socket.contains("\nListenStream=127.0.0.1:22700\n\n[Install]\nWantedBy=sockets.target\n")),
                () -> assertTrue(socket.contains("\nDefaultDependencies=no\n")),
                () -> assertTrue(service.contains("\nStandardInput=socket\n")),
                () -> assertTrue(service.contains("\nRestart=on-failure\n") && service.contains("\nStartLimitBurst=")));
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

    @ParameterizedTest(name = "{1} CRI-O, crio-wipe, the pulls of the Machine Config Operator and NetworkManager, ours are in "
            + "no circle: {0}")
    @MethodSource("generations")
    void noCycle(RenderedConfig rendered, Generation generation) throws IOException {
        rendered.write(folder);
        generation.write(folder);
        assertEquals("0", verify());
    }

    static Stream<Arguments> generations() {
        return all().stream().flatMap(r -> Stream.of(Generation.values()).map(g -> Arguments.of(r, g)));
    }

    @Test
    @DisplayName("a circle would be seen")
    void seesCycle() throws IOException {
        RenderedConfig.of(Stage.OCP, Mode.STORE).write(folder);
        Generation.NEW.write(folder);
        Path data = folder.resolve("precache-data.service");
        Files.writeString(data, Files.readString(data).replace("[Unit]\n", "[Unit]\nAfter=network-online.target\n"));
        assertTrue(verify().contains("ordering cycle"));
    }

    /** How the services of a node are ordered (machine-config-operator, templates/common/_base/units; cri-o, contrib). */
    private enum Generation {
        /** As in OpenShift 4.10. */
        OLD("NetworkManager-wait-online.service", "crio.service crio-wipe.service kubelet.service"),
        /** As since the pull waits for the wipe. */
        NEW("NetworkManager-wait-online.service crio-wipe.service", "crio.service kubelet.service");

        private final Map<String, String> units;

        Generation(String pullAfter, String firstbootBefore) {
            units = Map.of("all.target", "Wants=precache-data.service precache-images.service precache-ocp-images.service "
                            + "precache-registry.socket precache-mirrors.path kubelet.service crio-wipe.service agent.service "
                            + "nodeip-configuration.service machine-config-daemon-firstboot.service",
                    "NetworkManager.service", "Wants=network.target\nBefore=network.target",
                    "NetworkManager-wait-online.service", "Requires=NetworkManager.service\nAfter=NetworkManager.service\n"
                            + "Before=network-online.target",
                    "agent.service", "Wants=network-online.target\nAfter=network-online.target",
                    "machine-config-daemon-pull.service", "Wants=" + pullAfter + "\nAfter=" + pullAfter,
                    "machine-config-daemon-firstboot.service", "Wants=machine-config-daemon-pull.service\n"
                            + "After=machine-config-daemon-pull.service\nBefore=" + firstbootBefore,
                    "nodeip-configuration.service", "Wants=network-online.target NetworkManager-wait-online.service\n"
                            + "After=network-online.target NetworkManager-wait-online.service\n"
                            + "Before=kubelet.service crio.service",
                    "crio-wipe.service", "Before=crio.service\nRequiresMountsFor=/var/lib/containers",
                    "crio.service", "Wants=network-online.target\nAfter=network-online.target\nBefore=kubelet.service",
                    "kubelet.service", "Wants=network-online.target crio.service\nAfter=network-online.target crio.service");
        }

        void write(Path folder) throws IOException {
            for (Map.Entry<String, String> unit : units.entrySet()) {
                Files.writeString(folder.resolve(unit.getKey()), "[Unit]\n" + unit.getValue()
                        + (unit.getKey().endsWith("target") ? "\n" : "\n[Service]\nType=oneshot\nExecStart=/usr/bin/true\n"));
            }
        }
    }

    private static String loaderOf(Stage stage) {
        return stage == Stage.AI ? "precache-images.service" : "precache-ocp-images.service";
    }
}
