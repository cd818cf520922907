package common.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code --jobs}: how many connections or images at once, 1 or more (picocli mixin). */
public final class JobsOption {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec script;
    private int jobs;

    @Option(names = "--jobs", paramLabel = "N", defaultValue = "4",
            description = "How many at once (default: ${DEFAULT-VALUE}).")
    void set(int given) {
        if (given < 1) {
            throw new ParameterException(script.commandLine(), "--jobs " + given + ": at least 1");
        }
        jobs = given;
    }

    public int jobs() {
        return jobs;
    }
}
