//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES Repository.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Stream;

import common.cli.Cli;
import common.cli.Proc;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("launcher")
@DisplayName("The launcher")
class LauncherTest {
    private static final String JAR = "jbang-cli-0.132.1-all.jar";
    private static final String SCRIPT = """
            ///usr/bin/env jbang "$0" "$@" ; exit $?
            //JAVA 17+
            class Echo {
                public static void main(String... args) throws Exception {
                    System.out.println(String.join("|", args));
                    System.out.write(System.in.readAllBytes());
                    System.out.flush();
                    System.exit(args.length);
                }
            }
            """;

    @TempDir
    static Path shared;
    private static Path script;

    @TempDir
    Path folder;
    private Path cache;

    @BeforeAll
    static void writeScript() throws IOException {
        script = Files.createDirectory(shared.resolve("a folder")).resolve("Echo.java");
        Files.writeString(script, SCRIPT);
    }

    @BeforeEach
    void ownCacheWithJBang() throws IOException {
        cache = Files.createDirectory(folder.resolve("cache of its own"));
        Proc.of(Repository.LAUNCHER.toString(), "--version").env("JBANG_LAUNCHER_CACHE", shared.toString()).check();
        Files.copy(shared.resolve(JAR), cache.resolve(JAR));
    }

    @Test
    @DisplayName("hands arguments over as they are: blanks, quotes, line breaks, nothing is expanded")
    void arguments() {
        String[] args = {"a b", "it's", "\"", "x\ny", "$HOME", "`id`", "*"};
        Proc.Result result = launch(Repository.LAUNCHER, script, args).run();
        assertEquals(String.join("|", args) + "\n", result.out(), result.err());
    }

    @Test
    @DisplayName("gives the script its stdin and passes its exit code on")
    void stdinAndExitCode() {
        Proc.Result result = launch(Repository.LAUNCHER, script, "1", "2", "3").stdin("from stdin").run();
        assertEquals(new Proc.Result(3, "1|2|3\nfrom stdin", ""), new Proc.Result(result.exit(), result.out(), ""));
    }

    @Test
    @DisplayName("works through a symlink, with blanks in its path, from another folder, with a relative script path")
    void symlink() throws IOException {
        Path copy = copyOfLauncher("a folder", Repository.text(Repository.LAUNCHER));
        Path link = Files.createSymbolicLink(folder.resolve("a link"), copy);
        assertEquals("x\n", launch(link, Path.of("Echo.java"), "x").in(script.getParent()).run().out());
    }

    @Test
    @DisplayName("asks JBang once about a script beside it, and again when a source has changed, whatever its date")
    void remembers() throws IOException {
        Path copy = copyOfLauncher("a repository", Repository.text(Repository.LAUNCHER));
        Path own = Files.writeString(copy.resolveSibling("Echo.java"), SCRIPT);
        assertEquals("a b||\n", launch(copy, own, "a b", "", "").run().out());
        Path away = Files.move(cache.resolve(JAR), cache.resolve("away"));
        Files.createFile(cache.resolve(JAR)); // to ask this one would fail
        assertEquals("x y\n", launch(copy, own, "x y").run().out());
        assertEquals(1, cached(".*\\.jsa").size());
        Files.move(away, cache.resolve(JAR), StandardCopyOption.REPLACE_EXISTING);
        Files.writeString(own, SCRIPT.replace("\"|\"", "\"+\""));
        Files.setLastModifiedTime(own, FileTime.fromMillis(0));
        assertEquals("x+y\n", launch(copy, own, "x", "y").run().out());
        assertEquals(List.of(), leftovers());
    }

    @Test
    @DisplayName("leaves no archive of a script's classes on a disk that may be too small for it")
    void smallDisk() throws IOException {
        Path copy = copyOfLauncher("a repository", Repository.text(Repository.LAUNCHER));
        Proc run = launch(copy, Files.writeString(copy.resolveSibling("Echo.java"), SCRIPT));
        Proc.of("mount", "-t", "tmpfs", "-o", "size=20m", "small", cache.toString()).check();
        try {
            Files.copy(shared.resolve(JAR), cache.resolve(JAR));
            assertEquals(List.of(0, 0), List.of(run.run().exit(), run.run().exit()));
            assertEquals(List.of(), cached(".*\\.jsa"));
        } finally {
            Proc.of("umount", cache.toString()).check();
        }
    }

