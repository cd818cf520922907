//SOURCES FaultedPull.java
//SOURCES FaultedScript.java
//SOURCES FaultyDisk.java
//SOURCES Injections.java

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("fault")
@DisplayName("When any one call of a file system fails, or all from some call on, or the program or the power dies in it, "
        + "nothing wrong counts as whole and the same command goes on:")
class FaultyDiskTest {
    @TempDir
    Path temp;
    private FaultyDisk disk;

    @BeforeEach
    void preload() throws IOException {
        disk = new FaultyDisk(temp);
    }

    @AfterEach
    void end() throws IOException {
        disk.close();
    }

    /** The calls of a run without a fault are counted first: the n-th of them is chosen by the seed. */
    private void survives(FaultedScript script, int failures, int ends) throws IOException {
        try (script) {
            Path root = script.fresh(disk.folder);
            disk.counted();
            script.run(root, disk);
            var counted = disk.counted();
            script.assertWhole(root);
            Random random = Injections.random(script.getClass().getName());
            script.survives(FaultyDisk.failures(counted, random), failures, disk);
            script.survives(FaultyDisk.ends(counted, random), ends, disk);
        }
    }

    @Test
    @DisplayName("a pull")
    void pull() throws IOException {
        survives(new FaultedPull(temp), 100, 20);
    }
}
