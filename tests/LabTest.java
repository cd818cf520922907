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
import java.util.function.Consumer;
import java.util.stream.Stream;

import common.Proc;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("lab")
@DisplayName("The lab, started as a newcomer starts it,")
class LabTest {
    @TempDir
    Path temp;
    private Process lab;

    private interface Action {
        void run() throws IOException;
    }

    /** How lab.java ended, with its stdout and stderr in one. */
    private record Run(int exit, String output) {
    }

    @AfterEach
    void end() throws IOException {
        lab.destroy();
        new LabFolder(dir()).release();
        new LabFolder(dir()).delete();
    }

    @Test
    @DisplayName("rehearses the whole way, every image answers, a container runs, and nothing is left")
    void rehearses() throws Exception {
        Run run = lab(line -> { }, "rehearse");
        assertEquals(0, run.exit, run.output);
        assertTrue(run.output.contains("All 6 images answer and a container ran"), run.output);
        assertNothingLeft();
        assertFalse(Files.exists(dir()));
    }

    @Test
    @DisplayName("leaves nothing running or mounted when it is told to stop while a disk is mounted")
    void interrupted() throws Exception {
        Run run = lab(onLine("== download onto the partition", () -> lab.toHandle().destroy()), "rehearse");
        assertEquals(130, run.exit, run.output);
        assertNothingLeft();
    }

    @Test
    @DisplayName("ends with the failing script's line and leaves nothing when the artifact server dies on the way")
    void failingStep() throws Exception {
        Run run = lab(onLine("== pull the ocp images", () -> new LabFolder(dir()).running().stream()
                .filter(s -> s.name().equals("web")).forEach(s -> s.process().destroy())), "rehearse");
        assertEquals(1, run.exit, run.output);
        String last = run.output.lines().reduce("", (a, b) -> b);
        assertTrue(last.matches("error: exit code \\d: .*curl-all.java .*"), run.output);
        assertNothingLeft();
    }

    @Test
    @DisplayName("up leaves servers whose registry answers, until down ends them")
    void upAndDown() throws Exception {
        Run up = lab(line -> { }, "up");
        assertEquals(0, up.exit, up.output);
        int port = new LabFolder(dir()).running().get(0).port();
        assertTrue(Proc.of("skopeo", "list-tags", "--tls-verify=false",
                "docker://127.0.0.1:" + port + "/openshift-release-dev/ocp-release").check().contains("4.10.3-x86_64"));
        assertTrue(lab(line -> { }, "status").output.contains(" is up;"));
        assertEquals(0, lab(line -> { }, "down").exit);
        assertNothingLeft();
    }

    @Test
    @DisplayName("does not touch a folder with files that no lab made")
    void foreignFolder() throws Exception {
        Path precious = Files.writeString(temp.resolve("precious"), "");
        Run down = lab(line -> { }, "down", temp);
        assertEquals(1, down.exit, down.output);
        assertTrue(Files.exists(precious));
    }

    private Run lab(Consumer<String> onLine, String action) throws IOException, InterruptedException {
        return lab(onLine, action, dir());
    }

    private Run lab(Consumer<String> onLine, String action, Path dir) throws IOException, InterruptedException {
        lab = new ProcessBuilder(Repository.LAUNCHER.toString(), Repository.ROOT.resolve("lab/lab.java").toString(),
                action, "--images", "6", "--dir", dir.toString()).redirectErrorStream(true).start();
        StringBuilder output = new StringBuilder();
        try (BufferedReader lines = lab.inputReader()) {
            for (String line; (line = lines.readLine()) != null;) {
                output.append(line).append('\n');
                onLine.accept(line);
            }
            return new Run(lab.waitFor(), output.toString());
        }
    }

    private static Consumer<String> onLine(String begin, Action action) {
        return line -> {
            if (line.startsWith(begin)) {
                try {
                    action.run();
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            }
        };
    }

    private Path dir() {
        return temp.resolve("lab");
    }

    private void assertNothingLeft() throws IOException {
        assertEquals(List.of(), new LabFolder(dir()).running());
        assertEquals(List.of(), new LabFolder(dir()).mounts());
        assertFalse(Proc.of("losetup", "-a").check().contains(dir().toString()), "loop device");
        try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
            assertEquals(List.of(), all.map(p -> p.info().commandLine().orElse(""))
                    .filter(c -> c.contains(dir().toString())).toList());
        }
    }
}
