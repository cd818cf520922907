//SOURCES ../lab/LabFolder.java
//SOURCES LabRun.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("vm")
@DisplayName("With virtual machines, the rehearsal")
class VmRehearsalTest {
    private static final int INITIAL = 6 + 1; // and the further tag of one of them
    private static final int OCP = 5;

    @TempDir
    static Path temp;
    private static LabRun lab;
    private static String output;

    /** The first run is stopped while the factory VM is up, the second one, in the same folder, goes to the end. */
    @BeforeAll
    static void rehearse() throws Exception {
        lab = new LabRun(temp.resolve("lab"));
        LabRun.Result stopped = lab.run(LabRun.OnLine.beginning("VM: ", line -> { // what create-vm does in it
            assertTrue(lab.folder().running().stream().anyMatch(r -> r.name().equals("qemu")));
            lab.stop();
        }), "rehearse", "--vm");
        assertEquals(130, stopped.exit(), stopped.output());
        lab.assertNothingLeft();
        LabRun.Result whole = lab.run(LabRun.OnLine.NOTHING, "rehearse", "--vm");
        output = whole.output();
        assertEquals(0, whole.exit(), output);
    }

    @AfterAll
    static void end() throws IOException {
        lab.close();
    }

    @Test
    @DisplayName("loads the images in the discovery system, in RAM, before the agent starts")
    void discoveryLoad() throws IOException {
        String console = console("discovery-load");
        assertReport(console, INITIAL, "lo");
        assertTrue(console.matches("(?s).*precache-images\\[\\d+]: 6 loaded, .*LAB-REPORT consumer.*"), console);
    }

    @Test
    @DisplayName("finds them in the store image of a copied disk that has no layers, in RAM, with nothing loaded")
    void discoveryStore() throws IOException {
        String console = console("discovery-store-only-swallowed");
        assertReport(console, INITIAL, "lo site0");
        assertTrue(console.matches("(?s).*images in the store at /var/lib/precache/store.*: 0 loaded, 6 already there.*"),
                console);
    }

    @ParameterizedTest
    @DisplayName("leaves the disk to the installer, and gets what the bootstrap pulls from the node's own registry")
    @ValueSource(strings = {"discovery-load", "discovery-store-only-swallowed"})
    void discoveryConsumers(String name) throws IOException {
        String console = console(name);
        for (String consumer : List.of("inventory", "container-images-available", "release-image", "node-image-pull",
                "coreos-installer", "overwrite-os-image", "whole-images")) {
            assertTrue(console.contains("LAB-REPORT consumer " + consumer + ": ok "), consumer + ": " + console);
        }
    }

    @ParameterizedTest
    @DisplayName("gets the installed system through its first boot and a power cut, though no registry but its own answers")
    @ValueSource(strings = {"installed-store", "installed-load-swallowed"})
    void installed(String name) throws IOException {
        String console = console(name);
        assertReport(console, OCP, name.equals("installed-store") ? "lo" : "lo site0");
        for (String consumer : List.of("machine-config-daemon-pull", "rpm-ostree-rebase", "extensions", "pod-pull-always",
                "pods-after-wipe")) {
            assertTrue(console.contains("LAB-REPORT consumer " + consumer + ": ok "), consumer + ": " + console);
        }
    }

    @ParameterizedTest
    @DisplayName("sends no packet where a network swallows all")
    @ValueSource(strings = {"discovery-store-only-swallowed", "installed-load-swallowed"})
    void noPackets(String name) throws IOException {
        assertTrue(console(name).contains("LAB-REPORT packets: 0"), console(name));
    }

    @ParameterizedTest
    @DisplayName("would have failed without the registry: the same stand-ins do, once it is stopped")
    @ValueSource(strings = {"discovery-load", "installed-store"})
    void withoutRegistry(String name) throws IOException {
        assertTrue(console(name).contains("LAB-REPORT consumer no-registry/"), console(name));
        assertFalse(Pattern.compile("LAB-REPORT consumer no-registry/\\S+: ok").matcher(console(name)).find());
    }

    @Test
    @DisplayName("stages the factory VM over UEFI and shuts it down")
    void factory() throws IOException {
        assertTrue(output.contains("Pre staged server ready to be delivered"), output);
        assertTrue(console("factory").contains("reboot: Power down"));
    }

    @Test
    @DisplayName("leaves nothing running, mounted or big")
    void nothingLeft() throws IOException {
        lab.assertNothingLeft();
        assertTrue(LabFolder.size(lab.folder().path()) < 5_000_000);
    }

    private static void assertReport(String console, int references, String network) {
        assertEquals(references, Pattern.compile("LAB-REPORT has: ").matcher(console).results().count(), console);
        assertFalse(console.contains("LAB-REPORT lacks: "), console);
        assertTrue(console.contains("LAB-REPORT container: pre-staged"), console);
        assertTrue(Pattern.compile("LAB-REPORT network: " + network + "\\r?\\n").matcher(console).find(), console);
    }

    private static String console(String name) throws IOException {
        return Files.readString(lab.folder().consoles().resolve(name + ".serial.log"));
    }
}