    @Test
    @DisplayName("needs no network once JBang and the script are cached")
    void offline() {
        launch(Repository.LAUNCHER, script, "x").run();
        Proc.Result result = launcher("unshare", "--net", Repository.LAUNCHER.toString(), script.toString(), "x").run();
        assertEquals("x\n", result.out(), result.err());
    }

    @Test
    @DisplayName("gets JBang with Maven, without a word on stdout, also when two start at once")
    void fetches() throws IOException {
        launch(Repository.LAUNCHER, script, "x").run();
        Files.delete(cache.resolve(JAR));
        Supplier<String> run = () -> launch(Repository.LAUNCHER, script, "x").run().out();
        CompletableFuture<String> other = CompletableFuture.supplyAsync(run, r -> new Thread(r).start());
        assertEquals(List.of("x\n", "x\n"), List.of(run.get(), other.join()));
        assertEquals(List.of(), leftovers());
    }

    @Test
    @DisplayName("refuses a JBang whose sha256 is not the one it pins")
    void wrongDigest() throws IOException {
        Files.delete(cache.resolve(JAR));
        String text = Repository.text(Repository.LAUNCHER);
        Path altered = copyOfLauncher("altered", text.replaceAll("SHA256=.", "SHA256=0"));
        Proc.Result result = launcher(altered.toString(), "--version").run();
        assertAll(() -> assertEquals(1, result.exit()),
                () -> assertTrue(result.reason().contains("sha256"), result.err()),
                () -> assertFalse(Files.exists(cache.resolve(JAR))),
                () -> assertEquals(List.of(), leftovers()));
    }

    @Test
    @DisplayName("without a JDK and without root tells in one line what to install, exit code 4")
    void noJdk() throws IOException {
        Path bin = Files.createDirectory(folder.resolve("bin"));
        for (String program : List.of("id", "readlink", "sed", "apt-get", "apt-cache", "dnf")) {
            if (Files.exists(Path.of("/usr/bin", program))) {
                executable(bin.resolve(program), "#!/bin/sh\nexec /usr/bin/" + program + " \"$@\"\n");
            }
        }
        String text = Repository.text(Repository.LAUNCHER).replace("/usr/lib/jvm", folder.toString());
        Proc.Result result = unprivileged("env", "--unset", "JAVA_HOME", "PATH=" + bin,
                copyOfLauncher("readable", text).toString(), "--version").run();
        assertAll(() -> assertEquals(Cli.MISSING, result.exit(), result.err()),
                () -> assertEquals(1, result.err().lines().count(), result.err()),
                () -> assertTrue(result.err().contains("maven") && result.err().contains("17"), result.err()));
    }

    @Test
    @DisplayName("works from a cache folder that it may not write to")
    void readOnlyCache() throws IOException {
        Path copy = copyOfLauncher("readable", Repository.text(Repository.LAUNCHER));
        Proc.Result result = unprivileged(copy.toString(), "--version").run();
        assertEquals(new Proc.Result(0, "", "0.132.1\n"), result);
    }

    @Test
    @DisplayName("passes over a JAVA_HOME that is older than 17")
    void oldJdk() throws IOException {
        Path home = Files.createDirectories(folder.resolve("jdk/bin")).getParent();
        Files.writeString(home.resolve("release"), "JAVA_VERSION=\"11.0.2\"\n");
        for (String program : List.of("java", "javac")) {
            executable(home.resolve("bin").resolve(program), "#!/bin/sh\nexit 99\n");
        }
        Proc.Result result = launch(Repository.LAUNCHER, script, "x").env("JAVA_HOME", home.toString()).run();
        assertEquals("x\n", result.out(), result.err());
    }

