//SOURCES ../container-images/stage-node.java
//SOURCES ../common/NodeTar.java
//SOURCES Repository.java
//SOURCES ScriptRun.java
//SOURCES Scripts.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import common.Cli;
import common.Digest;
import common.NodeTar;
import common.Proc;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("stage-node")
class StageNodeTest {
    private static final List<String> NAMES =
            List.of("extract-initial", "extract-ocp", "verify", "curl-all", "create-gpt-partition");

    @TempDir
    static Path temp;
    private static Path root;
    private static Path node;

    /** With whatever JDK is here: Debian 12 has glibc 2.36. */
    @BeforeAll
    static void stage() throws IOException {
        root = Files.createDirectory(temp.resolve("container-images"));
        ScriptRun run = ScriptRun.of(new StageNode(), root, "--target-glibc", "2.36");
        assertEquals(Cli.DONE, run.exit(), run::toString);
        node = Files.createDirectory(temp.resolve("a b")).resolve("node");
        NodeTar.unpack(root.resolve("node.tar"), node);
    }

    @Test
    @DisplayName("makes launchers that a shell starts, wherever they are")
    void launchers() {
        for (String name : NAMES) {
            Proc.Result result = Proc.of("env", "-i", "PATH=/usr/bin:/bin", "bash", node.resolve("bin/" + name).toString(),
                    "--help").run();
            assertEquals(Cli.DONE, result.exit(), result.err());
            assertTrue(result.out().startsWith("Usage: " + name), result.out());
        }
    }
}
