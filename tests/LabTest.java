//SOURCES ../common/cli/Proc.java
//SOURCES LabRun.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import common.cli.Proc;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("lab")
@DisplayName("The lab, started as a newcomer starts it,")
class LabTest {
    @TempDir
    Path temp;
    private LabRun lab;

    @BeforeEach
    void begin() {
        lab = new LabRun(temp.resolve("lab"));
    }

    @AfterEach
    void end() throws IOException {
        lab.close();
    }

    @Test
    @DisplayName("rehearses the whole way, every image answers, a container runs, and nothing is left")
    void rehearses() throws Exception {
        LabRun.Result run = run(LabRun.OnLine.NOTHING, "rehearse");
        assertEquals(0, run.exit(), run.output());
        assertTrue(run.output().contains("All 6 images answer and a container ran"), run.output());
        lab.assertNothingLeft();
        assertFalse(Files.exists(lab.folder().path()));
    }

    @Test
    @DisplayName("leaves nothing running or mounted when it is told to stop while a disk is mounted")
    void interrupted() throws Exception {
        LabRun.Result run = run(LabRun.OnLine.beginning("== download onto the partition", line -> lab.stop()),
                "rehearse");
        assertEquals(130, run.exit(), run.output());
        lab.assertNothingLeft();
    }

    @Test
    @DisplayName("ends with the failing script's line and leaves nothing when the artifact server dies on the way")
    void failingStep() throws Exception {
        LabRun.Result run = run(LabRun.OnLine.beginning("== pull the ocp images", line -> lab.folder().running()
                .stream().filter(s -> s.name().equals("web")).forEach(s -> s.process().destroy())), "rehearse");
        assertEquals(1, run.exit(), run.output());
        String last = run.output().lines().reduce("", (a, b) -> b);
        assertTrue(last.matches("error: exit code \\d: .*curl-all.java .*"), run.output());
        lab.assertNothingLeft();
    }

    @Test
    @DisplayName("up leaves servers whose registry answers, until down ends them")
    void upAndDown() throws Exception {
        LabRun.Result up = run(LabRun.OnLine.NOTHING, "up");
        assertEquals(0, up.exit(), up.output());
        int port = lab.folder().running().get(0).port();
        assertTrue(Proc.of("skopeo", "list-tags", "--tls-verify=false",
                "docker://127.0.0.1:" + port + "/openshift-release-dev/ocp-release").check().contains("4.10.3-x86_64"));
        assertTrue(run(LabRun.OnLine.NOTHING, "status").output().contains(" is up;"));
        assertEquals(0, run(LabRun.OnLine.NOTHING, "down").exit());
        lab.assertNothingLeft();
    }

    @Test
    @DisplayName("does not touch a folder with files that no lab made")
    void foreignFolder() throws Exception {
        Path precious = Files.createDirectory(lab.folder().path()).resolve("precious");
        Files.writeString(precious, "");
        LabRun.Result down = run(LabRun.OnLine.NOTHING, "down");
        assertEquals(1, down.exit(), down.output());
        Files.delete(precious); // it is there
    }

    private LabRun.Result run(LabRun.OnLine onLine, String action) throws IOException, InterruptedException {
        return lab.run(onLine, action, "--images", "6");
    }
}
