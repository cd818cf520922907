//SOURCES Contender.java
//SOURCES Contenders.java
//SOURCES Report.java
//SOURCES Samples.java
//SOURCES Setting.java
//SOURCES TimedRun.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** How long a user waits for any script to do anything: {@code --help}. */
final class HelpBench {
    private final Setting setting;
    private final Contenders contenders;

    HelpBench(Setting setting, Contenders contenders) {
        this.setting = setting;
        this.contenders = contenders;
    }

    /** Building is not measured: it happens once on a machine, and needs the network. */
    void build() throws IOException {
        for (String script : scripts()) {
            System.err.println("building " + script);
            contenders.ours(script, "--help").check();
        }
    }

    void run() throws IOException {
        Report report = setting.report();
        report.line("%n## `./jbang SCRIPT --help`, warm%n");
        report.line("| script | seconds |%n| --- | --- |");
        double slowest = 0;
        for (String script : scripts()) {
            Contender help = new Contender(script, "", Set.of(0), () -> contenders.ours(script, "--help"));
            Samples samples = setting.turns(List.of(help), setting.fewerRuns()).samples(script, TimedRun::seconds);
            report.line("| %s | %s |", script, samples);
            slowest = Math.max(slowest, samples.median());
        }
        report.goal("`--help` of any script, warm, the slowest", slowest, 1, "s");
    }

    /** The repository's scripts, without the tests and this one. */
    private List<String> scripts() throws IOException {
        Path repository = setting.repository();
        try (Stream<Path> files = Files.walk(repository)) {
            return files.filter(f -> f.toString().endsWith(".java") && Files.isExecutable(f))
                    .map(repository::relativize).filter(f -> !f.startsWith("tests") && !f.startsWith("bench"))
                    .map(Path::toString).sorted().toList();
        }
    }
}
