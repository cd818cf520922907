//SOURCES ../common/cli/Proc.java
//SOURCES ../common/node/NodeTar.java
//SOURCES ../common/oci/OciLayout.java
//SOURCES ../lab/LoopbackServer.java
//SOURCES ../lab/WebServer.java
//SOURCES Contender.java
//SOURCES Contenders.java
//SOURCES Material.java
//SOURCES Setting.java
//SOURCES TimedRun.java
//SOURCES Turns.java
//SOURCES VerifyBench.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

import common.cli.Proc;
import common.node.NodeTar;
import common.oci.OciLayout;

/** The node bundle's registry beside docker-registry and, for bare bytes, nginx; its memory, and when it answers. */
final class RegistryBench {
    private static final String COPY = """
            xargs -a LIST -n 1 sh -c 'skopeo copy -q --dest-shared-blob-dir blobs "docker://$1" "oci:layout:$1"' sh
            """;
    private static final String READ = "xargs -a URLS -n 1 -P 4 curl --silent --show-error --fail --output /dev/null";
    private static final String READY = """
            SERVER & server=$!
            until (exec 3<>/dev/tcp/127.0.0.1/PORT) 2>/dev/null; do sleep 0.01; done
            kill -9 $server
            """;
    private static final Set<Integer> DONE = Set.of(0);
    private static final int MIB = 1 << 20;

    private final Setting setting;
    private final Path folder;
    private Path node;

    RegistryBench(Setting setting) {
        this.setting = setting;
        folder = setting.lab().path().resolve("registry-bench");
    }

    /** {@code layerMib}: of each of the layers whose bytes are read over four connections. */
    void run(Material small, int layerMib) throws IOException {
        small.pulled();
        small.contenders.emptied(folder);
        node = bundle(small.contenders);
        long peak;
        try (Bundled registry = new Bundled(small.contenders.pulled(), folder.resolve("copy.log"))) {
            copies(small, registry);
            peak = registry.peakRss();
        }
        ready(small);
        Path large = Files.createDirectories(folder.resolve("large"));
        VerifyBench.make(large, layerMib);
        try (Bundled registry = new Bundled(large, folder.resolve("read.log"));
                WebServer nginx = WebServer.start(folder.resolve("nginx"), large)) {
            reads(large, registry, nginx);
            peak = Math.max(peak, registry.peakRss());
        }
        setting.report().goal("registry, peak resident memory", peak / (double) MIB, 96, "MiB");
        small.contenders.emptied(folder);
    }

    private Path bundle(Contenders contenders) throws IOException {
        Path made = Files.createDirectories(folder.resolve("made"));
        contenders.ours("container-images/stage-node.java", made.toString(), "--target-glibc", "2.99", "--script",
                setting.repository().resolve("container-images/registry.java").toString()).check();
        Path unpacked = folder.resolve("node");
        NodeTar.unpack(made.resolve("node.tar"), unpacked);
        return unpacked;
    }

    private List<String> argv(Path images, int port) {
        return List.of("/bin/sh", node.resolve("bin/registry").toString(), images.toString(), "--listen",
                "127.0.0.1:" + port);
    }

    private final class Bundled extends LoopbackServer {
        Bundled(Path images, Path log) {
            this(images, freePort(), log);
        }

        private Bundled(Path images, int port, Path log) {
            super(argv(images, port), port, log);
        }

        long peakRss() throws IOException {
            return Files.readAllLines(Path.of("/proc/" + pid() + "/status")).stream().filter(l -> l.startsWith("VmHWM:"))
                    .mapToLong(l -> Long.parseLong(l.replaceAll("\\D", "")) * 1024).findFirst().orElseThrow();
        }
    }

    /** Every image of the set into one layout, ours by the mirror configuration that it writes. */
    private void copies(Material small, Bundled registry) throws IOException {
        Path mirrors = Files.createDirectories(folder.resolve("home/.config/containers")).resolve("registries.conf");
        List<String> write = new ArrayList<>(argv(small.contenders.pulled(), registry.port()));
        write.addAll(List.of("--registries-conf", folder.resolve("none").toString(), "--mirrors", mirrors.toString()));
        Proc.of(write).check();
        Path theirs = Files.createDirectories(folder.resolve("peer/.config/containers")).resolve("registries.conf");
        Files.copy(small.corpus.registriesConf(), theirs);
        Path list = Files.write(folder.resolve("list"), small.corpus.references());
        List<Contender> both = new ArrayList<>();
        for (String name : List.of("registry.java", "docker-registry")) {
            Path home = folder.resolve(name.equals("registry.java") ? "home" : "peer");
            both.add(new Contender("skopeo copy from " + name, COPY, DONE, () -> {
                Path target = small.contenders.emptied(folder.resolve("copied"));
                return Proc.of("sh", "-c", COPY.replace("LIST", list.toString())).in(target).env("HOME", home.toString());
            }));
        }
        Turns turns = setting.turns(both, setting.runs());
        setting.report().compare("skopeo copy of a whole set, " + small.size(), turns);
        setting.report().goal("registry, skopeo copy of a set \u00f7 from docker-registry",
                turns.ratio(both.get(1).name(), TimedRun::seconds), 1.1, "");
    }

    private void ready(Material small) throws IOException {
        Contender start = new Contender("registry.java, until it answers", READY, DONE, () -> {
            int port = LoopbackServer.freePort();
            return Proc.of("bash", "-c", READY.replace("SERVER", String.join(" ", argv(small.contenders.pulled(), port)))
                    .replace("PORT", String.valueOf(port)));
        });
        Turns turns = setting.turns(List.of(start), setting.runs());
        setting.report().compare("Start of the registry", turns);
        setting.report().goal("registry, start until it answers",
                turns.samples(start.name(), TimedRun::seconds).median(), 0.6, "s");
    }

    private void reads(Path large, Bundled registry, WebServer nginx) throws IOException {
        OciLayout set = OciLayout.at(large.resolve("images-4.10.3"), null);
        List<String> layers = set.manifest(set.images().get(0).digest()).layers().stream().map(l -> l.digest().hex())
                .toList();
        List<Contender> both = new ArrayList<>();
        for (String name : List.of("registry.java", "nginx")) {
            String base = name.equals("nginx") ? "http://127.0.0.1:" + nginx.port() + "/blobs/sha256/"
                    : "http://127.0.0.1:" + registry.port() + "/v2/quay.io/a/blobs/sha256:";
            List<String> urls = new ArrayList<>(); // a line is a process, which reads its blobs on one connection
            for (int i = 0; i < 4; i++) {
                int first = i;
                urls.add(base + "{" + String.join(",", layers.stream().filter(l -> layers.indexOf(l) % 4 == first).toList())
                        + "}");
            }
            Path file = Files.write(folder.resolve(name + ".urls"), urls);
            both.add(new Contender("4 connections to " + name, READ, DONE,
                    () -> Proc.of("sh", "-c", READ.replace("URLS", file.toString()))));
        }
        Turns turns = setting.turns(both, setting.runs());
        double gigabytes = layers.size() * Files.size(set.blobs().resolve("sha256").resolve(layers.get(0))) / 1e9;
        setting.report().compare(String.format(Locale.ROOT, "%.1f GB of blobs, in the page cache", gigabytes), turns);
        double speed = 1 / turns.ratio(both.get(1).name(), TimedRun::seconds);
        setting.report().goal("registry, bytes on 4 connections \u00f7 nginx", String.format(Locale.ROOT, "%.3f", speed),
                "\u2265 0.700", speed >= 0.7);
    }
}
