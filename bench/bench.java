///usr/bin/env LC_ALL=C.UTF-8 jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/ScriptFolder.java
//SOURCES ../lab/HostPackages.java
//SOURCES ../lab/LabFolder.java
//SOURCES ../lab/LocalRegistry.java
//SOURCES Machine.java
//SOURCES Measurement.java
//SOURCES Report.java
//SOURCES Setting.java

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

import common.cli.Cli;
import common.cli.ScriptFolder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Our times, bytes and memory beside those of the original's loops and of others, on one corpus in one run. */
@Command(name = "bench", description = "Measure ours beside the original's loops and others; write bench/RESULTS.md.",
        footer = {"", "Examples, as root on a quiet machine; all takes about 25 minutes, pull a few on a small corpus:",
            "  ./jbang bench/bench.java", "  ./jbang bench/bench.java pull --images 40 --scale 0.05 --results pull.md"})
class Bench extends Cli.Command {
    @Parameters(paramLabel = "pull|load|store|verify|registry|node|all", arity = "0..1", defaultValue = "all",
            description = "What to measure (default: ${DEFAULT-VALUE}).")
    Measurement.Part part;

    @Option(names = {"--runs", "--rounds"}, paramLabel = "N", defaultValue = "5",
            description = "Runs of each contender; of what takes minutes two less (default: ${DEFAULT-VALUE}).")
    int runs;

    @Option(names = "--images", paramLabel = "N", defaultValue = "46",
            description = "Images of the corpus, 6 or more (default: ${DEFAULT-VALUE}).")
    int images;

    @Option(names = "--scale", paramLabel = "X", defaultValue = "1",
            description = "Size of the layers; 1 makes 158 MB of 46 images (default: ${DEFAULT-VALUE}).")
    double scale;

    @Option(names = "--peers", paramLabel = "NAME", split = ",",
            defaultValue = "original,parallel,pigz,skopeo-oci,curl",
            description = "Who is measured beside ours (default: ${DEFAULT-VALUE}).")
    Set<String> peers = new TreeSet<>();

    @Option(names = "--results", paramLabel = "FILE", description = "What to write, with results.svg beside it "
            + "(default: RESULTS.md beside the script; of a part, nothing: it is printed).")
    Path results;

    @Option(names = "--dir", paramLabel = "DIR",
            defaultValue = "${env:XDG_CACHE_HOME:-${sys:user.home}/.cache}/pre-staging-bench",
            description = "Where the runs have their files, 12 GB (default: ${DEFAULT-VALUE}).")
    Path dir;

    @Option(names = "--yes", description = "Install missing packages without asking.")
    boolean yes;

    public static void main(String... args) {
        System.exit(Cli.run(new Bench(), args));
    }

    @Override
    public Integer call() throws IOException {
        HostPackages.install(List.of("skopeo", "podman", LocalRegistry.program(), "tar", "pigz", "curl", "mksquashfs",
                "mkfs.xfs", "nginx"), yes);
        Path script = ScriptFolder.beside(Path.of("bench/bench.java")).toAbsolutePath().normalize();
        LabFolder lab = new LabFolder(dir);
        lab.prepare();
        try {
            Report report = new Report();
            Setting setting = new Setting(script.getParent().getParent(), lab, runs, peers, report);
            String command = "./jbang bench/bench.java" + (part == Measurement.Part.all ? "" : " " + part);
            String head = Machine.described(command, runs, setting.fewerRuns(), dir);
            try {
                new Measurement(setting, part, images, scale).run();
            } finally { // an hour's figures are not lost when the last contender fails
                System.out.print(report.text(head));
            }
            if (results != null || part == Measurement.Part.all) {
                report.write(head, results != null ? results.toAbsolutePath() : script.resolveSibling("RESULTS.md"));
            }
        } finally {
            Thread.interrupted(); // after Ctrl-C, the programs that clean up must still be waited for
            lab.release();
            lab.delete();
        }
        return Cli.DONE;
    }
}
