//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/disk/PartitionLabel.java
//SOURCES ../common/ignition/IgnitionFiles.java
//SOURCES ../common/oci/Digest.java
//SOURCES RenderedConfig.java
//SOURCES Repository.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Json;
import common.cli.Proc;
import common.disk.PartitionLabel;
import common.ignition.IgnitionFiles;
import common.ignition.IgnitionFiles.Mode;
import common.ignition.IgnitionFiles.Stage;
import common.oci.Digest;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Ignition configs:")
class IgnitionFilesTest {
    private static final Path UNITS = Repository.ROOT.resolve("ignition-files/units");
    private static final Digest INVENTORY = Digest.of("an inventory".getBytes(StandardCharsets.UTF_8));

    @TempDir
    static Path folder;

    static List<RenderedConfig> all() {
        return RenderedConfig.all();
    }

    @ParameterizedTest(name = "Ignition accepts as 3.1.0 and as 3.2.0, without a word: {0}")
    @MethodSource("all")
    void valid(RenderedConfig rendered) throws Exception {
        for (String version : List.of("3.1.0", "3.2.0")) {
            ObjectNode json = new IgnitionFiles(UNITS, rendered.label(), INVENTORY, rendered.mode(),
                    List.of("ssh-ed25519 AAAA a")).config(rendered.stage());
            json.withObject("/ignition").put("version", version);
            assertAccepted(json, version);
        }
    }

    @ParameterizedTest(name = "{0}.ign as it is checked in is accepted")
    @ValueSource(strings = {"discovery", "pointer"})
    void checkedIn(String name) throws Exception {
        JsonNode json = Json.read(UNITS.resolveSibling(name + ".ign"));
        assertEquals("3.1.0", json.path("ignition").path("version").asText());
        assertAccepted(json, "3.1.0");
    }

    private static void assertAccepted(JsonNode json, String version) throws Exception {
        Path file = Files.write(folder.resolve("config.ign"), Json.pretty(json));
        Proc.Result result = Proc.of("ignition-validate", file.toString()).run();
        assertEquals("0", result.exit() + result.out() + result.err(), version);
    }

    @Test
    @DisplayName("the MachineConfig that ends it all has a config that Ignition accepts, for the role that was named")
    void off() throws Exception {
        ObjectNode off = RenderedConfig.of(Stage.OCP, Mode.LOAD).ignition().off("worker");
        assertAccepted(off.path("spec").path("config"), "3.1.0");
        assertEquals("worker", off.at("/metadata/labels/machineconfiguration.openshift.io~1role").asText());
    }

    @ParameterizedTest(name = "the patch of {0} has the whole config as a string")
    @EnumSource
    void patch(Stage stage) {
        IgnitionFiles files = RenderedConfig.of(stage, Mode.LOAD).ignition();
        JsonNode patch = files.patch(stage);
        String field = stage == Stage.AI ? "ignition_config_override" : "config";
        assertAll(() -> assertEquals(1, patch.size()),
                () -> assertTrue(patch.path(field).isTextual()),
                () -> assertEquals(files.config(stage),
                        Json.parse(patch.path(field).asText().getBytes(StandardCharsets.UTF_8), field)));
    }

    @ParameterizedTest(name = "programs have mode 493, which is 0755: {0}")
    @MethodSource("all")
    void mode(RenderedConfig rendered) {
        for (JsonNode file : rendered.json().path("storage").path("files")) {
            assertEquals("493", file.path("mode").toString());
        }
    }

    @Test
    @DisplayName("no key and no user without an ssh key; with one, it is core's")
    void sshKey() {
        JsonNode without = RenderedConfig.of(Stage.OCP, Mode.STORE).json();
        JsonNode with = new IgnitionFiles(UNITS, PartitionLabel.DATA, null, Mode.LOAD, List.of("ssh-ed25519 AAAA a"))
                .config(Stage.OCP).path("passwd");
        assertAll(() -> assertFalse(without.has("passwd")),
                () -> assertEquals("{\"users\":[{\"name\":\"core\",\"sshAuthorizedKeys\":[\"ssh-ed25519 AAAA a\"]}]}",
                        with.toString()));
    }

