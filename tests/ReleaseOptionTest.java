//SOURCES ../common/inventory/Inventory.java
//SOURCES ../container-images/stage-node.java

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.module.ModuleDescriptor.Version;
import java.nio.file.Files;
import java.nio.file.Path;

import common.inventory.Inventory;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

@DisplayName("the release that a script stages for")
class ReleaseOptionTest {
    @ParameterizedTest(name = "stage-node {1} for a folder with releases {0}: the runtime may ask for glibc {2}")
    @CsvSource({"'', '', 2.28", "4.18.3, '', 2.34", "4.18.3 4.12.9, '', 2.28", "pre-cache, '', 2.28", "'', --release 4.13, 2.34",
        "4.12.9, --release 4.20.1, 2.34", "4.18.3, --release 4.18 --target-glibc 2.30, 2.30"})
    void glibc(String releases, String options, Version glibc, @TempDir Path folder) throws IOException {
        for (String release : releases.isEmpty() ? new String[0] : releases.split(" ")) {
            Files.createFile(folder.resolve(release));
            Inventory.enter(folder, "ai-images/index.json", release, release, "set");
        }
        StageNode script = new StageNode();
        new CommandLine(script).parseArgs((folder + " " + options).strip().split(" "));
        assertEquals(glibc, script.target());
    }
}
