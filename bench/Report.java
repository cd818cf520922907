//SOURCES Contenders.java
//SOURCES Samples.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;

import common.Proc;

/** RESULTS.md: only what this run measured, and what it was measured on. */
final class Report {
    private final StringBuilder text = new StringBuilder();

    Report(int rounds, Corpus.Published corpus) throws IOException {
        line("# Measured");
        line("");
        line("Written by `./jbang bench/bench.java` on %s; do not edit. %d rounds, in each every contender in turn; "
                + "seconds are median (smallest–largest).", LocalDate.now(ZoneOffset.UTC), rounds);
        line("");
        line("- Machine: %s, %d processors, %.0f GB, Linux %s, target folder on %s.", cpu(),
                Runtime.getRuntime().availableProcessors(), memory() / 1e9, System.getProperty("os.version"),
                Files.getFileStore(corpus.initialList()).type());
        line("- Java %s, %s, %s, %s, registry %s.", System.getProperty("java.version"), first("tar", "--version"),
                first("skopeo", "--version"), first("podman", "--version"),
                first(LocalRegistry.program(), "--version").replaceFirst(".* ", ""));
        line("- Corpus: %d images, %.1f MB as listed, %.1f MB unique in %d blobs, %.1f MB unpacked.",
                corpus.references().size(), corpus.listedBytes() / 1e6, corpus.uniqueBytes() / 1e6,
                corpus.blobs().size(), corpus.unpackedBytes() / 1e6);
        line("- Registry: plain HTTP on loopback, its files in the page cache. A run starts with an empty target. Ours "
                + "counts JVM and JBang start and its fsyncs; the others flush nothing. *and sync*: `sync` after it.");
    }

    final void line(String format, Object... values) {
        text.append(String.format(Locale.ROOT, format, values)).append('\n');
    }

    /** The first contender is ours; {@code bounds} are the ratios that ours has to reach against the others. */
    void compare(String title, List<Contenders.Contender> contenders, List<Samples> times, List<Samples> flushed,
            List<Double> bounds) {
        line("%n## %s%n", title);
        line("| | seconds | and sync | ours ÷ this | required | |");
        line("| --- | --- | --- | --- | --- | --- |");
        for (int i = 0; i < contenders.size(); i++) {
            double ratio = times.get(0).ratioTo(times.get(i));
            double bound = i == 0 ? 1 : bounds.get(i - 1);
            String judged = i == 0 ? " | | " : String.format(Locale.ROOT, "%.3f | ≤ %.3f | %s", ratio, bound,
                    met(ratio <= bound));
            line("| %s | %s | %s | %s |", contenders.get(i).name(), times.get(i), flushed.get(i), judged);
        }
        line("");
        contenders.forEach(c -> line("%s:%n%n```sh%n%s%n```%n", c.name(), c.shown().strip()));
    }

    void bound(String what, double value, double limit, String unit) {
        line("- %s: %.1f %s (required: ≤ %.1f) %s", what, value, unit, limit, met(value <= limit));
    }

    static String met(boolean is) {
        return is ? "met" : "**not met**";
    }

    void write(Path file) throws IOException {
        Files.writeString(file, text);
    }

    private static String first(String... argv) {
        return Proc.of(argv).check().lines().findFirst().orElse("");
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
