//SOURCES ../common/cli/Cli.java
//SOURCES Contender.java
//SOURCES Samples.java
//SOURCES TimedRun.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

import common.cli.Cli;

/** Contenders that take turns, so that what disturbs the machine disturbs all of them. */
final class Turns {
    private final Map<Contender, List<TimedRun>> runs = new LinkedHashMap<>();

    private Turns() {
    }

    /** Runs every contender once in each round; their output goes to the log. */
    static Turns of(List<Contender> contenders, int rounds, Path log) throws IOException {
        Turns turns = new Turns();
        for (int round = 0; round < rounds; round++) {
            for (Contender contender : contenders) {
                Files.deleteIfExists(log);
                TimedRun run = TimedRun.of(contender.program().ready(), log);
                if (!contender.accepted().contains(run.exit())) {
                    List<String> said = Files.readAllLines(log);
                    throw new Cli.Failure(contender.name() + ": exit code " + run.exit() + "; the end of its output: "
                            + String.join(" | ", said.subList(Math.max(0, said.size() - 3), said.size())));
                }
                System.err.printf("%-40s %6.2f s%n", contender.name(), run.seconds());
                turns.runs.computeIfAbsent(contender, c -> new ArrayList<>()).add(run);
            }
        }
        return turns;
    }

    List<Contender> contenders() {
        return List.copyOf(runs.keySet());
    }

    /** Of the contender with that name; null when it did not run. */
    List<TimedRun> of(String name) {
        return runs.entrySet().stream().filter(e -> e.getKey().name().equals(name)).map(Map.Entry::getValue).findFirst()
                .orElse(null);
    }

    Samples samples(String name, ToDoubleFunction<TimedRun> measure) {
        return Samples.of(of(name), measure);
    }

    /** The median of the first contender, who is ours, by that of another. */
    double ratio(String name, ToDoubleFunction<TimedRun> measure) {
        return samples(contenders().get(0).name(), measure).median() / samples(name, measure).median();
    }
}
