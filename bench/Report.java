//SOURCES Contender.java
//SOURCES Plot.java
//SOURCES TimedRun.java
//SOURCES Turns.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** RESULTS.md and results.svg: only what this run measured, and what it was measured on. */
final class Report {
    private final StringBuilder text = new StringBuilder();
    private final List<String> goals = new ArrayList<>();
    private final Set<String> shown = new HashSet<>();
    private final Plot plot = new Plot();

    void line(String format, Object... values) {
        text.append(String.format(Locale.ROOT, format, values)).append('\n');
    }

    /** Something that must not be above the limit. */
    void goal(String measure, double value, double limit, String unit) {
        goal(measure, String.format(Locale.ROOT, "%.3f %s", value, unit).strip(),
                String.format(Locale.ROOT, "\u2264 %.3f %s", limit, unit).strip(), value <= limit);
    }

    void goal(String measure, String value, String wanted, boolean met) {
        goals.add("| " + measure + " | " + value + " | " + wanted + " | " + (met ? "met" : "**not met**") + " |");
    }

    /** Ours by another's time, flushing included; silent when that one was not measured. */
    void wall(String measure, Turns turns, String name, double limit) {
        if (turns.of(name) != null) {
            goal(measure + ", wall time \u00f7 " + name, turns.ratio(name, TimedRun::flushed), limit, "");
        }
    }

    /** A section: everyone's figures, and how to run them. */
    void compare(String title, Turns turns) {
        line("%n## %s%n", title);
        line("| | seconds | with flush | CPU seconds | MB written | ours \u00f7 this, with flush |");
        line("| --- | --- | --- | --- | --- | --- |");
        Map<String, Double> bars = new LinkedHashMap<>();
        for (Contender contender : turns.contenders()) {
            String name = contender.name();
            line("| %s | %s | %s | %s | %.1f | %.3f |", name, turns.samples(name, TimedRun::seconds),
                    turns.samples(name, TimedRun::flushed), turns.samples(name, TimedRun::cpuSeconds),
                    turns.samples(name, TimedRun::written).median() / 1e6, turns.ratio(name, TimedRun::flushed));
            bars.put(name, turns.samples(name, TimedRun::flushed).median());
        }
        plot.group(title + ", seconds", bars);
        line("");
        turns.contenders().stream().filter(c -> shown.add(c.shown()))
                .forEach(c -> line("%s:%n%n```sh%n%s%n```%n", c.name(), c.shown().strip()));
    }

    void bars(String title, Map<String, Double> values) {
        plot.group(title, values);
    }

    String text(String head) {
        return head + "\n\n## Goals\n\n| measure | measured | goal | |\n| --- | --- | --- | --- |\n"
                + String.join("\n", goals) + "\n\n![The medians as bars](results.svg)\n" + text;
    }

    /** Writes FILE and, beside it, results.svg. */
    void write(String head, Path file) throws IOException {
        Files.writeString(file, text(head));
        Files.writeString(file.resolveSibling("results.svg"), plot.svg());
    }
}
