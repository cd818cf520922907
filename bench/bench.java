///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES ../common/Json.java
//SOURCES ../common/ScriptFolder.java
//SOURCES ../lab/HostPackages.java
//SOURCES ../lab/LabFolder.java
//SOURCES ../lab/LocalRegistry.java
//SOURCES Contenders.java
//SOURCES Measurement.java
//SOURCES Report.java

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

import common.Cli;
import common.ScriptFolder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Our times, bytes and memory beside those of the original's loops and of skopeo, on one corpus in one run. */
@Command(name = "bench", description = "Measure pull and extract against the original's loops; write bench/RESULTS.md.",
        footer = {"", "Example, as root on a quiet machine, about ten minutes:", "  ./jbang bench/bench.java"})
class Bench extends Cli.Command {
    @Option(names = "--rounds", paramLabel = "N", defaultValue = "5",
            description = "Runs of each contender (default: ${DEFAULT-VALUE}).")
    int rounds;

    @Option(names = "--images", paramLabel = "N", defaultValue = "46",
            description = "Images of the corpus, 6 or more (default: ${DEFAULT-VALUE}).")
    int images;

    @Option(names = "--results", paramLabel = "FILE",
            description = "What to write (default: RESULTS.md beside the script).")
    Path results;

    @Option(names = "--dir", paramLabel = "DIR",
            defaultValue = "${env:XDG_CACHE_HOME:-${sys:user.home}/.cache}/pre-staging-bench",
            description = "Where the runs have their files (default: ${DEFAULT-VALUE}).")
    Path dir;

    @Option(names = "--yes", description = "Install missing packages without asking.")
    boolean yes;

    public static void main(String... args) {
        System.exit(Cli.run(new Bench(), args));
    }

    @Override
    public Integer call() throws IOException {
        HostPackages.install(List.of("skopeo", "podman", LocalRegistry.program(), "tar"), yes);
        Path script = ScriptFolder.beside(Path.of("bench/bench.java")).toAbsolutePath().normalize();
        LabFolder folder = new LabFolder(dir);
        folder.prepare();
        try {
            Measurement measurement = new Measurement(script.getParent().getParent(), folder, rounds);
            Report report = measurement.of(Corpus.of(images, 1));
            report.write(results != null ? results : script.resolveSibling("RESULTS.md"));
        } finally {
            Thread.interrupted(); // after Ctrl-C, the programs that clean up must still be waited for
            folder.release();
            folder.delete();
        }
        return Cli.DONE;
    }
}
