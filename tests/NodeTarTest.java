//SOURCES ../common/cli/Cli.java
//SOURCES ../common/node/NodeTar.java
//SOURCES TestTar.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

import common.cli.Cli;
import common.node.NodeTar;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("fault")
@DisplayName("A node.tar")
class NodeTarTest {
    @TempDir
    Path temp;

    private Path unpack(TestTar.Entry... entries) throws IOException {
        Path tar = Files.write(temp.resolve("node.tar"), TestTar.of(entries));
        NodeTar.unpack(tar, temp.resolve("node"));
        return temp.resolve("node");
    }

    private List<String> left() throws IOException {
        try (Stream<Path> files = Files.list(temp)) {
            return files.map(f -> f.getFileName().toString()).toList();
        }
    }

    static Stream<Arguments> hostile() {
        return Stream.of(
                arguments("a parent", TestTar.file("../evil", "x", 0644)),
                arguments("a parent further down", TestTar.file("a/../../evil", "x", 0644)),
                arguments("an absolute path", TestTar.file("/tmp/evil", "x", 0644)),
                arguments("a link to an absolute path", TestTar.link("passwd", "/etc/passwd")),
                arguments("a link to a parent", TestTar.link("up", "..")),
                arguments("a link to nothing", TestTar.link("up", "nothing")),
                arguments("a link through a link", TestTar.file("a/x", "x", 0644), TestTar.link("a/here", "."),
                        TestTar.link("out", "a/here/../..")),
                arguments("a file through a link", TestTar.file("a/x", "x", 0644), TestTar.link("b", "a"),
                        TestTar.file("b/x", "y", 0644)),
                arguments("a file in place of a link", TestTar.file("a", "x", 0644), TestTar.link("b", "a"),
                        TestTar.file("b", "y", 0644)),
                arguments("one file twice", TestTar.file("a", "x", 0644), TestTar.file("a", "y", 0644)),
                arguments("a folder in place of a file", TestTar.file("a", "x", 0644), TestTar.file("a/b", "y", 0644)),
                arguments("a hard link", TestTar.file("a", "x", 0644), TestTar.special("b", TarConstants.LF_LINK, "a")),
                arguments("a device", TestTar.special("sda", TarConstants.LF_BLK, "")),
                arguments("a terminal", TestTar.special("tty", TarConstants.LF_CHR, "")),
                arguments("a pipe", TestTar.special("pipe", TarConstants.LF_FIFO, "")));
    }

    private static Arguments arguments(String name, TestTar.Entry... entries) {
        return Arguments.of(name, entries);
    }

    @ParameterizedTest(name = "{0}")
    @DisplayName("is refused, and nothing of it stays, when it has")
    @MethodSource("hostile")
    void refused(String name, TestTar.Entry[] entries) throws IOException {
        Cli.Failure failure = assertThrows(Cli.Failure.class, () -> unpack(entries));
        assertTrue(failure.getMessage().startsWith("node.tar is refused"), failure.getMessage());
        assertEquals(List.of("node.tar"), left());
    }

    @Test
    @DisplayName("that ends in the middle leaves nothing")
    void truncated() throws IOException {
        byte[] whole = TestTar.of(TestTar.file("a", "x".repeat(5000), 0644));
        Path tar = Files.write(temp.resolve("node.tar"), Arrays.copyOf(whole, 3000));
        assertThrows(IOException.class, () -> NodeTar.unpack(tar, temp.resolve("node")));
        assertEquals(List.of("node.tar"), left());
    }

    @Test
    @DisplayName("gives no set-user-id bit")
    void setUserId() throws IOException {
        Path file = unpack(TestTar.file("su", "x", 04755)).resolve("su");
        assertEquals(0100755, Files.getAttribute(file, "unix:mode"));
    }

    @Test
    @DisplayName("may have links to files and folders inside, with .. in them")
    void linksInside() throws IOException {
        Path node = unpack(TestTar.file("legal/base/LICENSE", "text", 0444),
                TestTar.link("legal/xml", "../legal/base"), TestTar.link("LICENSE", "legal/xml/LICENSE"));
        assertEquals("text", Files.readString(node.resolve("LICENSE")));
    }
}
