//SOURCES AssistedLab.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import common.Cli;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("create-ai-cluster")
class CreateAiClusterTest {
    @TempDir
    Path folder;
    private AssistedLab lab;

    @BeforeEach
    void start() throws IOException {
        lab = new AssistedLab(folder);
    }

    @AfterEach
    void stop() {
        lab.close();
    }

    @Test
    @DisplayName("takes a server to installed, each step one line")
    void installs() {
        ScriptRun run = lab.run();
        assertEquals(Cli.DONE, run.exit(), run::toString);
    }

    @Test
    @DisplayName("every request and every answer of the flow fits both OpenAPI files")
    void fitsSpecification() {
        lab.run("--iso", folder.resolve("d.iso"), "--disk", "smallest");
        List<String> faults = new ArrayList<>();
        lab.service.exchanges.stream().filter(e -> e.path().startsWith("/api")).forEach(e -> {
            faults.addAll(AssistedApi.requestFaults(e));
            faults.addAll(AssistedApi.responseFaults(e));
        });
        assertEquals(List.of(), faults);
        assertTrue(lab.service.exchanges.size() > 20);
    }
}
