//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES Contender.java
//SOURCES Contenders.java
//SOURCES Material.java
//SOURCES Report.java
//SOURCES Setting.java
//SOURCES TimedRun.java
//SOURCES Turns.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import common.cli.Cli;
import common.cli.Proc;

/** The scripts in the node bundle, and the whole way with virtual machines. */
final class NodeBench {
    /** As the rehearsal's table has it; its step is not part of the way, the image is made once on a host. */
    private static final String NODE_IMAGE = "the node image, made once";
    private static final Pattern ROW = Pattern.compile("(.+?) {2,}([0-9.]+)(?: +[0-9.]+)?");
    /** As lab/site/lab-report prints it: started again when the boot is over. */
    private static final Pattern READY = Pattern.compile("LAB-REPORT registry: .*; alone after ([0-9.]+) s");
    private static final String BUNDLED = "verify of the node bundle";

    private final Setting setting;
    private final Report report;

    NodeBench(Setting setting) {
        this.setting = setting;
        report = setting.report();
    }

    /** On this host, without a class archive: the partition is mounted read-only. */
    void startUp(Material small) throws IOException {
        small.pulled();
        small.contenders.ours("container-images/stage-node.java", small.contenders.pulled().toString(),
                "--target-glibc", "2.36").check();
        Path node = small.contenders.emptied(setting.disk().resolve("node"));
        Proc.of("tar", "-xf", small.contenders.pulled().resolve("node.tar").toString(), "-C", node.toString()).check();
        Contender help = new Contender(BUNDLED, "bash node/bin/verify --help", Set.of(0), () -> Proc.of("bash",
                node.resolve("bin/verify").toString(), "--help"));
        Turns turns = setting.turns(List.of(help), setting.runs());
        report.compare("Start-up in the node bundle", turns);
        report.goal("start-up in the node bundle, on this host",
                turns.samples(BUNDLED, TimedRun::seconds).median(), 0.5, "s");
    }

    /** Once: it takes minutes. The nodes are emulated. */
    void rehearsal(Contenders contenders) throws IOException {
        Path folder = setting.lab().path().resolve("vm");
        Contender rehearsal = new Contender("rehearse --vm", "", Set.of(0), () -> contenders.ours("lab/lab.java",
                "rehearse", "--vm", "--yes", "--dir", folder.toString()));
        setting.turns(List.of(rehearsal), 1);
        List<String> said = Files.readAllLines(setting.log());
        report.line("%n## `./jbang lab/lab.java rehearse --vm`, once; the nodes are emulated%n");
        report.line("| step | seconds |%n| --- | --- |");
        double all = 0;
        for (String line : said.stream().dropWhile(l -> !l.startsWith("step ")).skip(1).toList()) {
            Matcher row = ROW.matcher(line.strip());
            if (row.matches() && !row.group(1).equals("all")) {
                report.line("| %s | %s |", row.group(1), row.group(2));
                all += row.group(1).equals(NODE_IMAGE) ? 0 : Double.parseDouble(row.group(2));
            }
        }
        if (all == 0) {
            throw new Cli.Failure("the rehearsal has printed no table of its steps");
        }
        report.goal("rehearsal with virtual machines, the node image cached", all, 480, "s");
        List<Double> ready = said.stream().map(READY::matcher).filter(Matcher::find)
                .map(m -> Double.valueOf(m.group(1))).sorted().toList();
        if (ready.isEmpty()) {
            throw new Cli.Failure("the nodes have not said how long the registry takes to start");
        }
        report.line("%nOn the nodes the registry answered %.1f to %.1f s after it was started.", ready.get(0),
                ready.get(ready.size() - 1));
        report.goal("registry, ready on an emulated node, the slowest of " + ready.size(),
                ready.get(ready.size() - 1), 8, "s");
    }
}
