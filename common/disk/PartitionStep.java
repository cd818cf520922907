package common.disk;

//SOURCES ../cli/Proc.java

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import common.cli.Proc;

/** One command. In its argv {@code $loop} stands for what the step that attaches a loop device printed. */
public record PartitionStep(List<String> argv, String stdin) {
    public static final String LOOP = "$loop";

    static PartitionStep of(String... argv) {
        return new PartitionStep(List.of(argv), "");
    }

    public boolean attaches() {
        return argv.contains("--show");
    }

    public Proc proc(String loop) {
        return Proc.of(argv.stream().map(a -> a.equals(LOOP) ? loop : a).toList()).stdin(stdin);
    }

    /** The step as a line for a POSIX shell. */
    public String shown() {
        String command = Stream.of(argv).flatMap(List::stream)
                .map(a -> a.equals(LOOP) ? "\"$loop\"" : Proc.of(a).shown()).collect(Collectors.joining(" "));
        return attaches() ? "loop=$(" + command + ")"
                : stdin.isEmpty() ? command : "echo '" + stdin.strip() + "' | " + command;
    }
}
