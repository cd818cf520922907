//SOURCES ../common/cli/Proc.java
//SOURCES ../lab/LoopbackServer.java
//SOURCES Contender.java
//SOURCES Contenders.java
//SOURCES Material.java
//SOURCES Relay.java
//SOURCES Report.java
//SOURCES Setting.java
//SOURCES TimedRun.java
//SOURCES Turns.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

import common.cli.Proc;

/** The factory's side: registry -> container-images. */
final class PullBench {
    private static final long BITS_PER_SECOND = 200_000_000;
    private static final long ROUND_TRIP_MILLIS = 40;
    private static final double MIB = 1 << 20;

    private final Setting setting;
    private final Report report;
    private long peakRss;

    PullBench(Setting setting) {
        this.setting = setting;
        report = setting.report();
    }

    void small(Material small) throws IOException {
        List<String> paths = blobsOnce(small);
        List<Contender> contenders = new ArrayList<>(small.contenders.pulls());
        contenders.addAll(small.contenders.curl(small.registry.port(), paths));
        Turns turns = setting.turns(contenders, setting.runs());
        report.compare("Pull, " + small.size(), turns);
        report.wall("pull", turns, Contenders.ORIGINAL, 1 / 8.0);
        report.wall("pull", turns, Contenders.ORIGINAL + ", 2 jobs", 1 / 5.0);
        report.wall("pull", turns, Contenders.SKOPEO, 0.8);
        if (turns.of(Contenders.ORIGINAL) != null) {
            report.goal("pull, CPU time \u00f7 original loop",
                    turns.ratio(Contenders.ORIGINAL, TimedRun::cpuSeconds), 1 / 8.0, "");
        }
        double stored = du(small.contenders.pulled());
        report.goal("pull, bytes stored (`du`) \u00f7 unique", stored / small.corpus.uniqueBytes(), 1.01, "");
        if (Files.exists(small.contenders.tarballs())) {
            report.line("On disk (`du`): ours %.1f MB, the original's tarballs %.1f MB.", stored / 1e6,
                    du(small.contenders.tarballs()) / 1e6);
        }
        remember(turns);
    }

    void large(Material large) throws IOException {
        List<String> paths = blobs(large);
        List<Contender> contenders = new ArrayList<>(large.contenders.pulls());
        contenders.removeIf(c -> !Set.of(Contenders.OURS_PULL, Contenders.ORIGINAL).contains(c.name()));
        contenders.addAll(large.contenders.curl(large.registry.port(), paths));
        Turns turns = setting.turns(contenders, setting.fewerRuns());
        report.compare("Pull, " + large.size(), turns);
        report.wall("pull of the large corpus", turns, Contenders.ORIGINAL, 1 / 20.0);
        report.wall("pull of the large corpus", turns, Contenders.CURL, 1.3);
        remember(turns);
        Proc.of("rm", "-rf", large.contenders.tarballs().toString()).check();
    }

    /** The small corpus over a line that our own relay makes long and thin. */
    void relay(Material small) throws IOException {
        List<String> paths = blobs(small);
        try (Relay relay = new Relay(small.registry.port(), BITS_PER_SECOND, ROUND_TRIP_MILLIS)) {
            Path folder = Files.createDirectories(setting.lab().path().resolve("relayed"));
            Path conf = Files.writeString(folder.resolve("registries.conf"), Files.readString(
                    small.corpus.registriesConf()).replace(":" + small.registry.port(), ":" + relay.port()));
            Contenders relayed = new Contenders(setting.repository(), setting.lab(), folder, small.corpus.references(),
                    conf, setting.peers());
            List<Contender> contenders = new ArrayList<>(relayed.pulls());
            contenders.removeIf(c -> !Set.of(Contenders.OURS_PULL, Contenders.ORIGINAL).contains(c.name()));
            contenders.addAll(relayed.curl(relay.port(), paths));
            Turns turns = setting.turns(contenders, setting.fewerRuns());
            report.compare("Pull over a relay of 200 Mbit/s and 40 ms round trip (`bench/Relay.java`), " + small.size(),
                    turns);
            report.wall("pull over the relay", turns, Contenders.ORIGINAL, 1 / 5.0);
            report.wall("pull over the relay", turns, Contenders.CURL, 1.3);
            remember(turns);
            relayed.emptied(folder);
        }
    }

    /** Few images with large layers: what is held in memory must not grow with them. */
    void memory(Material thick) throws IOException {
        remember(setting.turns(List.of(thick.contenders.pull()), 1));
        report.line("%nPeak RSS is the largest of all our pulls; pulled only for it: %s, the largest layer %.1f MB.",
                thick.size(), thick.corpus.blobs().values().stream().mapToLong(b -> b).max().orElseThrow() / 1e6);
        report.goal("pull, peak RSS (VmHWM)", peakRss / MIB, 160, "MiB");
    }

    /** The blobs' paths on the registry, as our pull asks for them. */
    private List<String> blobs(Material material) throws IOException {
        int before = material.registry.requests().size();
        setting.turns(List.of(material.contenders.pull()), 1);
        return gets(material, before).stream().map(LoopbackServer.Request::path).distinct().toList();
    }

    private static List<LoopbackServer.Request> gets(Material material, int before) throws IOException {
        return material.registry.requests().stream().skip(before)
                .filter(r -> r.method().equals("GET") && r.path().contains("/blobs/")).toList();
    }

    private List<String> blobsOnce(Material small) throws IOException {
        int before = small.registry.requests().size();
        setting.turns(List.of(small.contenders.pull()), 1);
        List<LoopbackServer.Request> gets = gets(small, before);
        long bytes = gets.stream().mapToLong(LoopbackServer.Request::bytes).sum();
        List<String> paths = gets.stream().map(LoopbackServer.Request::path).distinct().toList();
        Set<String> digests = paths.stream().map(p -> p.replaceFirst(".*/", "")).collect(Collectors.toSet());
        report.line("%nThe registry's access log of one of our pulls: %d requests for %d blobs, %d bytes sent; the "
                + "corpus has %d unique blobs of %d bytes.", gets.size(), digests.size(), bytes,
                small.corpus.blobs().size(), small.corpus.uniqueBytes());
        double fetched = (double) bytes / small.corpus.uniqueBytes();
        report.goal("pull, bytes fetched (registry's log) \u00f7 unique", fetched, 1.01, "");
        report.goal("pull, requests per unique blob", String.valueOf((double) gets.size() / digests.size()), "1",
                gets.size() == digests.size() && digests.equals(small.corpus.blobs().keySet()));
        return paths;
    }

    private void remember(Turns turns) {
        peakRss = turns.of(Contenders.OURS_PULL).stream().mapToLong(TimedRun::peakRss).reduce(peakRss, Math::max);
    }

    private static double du(Path folder) {
        return Double.parseDouble(Proc.of("du", "-s", "-B1", folder.toString()).check().split("\t")[0]);
    }
}
