//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/oci/ImageList.java
//SOURCES PullLab.java
//SOURCES ScriptRun.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import common.cli.Cli;
import common.cli.Json;
import common.oci.ImageList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("The image list of a pull")
class PullListTest {
    private static final String DIGEST = "sha256:" + "ab".repeat(32);

    @TempDir
    static Path shared;
    private static PullLab lab;

    @TempDir
    Path root;

    @BeforeAll
    static void publish() throws IOException {
        lab = PullLab.start(shared);
    }

    @AfterAll
    static void stop() {
        lab.close();
    }

    private ScriptRun pull(String list, Object... more) throws IOException {
        return lab.pull(Files.writeString(root.resolve("list.txt"), list), root.resolve(PullLab.AI), more);
    }

    /** How many images a dry run plans for this list. */
    private int planned(String list) throws IOException {
        ScriptRun run = pull(list, "--dry-run", "--json");
        PullLab.assertDone(run);
        return Json.parse(run.out().getBytes(), "stdout").get("images").asInt();
    }

    private void assertRefused(String expected, ScriptRun run) {
        assertEquals(Cli.FAILED, run.exit(), run::toString);
        assertEquals("error: " + expected.replace("LIST", root.resolve("list.txt").toString()) + "\n", run.err());
    }

    @Test
    @DisplayName("missing: an error that names it")
    void missing() {
        assertRefused("no image list LIST; name one with --list",
                lab.pull(root.resolve("list.txt"), root.resolve(PullLab.AI)));
    }

    @ParameterizedTest(name = "[{index}]")
    @ValueSource(strings = {"", "\n", "\r\n  \t\n", "# only a comment\n"})
    @DisplayName("empty, or with nothing but blanks and comments: an error")
    void empty(String list) throws IOException {
        assertRefused("image list LIST is empty: one image reference a line is expected", pull(list));
    }

    @Test
    @DisplayName("a folder, or not text: an error that names it")
    void unreadable() throws IOException {
        Path file = root.resolve("list.txt");
        Files.write(file, new byte[] {(byte) 0xff, (byte) 0xfe, 'q', 0});
        String error = "image list LIST: not a readable UTF-8 text file";
        assertRefused(error, lab.pull(file, root.resolve(PullLab.AI)));
        Files.delete(file);
        assertRefused(error, lab.pull(Files.createDirectory(file), root.resolve(PullLab.AI)));
    }

    @ParameterizedTest(name = "[{index}]")
    @ValueSource(strings = {"<A>\r\n<B>\r\n", "\uFEFF<A>\n<B>", "  <A>  \n\t<B>\t \n", "# a\n\n<A> # b\n#<A>\n<B>\n",
        "<A>\n<B>\n<A>\n<B>\n", "<A> also-by-tag\n<B>\n"})
    @DisplayName("CRLF, byte order mark, blanks around, comments, blank and duplicate lines, second words: two are two")
    void twoImages(String list) throws IOException {
        assertEquals(2, planned(list.replace("<A>", lab.reference(0)).replace("<B>", lab.reference(6))));
    }

    @ParameterizedTest
    @CsvSource({"quay.io/UPPER/case:tag", "quay.io/a/b:", "quay.io/a/b@sha256:12", "quay.io/a/b@", "name", "name:tag",
        "org/name", "https://quay.io/a/b", "quay.io/a//b", "quay.io/", "quay.io/a/b:tag:tag", "--help"})
    @DisplayName("a malformed reference: an error with file, line number and the reference")
    void malformed(String reference) throws IOException {
        assertRefused("LIST:3: malformed image reference \"" + reference
                + "\"; expected HOST/REPOSITORY:TAG or HOST/REPOSITORY@sha256:DIGEST",
                pull("# a comment\n" + lab.reference(0) + "\n" + reference + "\n"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"one two", "in/valid", "a:b", ".hidden"})
    @DisplayName("a second word that is no tag, or a third word: an error with file and line number")
    void secondWord(String rest) throws IOException {
        String line = lab.reference(0) + " " + rest;
        assertRefused("LIST:1: expected REFERENCE [TAG] [!whole]: " + line, pull(line));
    }

    @Test
    @DisplayName("nothing left after --exclude: an error")
    void allExcluded() throws IOException {
        assertRefused("nothing is left of LIST after --exclude", pull(lab.reference(0), "--exclude", "quay"));
    }

    @Test
    @DisplayName("a reference listed twice counts once, with the tags of both lines")
    void tagsOfDuplicates() throws IOException {
        String reference = "quay.io/a/b@" + DIGEST;
        Path file = PullLab.list(root, reference + " one", reference, reference + " two", reference + " one");
        assertEquals(List.of(List.of("one", "two")),
                ImageList.read(file).entries().stream().map(ImageList.Entry::tags).toList());
    }

    @Test
    @DisplayName("a port that cannot be fails that image alone")
    void impossiblePort() throws IOException {
        ScriptRun run = pull(lab.reference(0) + "\n127.0.0.1:99999/a/b:tag\n");
        assertEquals(Cli.PARTIAL, run.exit(), run::toString);
        assertTrue(run.err().contains("failed: 127.0.0.1:99999/a/b:tag: 127.0.0.1:99999"), run.err());
    }

    @Test
    @DisplayName("that gives one tag to two images is refused, before anything is asked for")
    void contradiction() throws IOException {
        String digest = "quay.io/org/a@sha256:" + "0".repeat(63);
        assertRefused("image list LIST: quay.io/org/a:v1 is to be both " + digest + "1 and " + digest + "2",
                pull(digest + "1 v1\n" + digest + "2 v1\n"));
    }
}
