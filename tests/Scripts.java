//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/oci/Digest.java
//SOURCES ScriptRun.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

import common.cli.Cli;
import common.cli.Proc;
import common.oci.Digest;

/** Scripts as programs of their own (see {@link ScriptRun} for inside this JVM), and the trees that they leave. */
final class Scripts {
    private Scripts() {
    }

    /** The script's {@code main} on a JVM of its own, with this one's class path. */
    static Proc program(Class<? extends Cli.Command> script, Object... args) {
        return Proc.of(argv(script, args));
    }

    /** Ctrl-C reaches it also where this run was started in the background: an ignored SIGINT is inherited. */
    static List<String> argv(Class<? extends Cli.Command> script, Object... args) {
        List<String> argv = new ArrayList<>(List.of("env", "--default-signal=INT",
                Path.of(System.getProperty("java.home"), "bin/java").toString(), "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"), script.getName()));
        Stream.of(args).map(String::valueOf).forEach(argv::add);
        return argv;
    }

    /** The same by a user who is not root; who may read what is root's, as our class path may be, and no more. */
    static ScriptRun withoutRoot(Class<? extends Cli.Command> script, Object... args) {
        List<String> argv = new ArrayList<>(List.of("setpriv", "--reuid=65534", "--clear-groups",
                "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"));
        argv.addAll(argv(script, args));
        Proc.Result result = Proc.of(argv).timeout(Duration.ofMinutes(1)).run();
        return new ScriptRun(result.exit(), result.out(), result.err());
    }

    /** What is below a folder: path -> sha256 of a file, target of a symlink, nothing of a folder. */
    static Map<String, String> tree(Path folder) throws IOException {
        Map<String, String> tree = new TreeMap<>();
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : paths.toList()) {
                tree.put(folder.relativize(path).toString(), Files.isSymbolicLink(path)
                        ? Files.readSymbolicLink(path).toString()
                        : Files.isRegularFile(path) ? Digest.of(path).toString() : "");
            }
        }
        return tree;
    }
}
