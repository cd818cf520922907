//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES Contender.java
//SOURCES Material.java
//SOURCES Report.java
//SOURCES Setting.java
//SOURCES TimedRun.java
//SOURCES Turns.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import common.cli.Cli;
import common.cli.Proc;

/** The store image: built in the factory, mounted on site. */
final class StoreBench {
    private static final String SITE = """
            mount -t squashfs -o loop,ro STORE MOUNT &&
            podman --root ROOT --runroot RUNROOT --storage-driver overlay --storage-opt overlay.imagestore=MOUNT \\
                images --digests --format json
            """;

    private final Setting setting;
    private final Path disk;

    StoreBench(Setting setting) throws IOException {
        this.setting = setting;
        disk = setting.disk();
    }

    /** Building beside loading, and the size of the result. */
    void build(Material small) throws IOException {
        Report report = setting.report();
        small.pulled();
        Contender zstd = builder(small, "zstd");
        Contender gzip = builder(small, "gzip");
        Contender load = small.contenders.load(disk);
        Turns turns = setting.turns(List.of(zstd, gzip, load), setting.fewerRuns());
        report.compare("Store image beside loading, " + small.size(), turns);
        report.wall("store build (zstd)", turns, load.name(), 1.5);
        double unique = small.corpus.uniqueBytes();
        Map<String, Double> bytes = new LinkedHashMap<>();
        for (String compression : new String[] {"zstd", "gzip"}) {
            double size = Files.size(image(compression));
            bytes.put("store image, " + compression, size / 1e6);
            report.goal("store image (" + compression + ") \u00f7 unique blobs", size / unique,
                    compression.equals("zstd") ? 1.1 : 1.25, "");
        }
        bytes.put("unique blobs", unique / 1e6);
        report.bars("Store image, MB", bytes);
    }

    /** From the first mount until podman has listed every reference; the page cache is dropped before each run. */
    double site(Material material, double limit) throws IOException {
        material.pulled();
        setting.turns(List.of(builder(material, "zstd")), 1);
        Path mount = disk.resolve("site");
        Path root = disk.resolve("site-root");
        String script = SITE.replace("STORE", image("zstd").toString()).replace("MOUNT", mount.toString())
                .replace("RUNROOT", setting.lab().runRoots().resolve("site").toString())
                .replace("ROOT", root.toString());
        Contender site = new Contender("mount the store and list it", SITE, Set.of(0), () -> {
            material.contenders.emptied(mount);
            material.contenders.emptied(root);
            Proc.of("sync").check();
            Files.writeString(Path.of("/proc/sys/vm/drop_caches"), "3");
            return Proc.of("sh", "-c", script);
        });
        Turns turns = setting.turns(List.of(site), setting.runs());
        String listed = Files.readString(setting.log());
        for (String reference : material.corpus.references()) {
            if (!listed.contains(reference)) {
                throw new Cli.Failure("the store does not list " + reference);
            }
        }
        material.contenders.emptied(mount);
        double seconds = turns.samples(site.name(), TimedRun::seconds).median();
        setting.report().compare("Store on site, " + material.size(), turns);
        setting.report().goal("store on site, " + material.size(), seconds, limit, "s");
        return seconds;
    }

    private Path image(String compression) {
        return disk.resolve("store-" + compression + ".sqfs");
    }

    private Contender builder(Material material, String compression) {
        return new Contender("build-store.java --compression " + compression, "./jbang build-store.java TARGET "
                + "--compression " + compression + " --out STORE --scratch DISK", Set.of(0), () -> {
                    Files.deleteIfExists(image(compression));
                    Path scratch = material.contenders.emptied(disk.resolve("scratch"));
                    return material.contenders.ours("container-images/build-store.java",
                            material.contenders.pulled().toString(), "--compression", compression,
                            "--out", image(compression).toString(), "--scratch", scratch.toString());
                });
    }
}
