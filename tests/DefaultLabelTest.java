//SOURCES ../common/cli/Proc.java
//SOURCES Repository.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

import common.cli.Proc;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The repository as somebody has it who changed the one line with the label, and nothing else. */
@DisplayName("Where the default label is changed in its one place,")
class DefaultLabelTest {
    private static final Path PLACE = Path.of("common/disk/PartitionLabel.java");
    private static final String LINE = "DEFAULT = \"data\";";

    @TempDir
    static Path folder;
    private static Path classes;

    @BeforeAll
    static void compile() throws IOException {
        classes = Files.createDirectory(folder.resolve("classes"));
        String text = Repository.text(Repository.ROOT.resolve(PLACE));
        assertTrue(text.contains(LINE));
        Path changed = folder.resolve(PLACE.getFileName());
        Files.writeString(changed, text.replace(LINE, "DEFAULT = \"images\";"));
        List<Path> files = new ArrayList<>(List.of(changed));
        Repository.javaFiles().stream().map(Repository.ROOT::relativize)
                .filter(f -> !f.equals(PLACE) && !f.startsWith("tests") && !f.startsWith("lab") && !f.startsWith("bench"))
                .map(Repository.ROOT::resolve).forEach(files::add);
        JavaCompiler javac = ToolProvider.getSystemJavaCompiler();
        try (StandardJavaFileManager manager = javac.getStandardFileManager(null, null, null)) {
            assertTrue(javac.getTask(null, manager, null, List.of("-proc:none", "-nowarn", "-encoding", "UTF-8", "-cp",
                    System.getProperty("java.class.path"), "-d", classes.toString()), null,
                    manager.getJavaFileObjectsFromPaths(files)).call());
        }
    }

    private static Proc.Result run(String script, Object... args) {
        List<String> argv = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin/java").toString(), "-cp",
                classes + ":" + System.getProperty("java.class.path"), script));
        Stream.of(args).map(String::valueOf).forEach(argv::add);
        Proc.Result result = Proc.of(argv).run();
        assertEquals(0, result.exit(), result::err);
        return result;
    }

    @Test
    @DisplayName("all rendered files and the installer arguments have it, and no other")
    void rendered() throws IOException {
        Path output = folder.resolve("rendered");
        assertTrue(run("Render", "--output", output).out().contains("--save-partlabel images"));
        try (Stream<Path> files = Files.list(output)) {
            List<Path> all = files.toList();
            assertEquals(4, all.size());
            for (Path file : all) {
                String text = Files.readString(file);
                assertTrue(text.contains("/dev/disk/by-partlabel/images"), file::toString);
                assertFalse(text.contains("/dev/disk/by-partlabel/data"), file::toString);
            }
        }
    }

    @ParameterizedTest(name = "{0} has it as its default")
    @ValueSource(strings = {"CreateGptPartition", "CreateVm", "SiteConfigMerge", "Render"})
    void option(String script) {
        String help = run(script, "--help").out().replaceAll("\\s+", " ");
        assertTrue(help.matches(".*--label=NAME [^-]*\\(default: images\\).*"), help);
    }
}
