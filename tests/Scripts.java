//SOURCES ../common/Proc.java
//SOURCES ../common/Digest.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

import common.Cli;
import common.Digest;
import common.Proc;

/** Scripts as programs of their own (see {@link ScriptRun} for inside this JVM), and the trees that they leave. */
final class Scripts {
    private Scripts() {
    }

    /** The script's {@code main} on a JVM of its own, with this one's class path. */
    static Proc program(Class<? extends Cli.Command> script, Object... args) {
        return Proc.of(argv(script, args));
    }

    static List<String> argv(Class<? extends Cli.Command> script, Object... args) {
        List<String> argv = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"), script.getName()));
        Stream.of(args).map(String::valueOf).forEach(argv::add);
        return argv;
    }

    /** What is below a folder: path → sha256 of a file, target of a symlink, nothing of a folder. */
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
