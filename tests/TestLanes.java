//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES Scripts.java
//SOURCES TestReport.java

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

import common.cli.Cli;
import common.cli.Proc;

/**
 * Runs classes of tests on JVMs of their own, two at a time, for those that wait for one emulated processor: a virtual
 * machine keeps one of the host's busy, and scripts that run in this JVM replace its {@code System.out}.
 */
final class TestLanes {
    private static final int LANES = 2;
    private static final Duration LONGEST = Duration.ofMinutes(50);

    private final Class<? extends Cli.Command> program;
    private final TestReport report;
    private final Queue<String> waiting;

    /**
     * @param program what runs the one class that {@code --class} names, and ends with a {@link TestReport}
     * @param classes their names, those that take longest first
     */
    TestLanes(Class<? extends Cli.Command> program, List<String> classes, TestReport report) {
        this.program = program;
        this.report = report;
        waiting = new ArrayDeque<>(classes);
    }

    /** Returns when the last class has ended; each one's lines are shown together, at its end. */
    void run() {
        IntStream.range(0, LANES).mapToObj(i -> CompletableFuture.runAsync(this::lane, r -> new Thread(r).start()))
                .toList().forEach(CompletableFuture::join);
    }

    private void lane() {
        for (String name = next(); name != null; name = next()) {
            long begun = System.nanoTime();
            Proc.Result result = Proc.of(Scripts.argv(program, "--yes", "--class", "^" + name + "$")).timeout(LONGEST).run();
            synchronized (this) {
                report.ranElsewhere(name, result.out(), result.err(), Duration.ofNanos(System.nanoTime() - begun));
            }
        }
    }

    private synchronized String next() {
        return waiting.poll();
    }
}