    @ParameterizedTest(name = "the files that are checked in have no key, user, host or address: {0}")
    @ValueSource(strings = {"discovery.ign", "discovery.patch", "pointer.ign", "pointer.patch"})
    void nothingOfOurs(String name) {
        String text = Repository.text(UNITS.resolveSibling(name)).replace("127.0.0.1:22700", "");
        Stream.of("passwd", "ssh-", "AAAA", "\\d+\\.\\d+\\.\\d+\\.\\d+", "https?://", "@[a-z]")
                .forEach(p -> assertFalse(text.matches("(?s).*" + p + ".*"), p));
    }

    @ParameterizedTest(name = "the label reaches the program that mounts: {0}")
    @MethodSource("all")
    void label(RenderedConfig rendered) {
        assertTrue(rendered.unit("precache-data.service").contains("\nExecStart=/usr/bin/bash /usr/local/bin/precache-data "
                + rendered.label().device() + "\n"));
    }

    @Test
    @DisplayName("so does the inventory, if one is named")
    void inventory() {
        JsonNode config = new IgnitionFiles(UNITS, PartitionLabel.DATA, INVENTORY, Mode.LOAD, List.of())
                .config(Stage.OCP);
        assertTrue(config.toString().contains("precache-data /dev/disk/by-partlabel/data " + INVENTORY.hex() + "\\n"));
    }

    @Test
    @DisplayName("a label reaches the installer's arguments")
    void installerArgs() {
        IgnitionFiles files = new IgnitionFiles(UNITS, new PartitionLabel("staged"), null, Mode.LOAD, List.of());
        assertEquals(List.of("--save-partlabel", "staged", "--copy-network"), files.installerArgs());
    }

    @ParameterizedTest(name = "what is ours can be taken out of a config again: {0}")
    @MethodSource("all")
    void removeOurs(RenderedConfig rendered) {
        ObjectNode config = rendered.json();
        IgnitionFiles.removeOurs(config);
        assertAll(() -> assertEquals("[]", config.path("systemd").path("units").toString()),
                () -> assertTrue(config.path("storage").path("files").isEmpty()),
                () -> assertTrue(config.path("storage").path("directories").isEmpty()));
    }

    @Test
    @DisplayName("so can what an earlier version of this repository put there")
    void removeFormer() {
        ObjectNode config = (ObjectNode) Json.parse("""
                {"storage":{"files":[]},"systemd":{"units":[{"name":"var-mnt.mount","contents":"[Mount]\\n"},
                {"name":"dev-disk-by\\\\x2dpartlabel-data.device","dropins":[{"name":"10-precache.conf","contents":"x"}]},
                {"name":"precache-images.service","contents":"x","dropins":[{"name":"20-precache-store.conf"}]}]}}
                """.getBytes(StandardCharsets.UTF_8), "former");
        IgnitionFiles.removeOurs(config);
        assertEquals("[]", config.path("systemd").path("units").toString());
    }

    @Test
    @DisplayName("what others put beside ours stays")
    void removeOnlyOurs() {
        String others = """
                {"ignition":{"version":"3.2.0"},"storage":{"files":[{"path":"/etc/chrony.conf"}]},"systemd":{"units":[
                {"name":"chronyd.service","enabled":true},{"name":"a.service","contents":"[Unit]\\n"},
                {"name":"machine-config-daemon-pull.service","dropins":[
                {"name":"10-proxy.conf","contents":"[Service]\\n"}]},
                {"name":"empty.service","dropins":[]}]}}""";
        JsonNode expected = Json.parse(others.getBytes(StandardCharsets.UTF_8), "others");
        ObjectNode config = expected.deepCopy();
        JsonNode ours = RenderedConfig.of(Stage.OCP, Mode.STORE).json();
        for (JsonNode unit : ours.path("systemd").path("units")) {
            if (unit.path("name").asText().equals("machine-config-daemon-pull.service")) {
                ArrayNode theirs = (ArrayNode) config.path("systemd").path("units").path(2).path("dropins");
                unit.path("dropins").forEach(theirs::add);
            } else {
                config.withObject("/systemd").withArray("units").add(unit);
            }
        }
        ours.path("storage").path("files").forEach(config.withObject("/storage").withArray("files")::add);
        IgnitionFiles.removeOurs(config);
        assertEquals(expected, config);
    }
}
