//SOURCES ../lab/LabFolder.java
//SOURCES ../lab/LocalRegistry.java
//SOURCES ../lab/PrivateStorage.java
//SOURCES Contenders.java
//SOURCES Report.java
//SOURCES TimedRun.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import common.Cli;
import common.Proc;

/** The runs behind RESULTS.md: contenders take turns, so that what disturbs the machine disturbs all of them. */
final class Measurement {
    private static final String PULL_CLASS = "PullOcp4103";
    /** xargs: one of the programs failed. The original's loop cannot load a manifest list under its own digest. */
    private static final int SOME_FAILED = 123;

    private final Path repository;
    private final LabFolder folder;
    private final int rounds;
    private final Path log;

    Measurement(Path repository, LabFolder folder, int rounds) {
        this.repository = repository;
        this.folder = folder;
        this.rounds = rounds;
        log = folder.path().resolve("output.log");
    }

    Report of(Corpus images) throws IOException {
        Corpus.Published corpus;
        Contenders contenders;
        Report report;
        try (LocalRegistry registry = LocalRegistry.start(folder.path().resolve("registry"))) {
            corpus = images.publish(registry.port(), folder.lists());
            contenders = new Contenders(repository, folder.path(), corpus);
            report = new Report(rounds, corpus);
            build(contenders);
            pulls(contenders, corpus, registry, report);
        }
        extracts(contenders, corpus, report);
        largeBlobs(report);
        help(contenders, report);
        return report;
    }

