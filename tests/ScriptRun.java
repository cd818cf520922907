//SOURCES ../common/cli/Cli.java

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

import common.cli.Cli;

/** One run of a script inside the test's own JVM: its exit code and what it wrote. */
record ScriptRun(int exit, String out, String err) {
    static ScriptRun of(Cli.Command script, Object... args) {
        return watched(line -> { }, script, args);
    }

    /** {@code onLine} hears each line of stdout while the script waits: the moment to bring a fault about. */
    static ScriptRun watched(Consumer<String> onLine, Cli.Command script, Object... args) {
        String[] words = new String[args.length];
        for (int i = 0; i < args.length; i++) {
            words[i] = args[i].toString();
        }
        PrintStream stdout = System.out;
        PrintStream stderr = System.err;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        try (PrintStream watched = new PrintStream(new Lines(out, onLine), true, StandardCharsets.UTF_8);
                PrintStream errors = new PrintStream(err, true, StandardCharsets.UTF_8)) {
            System.setOut(watched);
            System.setErr(errors);
            int exit = Cli.run(script, words);
            return new ScriptRun(exit, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(stdout);
            System.setErr(stderr);
        }
    }

    /** For messages of failed assertions. */
    @Override
    public String toString() {
        return "exit " + exit + "\n" + out + err;
    }

    private static final class Lines extends OutputStream {
        private final ByteArrayOutputStream all;
        private final ByteArrayOutputStream line = new ByteArrayOutputStream();
        private final Consumer<String> onLine;

        Lines(ByteArrayOutputStream all, Consumer<String> onLine) {
            this.all = all;
            this.onLine = onLine;
        }

        @Override
        public void write(int b) {
            all.write(b);
            line.write(b);
            if (b == '\n') {
                String text = line.toString(StandardCharsets.UTF_8);
                line.reset();
                onLine.accept(text);
            }
        }
    }
}
