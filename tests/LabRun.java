//SOURCES ../common/cli/Proc.java
//SOURCES ../lab/LabFolder.java
//SOURCES Repository.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import common.cli.Proc;

/** {@code lab.java} as a newcomer starts it, and what it has in its folder. Closing it ends and removes all. */
final class LabRun implements AutoCloseable {
    private final Path dir;
    private Process lab;

    /** Is told each line that the lab writes. */
    interface OnLine {
        OnLine NOTHING = line -> { };

        void line(String line) throws IOException;

        static OnLine beginning(String begin, OnLine action) {
            return line -> {
                if (line.startsWith(begin)) {
                    action.line(line);
                }
            };
        }
    }

    /** How it ended, with its stdout and stderr in one. */
    record Result(int exit, String output) {
    }

    LabRun(Path dir) {
        this.dir = dir;
    }

    LabFolder folder() {
        return new LabFolder(dir);
    }

    Result run(OnLine onLine, String... arguments) throws IOException, InterruptedException {
        List<String> argv = new ArrayList<>(List.of(Repository.LAUNCHER.toString(),
                Repository.ROOT.resolve("lab/lab.java").toString(), "--dir", dir.toString()));
        argv.addAll(List.of(arguments));
        lab = new ProcessBuilder(argv).redirectErrorStream(true).start();
        StringBuilder output = new StringBuilder();
        try (BufferedReader lines = lab.inputReader()) {
            for (String line; (line = lines.readLine()) != null;) {
                output.append(line).append('\n');
                onLine.line(line);
            }
        }
        return new Result(lab.waitFor(), output.toString());
    }

    /** As Ctrl-C does. */
    void stop() {
        lab.toHandle().destroy();
    }

    void assertNothingLeft() throws IOException {
        assertEquals(List.of(), folder().running());
        assertEquals(List.of(), folder().mounts());
        assertFalse(Proc.of("losetup", "-a").check().contains(dir.toString()), "loop device");
        try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
            assertEquals(List.of(), all.map(p -> p.info().commandLine().orElse(""))
                    .filter(c -> c.contains(dir.toString())).toList());
        }
    }

    @Override
    public void close() throws IOException {
        lab.destroy();
        folder().release();
        folder().delete();
    }
}