    @ParameterizedTest(name = "uses a jbang {0} on PATH and asks its version once")
    @ValueSource(strings = {"0.132.1", "0.132.10", "0.133.0", "1.0.0"})
    void newJBang(String version) throws IOException {
        JBangOnPath jbang = new JBangOnPath(version);
        assertEquals(List.of("jbang run x", "jbang run x"), List.of(jbang.launch(), jbang.launch()));
        assertEquals(List.of("--version", "x", "x"), jbang.calls());
    }

    @Test
    @DisplayName("asks the version of a jbang on PATH again when the file has changed")
    void changedJBang() throws IOException {
        JBangOnPath jbang = new JBangOnPath("1.0.0");
        jbang.launch();
        Files.setLastModifiedTime(jbang.program, FileTime.fromMillis(1_000_000_000_000L));
        jbang.launch();
        assertEquals(List.of("--version", "x", "--version", "x"), jbang.calls());
    }

    @ParameterizedTest(name = "passes over a jbang on PATH that says it is \"{0}\"")
    @ValueSource(strings = {"0.132.0", "0.99.1", "0.13.9", "", "unknown"})
    void oldJBang(String version) throws IOException {
        JBangOnPath jbang = new JBangOnPath(version);
        jbang.launch();
        assertFalse(jbang.calls().contains("x"));
    }

    @Test
    @DisplayName("does not take itself or another checkout's launcher for a jbang on PATH")
    void otherLauncher() throws IOException {
        Path other = copyOfLauncher("other", Repository.text(Repository.LAUNCHER));
        String path = other.getParent() + ":" + Repository.ROOT + ":" + System.getenv("PATH");
        Proc proc = launch(Repository.LAUNCHER, script, "x").env("PATH", path);
        assertEquals("x\n", proc.timeout(Duration.ofSeconds(60)).run().out());
    }

    @Test
    @DisplayName("is POSIX shell of fewer than 80 lines")
    void small() {
        assertTrue(Repository.text(Repository.LAUNCHER).lines().count() < 80);
        assertEquals("", Proc.of("sh", "-n", Repository.LAUNCHER.toString()).run().err());
    }

    private Proc launch(Path launcher, Path script, String... args) {
        return launcher(Stream.concat(Stream.of(launcher.toString(), script.toString()), Stream.of(args))
                .toArray(String[]::new));
    }

    private Proc launcher(String... argv) {
        return Proc.of(argv).env("JBANG_LAUNCHER_CACHE", cache.toString())
                .env("JBANG_DIR", shared.resolve("jbang").toString());
    }

    /** As a user who may read, but not write, what is in the test's folder. */
    private Proc unprivileged(String... argv) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isDirectory).toList()) {
                Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
        }
        return launcher(Stream.concat(Stream.of("setpriv", "--reuid", "65534", "--clear-groups"), Stream.of(argv))
                .toArray(String[]::new));
    }

    private Path copyOfLauncher(String name, String text) throws IOException {
        return executable(Files.createDirectory(folder.resolve(name)).resolve("jbang"), text);
    }

    private static Path executable(Path file, String text) throws IOException {
        Files.writeString(file, text);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private List<Path> leftovers() throws IOException {
        return cached("(new|asked)\\..*");
    }

    private List<Path> cached(String regex) throws IOException {
        try (Stream<Path> files = Files.list(cache)) {
            return files.filter(f -> f.getFileName().toString().matches(regex)).toList();
        }
    }

    /** A jbang of any version, first on PATH, that notes its calls; as the real one, it says its version on stderr. */
    private final class JBangOnPath {
        private final Path program;
        private final Path log = folder.resolve("calls");

        JBangOnPath(String version) throws IOException {
            program = executable(Files.createDirectory(folder.resolve("bin")).resolve("jbang"), """
                    #!/bin/sh
                    echo "$*" >>'%s'
                    if [ "$1" = --version ]; then echo '%s' >&2; else echo "jbang run $*"; fi
                    """.formatted(log, version));
        }

        String launch() {
            String path = program.getParent() + ":" + System.getenv("PATH");
            return launcher(Repository.LAUNCHER.toString(), "x").env("PATH", path).run().out().strip();
        }

        List<String> calls() throws IOException {
            return Files.readAllLines(log);
        }
    }
}
