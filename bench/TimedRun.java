//SOURCES ../common/Proc.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import common.Cli;
import common.Proc;

/** One run of a program: wall time from its start to its end, and what {@code sync} took after it. */
record TimedRun(int exit, double seconds, double syncSeconds, long peakRss) {
    /**
     * Dirty pages of earlier runs are written first. {@code peakRss} in bytes: VmHWM of the java process that runs the
     * class, read every 10 ms (it only grows, and JBang's own JVM is another process); 0 if there was none.
     */
    static TimedRun of(Proc program, String mainClass, Path log) throws IOException {
        Proc.of("sync").check();
        long begun = System.nanoTime();
        Process process = program.background(log);
        long peak = 0;
        try {
            while (!process.waitFor(10, TimeUnit.MILLISECONDS)) {
                peak = Math.max(peak, peakRss(process.toHandle(), mainClass));
            }
        } catch (InterruptedException e) {
            throw new Cli.Failure(Cli.INTERRUPTED, "interrupted: " + program.shown(), e);
        } finally {
            process.descendants().forEach(ProcessHandle::destroy);
            process.destroy();
        }
        double seconds = (System.nanoTime() - begun) / 1e9;
        Proc.of("sync").check();
        return new TimedRun(process.exitValue(), seconds, (System.nanoTime() - begun) / 1e9 - seconds, peak);
    }

    private static long peakRss(ProcessHandle started, String mainClass) {
        return Stream.concat(Stream.of(started), started.descendants())
                .mapToLong(p -> peakRss(Path.of("/proc", String.valueOf(p.pid())), mainClass)).max().orElse(0);
    }

    private static long peakRss(Path proc, String mainClass) {
        try {
            String[] argv = Files.readString(proc.resolve("cmdline")).split("\0");
            if (!argv[0].endsWith("java") || Stream.of(argv).noneMatch(mainClass::equals)) {
                return 0;
            }
            return Files.readAllLines(proc.resolve("status")).stream().filter(l -> l.startsWith("VmHWM:"))
                    .mapToLong(l -> Long.parseLong(l.replaceAll("\\D", "")) * 1024).findFirst().orElse(0);
        } catch (IOException ended) {
            return 0;
        }
    }
}
