//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import common.cli.Cli;
import common.cli.Proc;

/**
 * One run of a program and all that it started.
 *
 * @param seconds from its start to its end
 * @param flushSeconds what writing its dirty pages took after it
 * @param cpuSeconds user and system time
 * @param written bytes that it wrote into files on disks ({@code write_bytes} of proc(5): counted when a page becomes
 *         dirty, whether or not the file is removed before the page gets to the disk)
 * @param peakRss VmHWM in bytes of the script's java process, which the launcher became; 0 when there is none
 */
record TimedRun(int exit, double seconds, double flushSeconds, double cpuSeconds, long written, long peakRss) {
    /** The shell that starts the program has in the end the sums over all descendants that were waited for. */
    private static final String MEASURED = """
            log=$1 sums=$2; shift 2
            "$@" >>"$log" 2>&1 </dev/null; code=$?
            { times; cat /proc/$$/io; } >"$sums"
            exit $code
            """;

    /** Dirty pages of earlier runs are written first. */
    static TimedRun of(Proc program, Path log) throws IOException {
        Path sums = log.resolveSibling("sums");
        Proc.of("sync").check();
        long begun = System.nanoTime();
        Process process = program.within("bash", "-c", MEASURED, "bash", log.toString(), sums.toString())
                .background(log);
        long peak = 0;
        try {
            while (!process.waitFor(20, TimeUnit.MILLISECONDS)) {
                peak = Math.max(peak, peakRss(process.pid()));
            }
        } catch (InterruptedException e) {
            throw new Cli.Failure(Cli.INTERRUPTED, "interrupted: " + program.shown(), e);
        } finally {
            process.descendants().forEach(ProcessHandle::destroy);
            process.destroy();
        }
        double seconds = (System.nanoTime() - begun) / 1e9;
        Proc.of("sync").check();
        double flush = (System.nanoTime() - begun) / 1e9 - seconds;
        String[] text = Files.readString(sums).split("\n", 3); // its own times, its children's; then io
        Map<String, Long> io = text[2].lines().map(l -> l.split(": "))
                .collect(Collectors.toMap(p -> p[0], p -> Long.parseLong(p[1])));
        double cpu = Stream.of(text[1].split(" ")).mapToDouble(TimedRun::minutes).sum();
        return new TimedRun(process.exitValue(), seconds, flush, cpu, io.get("write_bytes"), peak);
    }

    double flushed() {
        return seconds + flushSeconds;
    }

    /** {@code 0m1.234s}. */
    private static double minutes(String text) {
        String[] parts = text.strip().replace("s", "").split("m");
        return 60 * Double.parseDouble(parts[0]) + Double.parseDouble(parts[1]);
    }

    /** Of the shell's one child: to look through all processes would take time from those that use every processor. */
    private static long peakRss(long shell) {
        try {
            String child = Files.readString(Path.of("/proc/" + shell + "/task/" + shell + "/children")).strip();
            Path proc = Path.of("/proc", child);
            if (child.isEmpty() || !Files.readString(proc.resolve("cmdline")).split("\0")[0].endsWith("java")) {
                return 0;
            }
            return Files.readAllLines(proc.resolve("status")).stream().filter(l -> l.startsWith("VmHWM:"))
                    .mapToLong(l -> Long.parseLong(l.replaceAll("\\D", "")) * 1024).findFirst().orElse(0);
        } catch (IOException ended) {
            return 0;
        }
    }
}
