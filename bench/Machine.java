//SOURCES ../common/cli/Proc.java
//SOURCES ../lab/LocalRegistry.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Locale;

import common.cli.Proc;

/** What the figures were measured on. */
final class Machine {
    private Machine() {
    }

    /** The head of RESULTS.md. */
    static String described(String command, int runs, int fewerRuns, Path folder) throws IOException {
        return String.format(Locale.ROOT, """
                # Measured

                Written by `%s` on %s; do not edit. In a round every contender has one turn; %d rounds, of the large \
                corpus, the relay and the store %d. Seconds are median (smallest\u2013largest) of the whole process and all \
                it starts: JVM, JBang and our fsyncs count. *With flush*: and what `sync` took after it; goals are \
                judged by it. *MB written*: what programs wrote into files, also into those they removed again \
                (`write_bytes` of proc(5)).

                - Machine: %s, %d processors, %.0f GB, Linux %s.
                - Java %s, %s, %s, %s, registry %s, %s, %s.
                - Registry: plain HTTP on loopback, its files in the page cache. Pulls start with an empty target, on \
                %s; loads and stores are on an XFS in a file there.""",
                command, LocalDate.now(ZoneOffset.UTC), runs, fewerRuns, cpu(),
                Runtime.getRuntime().availableProcessors(), memory() / 1e9, System.getProperty("os.version"),
                System.getProperty("java.version"), first("tar", "--version"), first("skopeo", "--version"),
                first("podman", "--version"), first(LocalRegistry.program(), "--version").replaceFirst(".* ", ""),
                first("mksquashfs", "-version").replaceFirst(" \\(.*", ""), first("pigz", "--version"),
                Files.getFileStore(folder).type());
    }

    private static String first(String... argv) {
        return Proc.of(argv).run().out().lines().findFirst().orElse("");
    }

    private static String cpu() throws IOException {
        return Files.readAllLines(Path.of("/proc/cpuinfo")).stream().filter(l -> l.startsWith("model name"))
                .map(l -> l.replaceFirst(".*: ", "")).findFirst().orElse(System.getProperty("os.arch"));
    }

    private static long memory() throws IOException {
        return Files.readAllLines(Path.of("/proc/meminfo")).stream().filter(l -> l.startsWith("MemTotal:"))
                .mapToLong(l -> Long.parseLong(l.replaceAll("\\D", "")) * 1024).findFirst().orElse(0);
    }
}