    private void pulls(Contenders contenders, Corpus.Published corpus, LocalRegistry registry, Report report)
            throws IOException {
        List<List<TimedRun>> runs = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        List<LoopbackServer.Request> asked = List.of();
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < runs.size(); i++) {
                Path target = emptied("pull-" + i);
                Contenders.Contender contender = contenders.pulls(target).get(i);
                int before = registry.requests().size();
                runs.get(i).add(run(contender, List.of(0)));
                if (i == 0) {
                    asked = registry.requests().stream().skip(before).toList();
                }
            }
        }
        report.compare("Pull", contenders.pulls(Path.of("TARGET")), samples(runs, false), samples(runs, true),
                List.of(1 / 6.0, 1 / 4.0, 1.0));
        blobsOnce(asked, corpus, report);
        report.bound("Disk that our pull took (`du`)", du(folder.path().resolve("pull-0")) / 1e6,
                corpus.uniqueBytes() * 1.02 / 1e6, "MB");
        report.line("- Disk that the original's tarballs took (`du`): %.1f MB",
                du(folder.path().resolve("pull-1")) / 1e6);
        report.bound("Peak RSS of our pull (VmHWM, the largest of all rounds)",
                runs.get(0).stream().mapToLong(TimedRun::peakRss).max().orElseThrow() / 1048576.0, 160, "MiB");
    }

    private static void blobsOnce(List<LoopbackServer.Request> asked, Corpus.Published corpus, Report report) {
        List<LoopbackServer.Request> gets = asked.stream()
                .filter(r -> r.method().equals("GET") && r.path().contains("/blobs/")).toList();
        Set<String> digests = gets.stream().map(r -> r.path().replaceFirst(".*/", "")).collect(Collectors.toSet());
        long bytes = gets.stream().mapToLong(LoopbackServer.Request::bytes).sum();
        boolean once = digests.equals(corpus.blobs().keySet()) && gets.size() == digests.size()
                && bytes == corpus.uniqueBytes();
        report.line("The registry's access log of our last pull: %d requests for %d blobs, %d bytes sent; the corpus "
                + "has %d unique blobs of %d bytes. Each blob exactly once: %s.%n", gets.size(), digests.size(), bytes,
                corpus.blobs().size(), corpus.uniqueBytes(), Report.met(once));
    }

    /** Ours loads what our last pull left, the original what its last loop left. */
    private void extracts(Contenders contenders, Corpus.Published corpus, Report report) throws IOException {
        List<List<TimedRun>> runs = List.of(new ArrayList<>(), new ArrayList<>());
        long[] loaded = new long[2];
        List<Contenders.Contender> shown = List.of();
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < 2; i++) {
                PrivateStorage storage = PrivateStorage.in(emptied("storage"), folder.runRoots());
                shown = contenders.extracts(folder.path().resolve("pull-0"), folder.path().resolve("pull-1"),
                        emptied("unpacked"), storage);
                runs.get(i).add(run(shown.get(i), i == 0 ? List.of(0) : List.of(0, SOME_FAILED)));
                loaded[i] = round > 0 ? loaded[i] : corpus.references().stream().filter(storage::has).count();
            }
        }
        report.compare("Extract into an empty containers-storage", shown, samples(runs, false), samples(runs, true),
                List.of(0.65));
        report.line("Images that answer to their listed reference afterwards, of %d: ours %d, the original's loop %d "
                + "(it cannot load a manifest list under its own digest).", corpus.references().size(), loaded[0],
                loaded[1]);
    }

    /** Few images with large layers: what is held in memory must not grow with them. */
    private void largeBlobs(Report report) throws IOException {
        try (LocalRegistry registry = LocalRegistry.start(folder.path().resolve("registry-large"))) {
            Corpus.Published large = Corpus.of(6, 12).publish(registry.port(), folder.path().resolve("lists-large"));
            Proc pull = new Contenders(repository, emptied("large"), large).pull(emptied("pull-large"));
            TimedRun run = TimedRun.of(pull, PULL_CLASS, log);
            report.line("%n## Large layers%n%n6 images, %.1f MB unique, the largest layer %.1f MB: pulled in %.2f s.%n",
                    large.uniqueBytes() / 1e6,
                    large.blobs().values().stream().mapToLong(b -> b).max().orElseThrow() / 1e6, run.seconds());
            report.bound("Peak RSS (VmHWM)", run.peakRss() / 1048576.0, 160, "MiB");
        }
    }

    private void help(Contenders contenders, Report report) throws IOException {
        report.line("%n## `./jbang SCRIPT --help`, warm%n");
        report.line("| script | seconds | required | |%n| --- | --- | --- | --- |");
        for (String script : scripts()) {
            List<TimedRun> runs = new ArrayList<>();
            for (int round = 0; round < rounds; round++) {
                runs.add(TimedRun.of(contenders.ours(script, "--help"), "", log));
            }
            Samples samples = samples(List.of(runs), false).get(0);
            report.line("| %s | %s | ≤ 1.0 | %s |", script, samples, Report.met(samples.median() <= 1.0));
        }
    }

    /** Building is not measured: it happens once on a machine, and needs the network. */
    private void build(Contenders contenders) throws IOException {
        for (String script : scripts()) {
            System.err.println("building " + script);
            contenders.ours(script, "--help").check();
        }
    }

    /** The repository's scripts, without the tests and this one. */
    private List<String> scripts() throws IOException {
        try (Stream<Path> files = Files.walk(repository)) {
            return files.filter(f -> f.toString().endsWith(".java") && Files.isExecutable(f))
                    .map(repository::relativize).filter(f -> !f.startsWith("tests") && !f.startsWith("bench"))
                    .map(Path::toString).sorted().toList();
        }
    }

    private TimedRun run(Contenders.Contender contender, List<Integer> accepted) throws IOException {
        TimedRun run = TimedRun.of(contender.program(), PULL_CLASS, log);
        if (!accepted.contains(run.exit())) {
            throw new Cli.Failure(contender.name() + ": exit code " + run.exit() + "; the end of its output: "
                    + Proc.of("tail", "-n", "3", log.toString()).check().strip().replace("\n", " | "));
        }
        System.err.printf("%-24s %6.2f s%n", contender.name(), run.seconds());
        return run;
    }

    /** A containers-storage keeps a bind mount: it has to go before its folder. */
    private Path emptied(String name) throws IOException {
        Path target = folder.path().resolve(name);
        for (Path mount : folder.mounts()) {
            Proc.of("umount", mount.toString()).check();
        }
        Proc.of("rm", "-rf", "--one-file-system", target.toString()).check();
        return Files.createDirectories(target);
    }

    private static List<Samples> samples(List<List<TimedRun>> runs, boolean flushed) {
        return runs.stream().map(r -> new Samples(
                r.stream().map(t -> t.seconds() + (flushed ? t.syncSeconds() : 0)).toList())).toList();
    }

    private static long du(Path folder) {
        return Long.parseLong(Proc.of("du", "-s", "-B1", folder.toString()).check().split("\t")[0]);
    }
}
