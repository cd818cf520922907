//SOURCES ../common/cli/Cli.java
//SOURCES ../container-images/pre-cache/parse_index.java
//SOURCES ../lab/CatalogCorpus.java
//SOURCES ../lab/CatalogFile.java
//SOURCES ScriptRun.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

import common.cli.Cli;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("parse_index:")
class ParseIndexTest {
    private static final CatalogFile MANY = CatalogCorpus.many(100);

    @TempDir
    Path folder;
    private Path rendered;
    private Path operators;
    private Path images;

    @BeforeEach
    void files() throws IOException {
        rendered = Files.write(folder.resolve("index.json"), MANY.json());
        operators = folder.resolve("operators.packagesAndChannels");
        images = folder.resolve("images.txt");
    }

    private ScriptRun run(String... lines) throws IOException {
        Files.write(operators, List.of(lines));
        return ScriptRun.of(new ParseIndex(), rendered, operators, images);
    }

    private static List<String> imagesOf(String version) {
        CatalogFile.Bundle bundle = MANY.operators().get(0).bundles().stream().filter(b -> b.version().equals(version))
                .findFirst().orElseThrow();
        return Stream.concat(Stream.of(bundle.image()), bundle.relatedImages().stream()).sorted().toList();
    }

    @Test
    @DisplayName("writes the images of a channel's head, one a line, each once")
    void head() throws IOException {
        ScriptRun run = run("many:stable", "many:stable");
        assertEquals(imagesOf("1.9.19"), Files.readAllLines(images), run::toString);
    }

    @Test
    @DisplayName("appends to what the file has")
    void appends() throws IOException {
        Files.writeString(images, "quay.io/first:1\n");
        run("many:stable");
        assertEquals("quay.io/first:1", Files.readAllLines(images).get(0));
    }

    @Test
    @DisplayName("begins a line of its own where the original had left the last one open")
    void openLine() throws IOException {
        Files.writeString(images, "quay.io/first:1");
        run("many:stable");
        assertEquals("quay.io/first:1", Files.readAllLines(images).get(0));
    }

    @Test
    @DisplayName("reads blanks as the original: PACKAGE: CHANNEL, empty lines")
    void blanks() throws IOException {
        ScriptRun run = run("", "  many: stable ", "");
        assertEquals(imagesOf("1.9.19"), Files.readAllLines(images), run::toString);
    }

    @Test
    @DisplayName("takes a version")
    void version() throws IOException {
        run("many:stable:1.4.2");
        assertEquals(imagesOf("1.4.2"), Files.readAllLines(images));
    }

    @Test
    @DisplayName("reads YAML as well")
    void yaml() throws IOException {
        rendered = Files.write(folder.resolve("index.yaml"), MANY.yaml());
        ScriptRun run = run("many");
        assertEquals(imagesOf("1.9.19"), Files.readAllLines(images), run::toString);
    }

    @Test
    @DisplayName("leaves the list as it is when an operator is unknown")
    void unknown() throws IOException {
        Files.writeString(images, "quay.io/first:1\n");
        ScriptRun run = run("many:stable", "mani:stable");
        assertAll(() -> assertEquals(Cli.FAILED, run.exit()),
                () -> assertEquals("error: no package mani in this catalog; it has many\n", run.err()),
                () -> assertEquals("quay.io/first:1\n", Files.readString(images)));
    }

    @Test
    @DisplayName("names the line of a rendered index that was cut off")
    void cutOff() throws IOException {
        byte[] whole = MANY.json();
        rendered = Files.write(folder.resolve("cut.json"), Arrays.copyOf(whole, whole.length / 2));
        ScriptRun run = run("many");
        assertTrue(run.err().matches("(?s)error: \\S*cut.json:\\d{3,}: it ends too early.*"), run::toString);
    }
}
