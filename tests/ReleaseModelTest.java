//SOURCES ../common/cli/Json.java
//SOURCES ../common/release/ReleaseModel.java
//SOURCES ReleaseTable.java
//SOURCES Repository.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.module.ModuleDescriptor.Version;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

import common.cli.Json;
import common.release.ReleaseModel;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("what differs between releases:")
class ReleaseModelTest {
    @ParameterizedTest(name = "{0} has {1} and {2}, CRI-O {3}, kernel {4}")
    @CsvSource(delimiter = '|', textBlock = """
            4.10.3      | machine-os-content               |                                    | 1.23 | 4.18
            4.12.0-rc.1 | machine-os-content,rhel-coreos-8 | rhel-coreos-8-extensions           | 1.25 | 4.18
            4.16.0      | rhel-coreos                      | rhel-coreos-extensions             | 1.29 | 5.14
            4.18.3      | rhel-coreos                      | rhel-coreos-extensions             | 1.31 | 5.14
            4.21.0      | rhel-coreos,rhel-coreos-10       | rhel-coreos-extensions,rhel-coreos-10-extensions | 1.34 | 5.14
            """)
    void model(String version, String system, String extensions, String crio, String kernel) {
        ReleaseModel model = ReleaseModel.of(version);
        assertEquals(system, String.join(",", model.operatingSystem()));
        assertEquals(extensions == null ? "" : extensions, String.join(",", model.extensions()));
        assertEquals(crio, model.crio());
        assertEquals(kernel, model.kernel());
    }

    @Test
    @DisplayName("5.0 follows 4.22")
    void five() {
        assertEquals(ReleaseModel.of("4.23.0"), ReleaseModel.of("5.0.0"));
    }

    @Test
    @DisplayName("a store of zstd mounts from 4.13 on")
    void mountsZstd() {
        assertFalse(ReleaseModel.of("4.12.99").mountsZstd());
        assertTrue(ReleaseModel.of("4.13.0-rc.1").mountsZstd());
        assertTrue(ReleaseModel.of("5.0.0").mountsZstd());
    }

    @Test
    @DisplayName("what serves several releases is made for the oldest, and for 4.10 where one is not known")
    void oldest() {
        assertEquals("4.9", ReleaseModel.ofOldest(List.of("4.18.3", "4.9.0", "4.20.1")).shown());
        assertEquals("4.10", ReleaseModel.ofOldest(List.of("4.18.3", "pre-cache")).shown());
        assertEquals("4.10", ReleaseModel.ofOldest(List.of()).shown());
        assertEquals("4.10", ReleaseModel.orOldest(null).shown());
        assertEquals("4.18", ReleaseModel.orOldest("4.18.3").shown());
    }

    @Test
    @DisplayName("up to 4.12 the discovery stage takes what it always took")
    void discovery() {
        assertEquals(List.of(), ReleaseModel.of("4.12.9").discoveryIfThere());
        assertFalse(ReleaseModel.of("4.13.0").discoveryIfThere().isEmpty());
    }

    @ParameterizedTest(name = "{0}: glibc {1}, Ignition {2}, pins {3}, repairs {4}, signed {5}, {6}")
    @CsvSource({"4.12.0, 2.28, 3.2, false, false, NONE, SiteConfig", "4.13.0, 2.34, 3.4, false, false, NONE, SiteConfig",
        "4.15.0, 2.34, 3.4, true, false, NONE, SiteConfig", "4.18.0, 2.34, 3.4, true, true, CONFIGURED, ClusterInstance",
        "4.19.0, 2.34, 3.5, true, true, CONFIGURED, ClusterInstance", "4.21.0, 2.34, 3.5, true, true, RELEASE, ClusterInstance",
        "4.22.0, 2.34, 3.5, true, true, ALL, ClusterInstance", "5.0.0, 2.34, 3.5, true, true, ALL, ClusterInstance"})
    void node(String version, String glibc, String ignition, boolean pins, boolean repairs, ReleaseModel.SignedPayload signed,
            String site) {
        ReleaseModel model = ReleaseModel.of(version);
        assertEquals(glibc, model.glibc());
        assertEquals(ignition, model.ignition());
        assertEquals(pins, model.pinsImages());
        assertEquals(repairs, model.repairsStorage());
        assertEquals(signed, model.signed());
        assertEquals(site, model.site());
    }

    @ParameterizedTest(name = "units/{0} asks CRI-O itself, whether it is 1.{1}")
    @CsvSource({"precache-mirrors, pinsImages", "precache-store, repairsStorage"})
    void asksCrio(String unit, String question) throws ReflectiveOperationException {
        String script = Repository.text(Repository.ROOT.resolve("ignition-files/units/" + unit));
        Matcher least = Pattern.compile("\\+ 0 >= (\\d+)\\)").matcher(script);
        assertTrue(least.find(), script);
        int minor = Integer.parseInt(least.group(1)) - 13;
        assertEquals("false true", ReleaseModel.class.getMethod(question).invoke(new ReleaseModel(minor - 1)) + " "
                + ReleaseModel.class.getMethod(question).invoke(new ReleaseModel(minor)));
    }

    @Test
    @DisplayName("every release takes the Ignition version of the rendered configs, and so does the Assisted Installer")
    void rendered() throws IOException {
        String spec = Json.read(Repository.ROOT.resolve("ignition-files/pointer.ign")).path("ignition").path("version").asText();
        assertTrue(Version.parse(spec).compareTo(Version.parse("3.2")) < 0, spec);
        assertTrue(Version.parse(spec).compareTo(Version.parse(ReleaseModel.OLDEST.ignition())) < 0, spec);
    }

    @Test
    @DisplayName("docs/releases.md has the table that the model gives")
    void table() {
        String text = Repository.text(Repository.ROOT.resolve("docs/releases.md"));
        assertTrue(text.contains("\n" + ReleaseTable.of(IntStream.rangeClosed(10, 23)) + "\n"), () -> "it should be:\n"
                + ReleaseTable.of(IntStream.rangeClosed(10, 23)));
    }
}
