//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../lab/CatalogCorpus.java
//SOURCES Repository.java
//SOURCES ScriptRun.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

import common.cli.Cli;
import common.cli.Proc;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Command;

@Tag("launcher")
@DisplayName("Whatever the locale:")
class LocaleTest {
    private static final String NAME = "Pr\u00fcfung-\u68c0\u67e5";
    private static final Path SCRIPT = Repository.ROOT.resolve("container-images/pre-cache/parse_index.java");

    @TempDir
    Path folder;
    private Path operators;
    private Path images;

    @BeforeEach
    void files() throws IOException {
        Files.write(folder.resolve("index.json"), CatalogCorpus.many(3).json());
        operators = Files.writeString(folder.resolve("operators"), "many:stable\n");
        images = folder.resolve(NAME + ".txt");
    }

    /** A program with no environment but a HOME and a PATH, as cron and systemd start it. */
    private Proc bare(String path, Object... argv) {
        List<String> words = new ArrayList<>(List.of("env", "-i", "HOME=" + System.getenv("HOME"), "PATH=" + path));
        List.of(argv).forEach(a -> words.add(a.toString()));
        return Proc.of(words);
    }

    private void assertWritten(Proc.Result result) throws IOException {
        assertEquals(Cli.DONE, result.exit(), result.err());
        assertTrue(Files.exists(images), result.err());
        assertTrue(result.err().contains("appended to " + images), result.err());
    }

    @Test
    @DisplayName("with none at all ./jbang hands on a name that is not ASCII, and the script writes that file")
    void launcher() throws IOException {
        assertWritten(bare(System.getenv("PATH"), Repository.LAUNCHER, SCRIPT, folder.resolve("index.json"), operators,
                images).run());
    }

    @Test
    @DisplayName("with none at all a script that is started by its own name does, too")
    void byItsName() throws IOException {
        assertWritten(bare(Repository.ROOT + ":" + System.getenv("PATH"), SCRIPT, folder.resolve("index.json"),
                operators, images).run());
    }

    @Test
    @DisplayName("every Java file is ASCII: a JBang of one's own lets JDK 17 read it in the locale's charset")
    void ascii() {
        assertEquals(List.of(), Repository.javaFiles().stream()
                .filter(f -> !StandardCharsets.US_ASCII.newEncoder().canEncode(Repository.text(f))).toList());
    }

    @Test
    @DisplayName("programs that are run have C.UTF-8: what they print can be read, and names are whole")
    void children() {
        assertEquals("C.UTF-8 " + NAME + "\n", Proc.of("sh", "-c", "echo \"$LC_ALL $0\"", NAME).check());
    }

    @Command(name = "shout")
    private static final class Shout extends Cli.Command {
        @Override
        public Integer call() {
            System.out.printf("%s %,d %.1f", "TITLE".toLowerCase(), 1234, 0.5);
            return Cli.DONE;
        }
    }

    @ParameterizedTest(name = "{0}: numbers and letters are those of English text")
    @ValueSource(strings = {"tr-TR", "ar-SA-u-nu-arab", "de-DE"})
    void text(String locale) {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.forLanguageTag(locale));
            assertEquals("title 1,234 0.5", ScriptRun.of(new Shout()).out());
        } finally {
            Locale.setDefault(before);
        }
    }
}
