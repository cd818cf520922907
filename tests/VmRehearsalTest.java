//SOURCES Repository.java
//SOURCES ../lab/LabFolder.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import common.Proc;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("vm")
@DisplayName("With virtual machines, the rehearsal")
class VmRehearsalTest {
    private static final int INITIAL = 6 + 1; // and the further tag of one of them
    private static final int OCP = 5;

    @TempDir
    static Path temp;
    private static Process lab;
    private static String output;

    /** The first run is stopped while the factory VM is up, the second one, in the same folder, goes to the end. */
    @BeforeAll
    static void rehearse() throws Exception {
        LabFolder folder = new LabFolder(dir());
        assertEquals(130, lab(line -> {
            if (line.startsWith("VM: ")) { // what create-vm says about a step in it
                assertTrue(folder.running().stream().anyMatch(r -> r.name().equals("qemu")));
                lab.toHandle().destroy();
            }
        }));
        assertNothingLeft();
        assertEquals(0, lab(line -> { }), output);
    }

    @AfterAll
    static void end() throws IOException {
        lab.destroy();
        new LabFolder(dir()).release();
        new LabFolder(dir()).delete();
    }

    @Test
    @DisplayName("loads the images in the discovery system, in RAM, before the agent starts")
    void discoveryLoad() throws IOException {
        String console = console("discovery-load");
        assertReport(console, INITIAL);
        assertTrue(console.matches("(?s).*precache-images\\[.*6 of 6.*LAB-REPORT network.*"), console);
    }

    @Test
    @DisplayName("finds them in the store image, in RAM, with nothing loaded")
    void discoveryStore() throws IOException {
        String console = console("discovery-store");
        assertReport(console, INITIAL);
        assertTrue(console.contains("images in the store at /run/precache/store"), console);
    }

    @Test
    @DisplayName("ends the pull loop of the installed system's first boot, though no registry answers")
    void installed() throws IOException {
        String console = console("installed");
        assertReport(console, OCP);
        assertTrue(console.contains("not pulled, it is here: quay.io/openshift-release-dev/"), console);
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
        assertNothingLeft();
        assertTrue(LabFolder.size(dir()) < 5_000_000);
    }

    private static void assertReport(String console, int references) {
        assertEquals(references, Pattern.compile("LAB-REPORT has: ").matcher(console).results().count(), console);
        assertFalse(console.contains("LAB-REPORT lacks: "), console);
        assertTrue(console.contains("LAB-REPORT container: pre-staged"), console);
        assertTrue(Pattern.compile("LAB-REPORT network: lo\\r?\\n").matcher(console).find(), console);
    }

    private static String console(String name) throws IOException {
        return Files.readString(new LabFolder(dir()).consoles().resolve(name + ".serial.log"));
    }

    private interface OnLine {
        void line(String line) throws IOException;
    }

    /** Exit code; {@link #output} is what it said. */
    private static int lab(OnLine onLine) throws IOException, InterruptedException {
        lab = new ProcessBuilder(Repository.LAUNCHER.toString(), Repository.ROOT.resolve("lab/lab.java").toString(),
                "rehearse", "--vm", "--dir", dir().toString()).redirectErrorStream(true).start();
        StringBuilder said = new StringBuilder();
        try (BufferedReader lines = lab.inputReader()) {
            for (String line; (line = lines.readLine()) != null;) {
                said.append(line).append('\n');
                onLine.line(line);
            }
        }
        output = said.toString();
        return lab.waitFor();
    }

    private static Path dir() {
        return temp.resolve("lab");
    }

    private static void assertNothingLeft() throws IOException {
        assertEquals(List.of(), new LabFolder(dir()).running());
        assertEquals(List.of(), new LabFolder(dir()).mounts());
        assertFalse(Proc.of("losetup", "-a").check().contains(dir().toString()), "loop device");
        try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
            assertEquals(List.of(), all.map(p -> p.info().commandLine().orElse(""))
                    .filter(c -> c.contains(dir().toString())).toList());
        }
    }
}
