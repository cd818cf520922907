//SOURCES ../common/Proc.java
//SOURCES ../common/Digest.java

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;

import common.Cli;
import common.Digest;
import common.Proc;

/** Scripts under test: run in this JVM with their output caught, or as a program of its own; and the trees they leave. */
final class Scripts {
    private Scripts() {
    }

    /** Runs a script in this JVM to its end. */
    static Proc.Result run(Cli.Command script, Object... args) {
        return watch(line -> { }, script, args);
    }

    /** The same; {@code onLine} is called in the middle of the run, when the script has printed a line on stdout. */
    static Proc.Result watch(Consumer<String> onLine, Cli.Command script, Object... args) {
        PrintStream stdout = System.out;
        PrintStream stderr = System.err;
        Lines out = new Lines(onLine);
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
        try {
            int exit = Cli.run(script, Stream.of(args).map(String::valueOf).toArray(String[]::new));
            return new Proc.Result(exit, out.text.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(stdout);
            System.setErr(stderr);
        }
    }

    /** The script as a program: its {@code main} on a JVM of its own, with this one's class path. */
    static Proc program(Class<? extends Cli.Command> script, Object... args) {
        List<String> argv = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"), script.getName()));
        Stream.of(args).map(String::valueOf).forEach(argv::add);
        return Proc.of(argv);
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

    private static final class Lines extends OutputStream {
        private final ByteArrayOutputStream text = new ByteArrayOutputStream();
        private final ByteArrayOutputStream line = new ByteArrayOutputStream();
        private final Consumer<String> onLine;

        Lines(Consumer<String> onLine) {
            this.onLine = onLine;
        }

        @Override
        public synchronized void write(int b) {
            text.write(b);
            if (b != '\n') {
                line.write(b);
                return;
            }
            String whole = line.toString(StandardCharsets.UTF_8);
            line.reset();
            onLine.accept(whole);
        }
    }
}
