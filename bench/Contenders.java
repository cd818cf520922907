//SOURCES ../common/cli/Proc.java
//SOURCES ../lab/LabFolder.java
//SOURCES ../lab/PrivateStorage.java
//SOURCES Contender.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import common.cli.Proc;

/**
 * Who is measured: our scripts as a user starts them, and what one would use instead. The original's two loops are
 * restated here without the {@code v} of tar and without {@code podman image exists}, both of which only cost time.
 */
final class Contenders {
    static final String OURS_PULL = "pull-ocp-4.10.3.java";
    static final String OURS_LOAD = "extract-ocp-4.10.3.java";
    static final String ORIGINAL = "original loop";
    static final String SKOPEO = "skopeo, one layout";
    static final String CURL = "curl and sha256sum";
    private static final Set<Integer> DONE = Set.of(0);
    /** xargs: one of the programs failed. The original's loop cannot load a manifest list under its own digest. */
    private static final Set<Integer> SOME_FAILED = Set.of(0, 123);
    private static final String NAME = "name=${1##*/}; name=${name%%:*}_${name#*:}\n";
    private static final String PULL_ONE = NAME + """
            skopeo copy -q "docker://$1" "dir:$name" && tar zcf "$name.tgz" "$name"
            rm -rf "$name"
            """;
    private static final String EXTRACT_ONE = NAME + """
            tar zxf "$TARBALLS/$name.tgz" && skopeo copy -q "dir:$name" "containers-storage:$1"
            rm -rf "$name"
            """;
    private static final String INTO_LAYOUT = """
            skopeo copy -q --dest-shared-blob-dir blobs "docker://$1" "oci:layout:$1"
            """;
    private static final String CURL_ALL = """
            xargs -a URLS -n 40 -P 4 curl -sSf --remote-name-all && sha256sum -c --quiet SUMS
            """;

    private final Path repository;
    private final LabFolder lab;
    private final Path folder;
    private final Path list;
    private final Path registriesConf;
    private final Set<String> peers;

    /**
     * Writes the image list into the folder, where the runs get their targets, too.
     *
     * @param references the image list
     * @param registriesConf where they are; skopeo finds it through HOME
     * @param peers which of original, parallel, pigz, skopeo-oci, curl are measured beside ours
     */
    Contenders(Path repository, LabFolder lab, Path folder, List<String> references, Path registriesConf,
            Set<String> peers) throws IOException {
        this.repository = repository;
        this.lab = lab;
        this.folder = folder;
        this.registriesConf = registriesConf;
        this.peers = peers;
        list = Files.write(Files.createDirectories(folder).resolve("ocp-images.txt"), references);
        Path home = Files.createDirectories(folder.resolve("home/.config/containers"));
        Files.writeString(home.resolve("registries.conf"), Files.readString(registriesConf));
    }

    /** Where our pull puts container-images; the original's tarballs are in {@link #tarballs}. */
    Path pulled() {
        return folder.resolve("ours");
    }

    Path set() {
        return pulled().resolve("ocp-images-4.10.3");
    }

    Path tarballs() {
        return folder.resolve("original");
    }

    Contender pull() {
        return new Contender(OURS_PULL, "./jbang pull-ocp-4.10.3.java --list LIST --folder TARGET/ocp-images-4.10.3 "
                + "--registries-conf CONF", DONE, () -> {
                    emptied(pulled());
                    return ours("container-images/ocp-images-4.10.3/pull-ocp-4.10.3.java", "--list", list.toString(),
                            "--folder", set().toString(), "--registries-conf", registriesConf.toString());
                });
    }

    /** All of them pull the whole list into an empty folder. Ours comes first. */
    List<Contender> pulls() {
        List<Contender> all = new ArrayList<>(List.of(pull()));
        add(all, "original", loop(ORIGINAL, PULL_ONE, 1, tarballs(), DONE));
        add(all, "parallel", loop(ORIGINAL + ", 2 jobs", PULL_ONE, 2, folder.resolve("jobs"), DONE));
        add(all, "parallel", loop(ORIGINAL + ", 4 jobs", PULL_ONE, 4, folder.resolve("jobs"), DONE));
        add(all, "pigz", loop(ORIGINAL + ", pigz", PULL_ONE.replace("tar zcf", "tar -I pigz -cf"), 1,
                folder.resolve("jobs"), DONE));
        add(all, "skopeo-oci", loop(SKOPEO, INTO_LAYOUT, 1, folder.resolve("layout"), DONE));
        return all;
    }

    /** curl of every unique blob over four connections. {@code paths}: of the blobs, on the registry at that port. */
    List<Contender> curl(int port, List<String> paths) throws IOException {
        Path target = folder.resolve("curl");
        Path urls = Files.write(folder.resolve("urls"),
                paths.stream().map(p -> "http://127.0.0.1:" + port + p).toList());
        List<String> names = paths.stream().map(p -> p.replaceFirst(".*/", "")).toList();
        Path sums = Files.write(folder.resolve("sums"),
                names.stream().map(n -> n.replace("sha256:", "") + "  " + n).toList());
        List<Contender> all = new ArrayList<>();
        add(all, "curl", new Contender(CURL, CURL_ALL, DONE, () -> {
            emptied(target);
            return Proc.of("sh", "-c", CURL_ALL.replace("URLS", urls.toString()).replace("SUMS", sums.toString()))
                    .in(target);
        }));
        return all;
    }

    /** Into an empty containers-storage in the folder {@code disk}: ours what our last pull left. */
    Contender load(Path disk) {
        return new Contender(OURS_LOAD, "./jbang extract-ocp-4.10.3.java --folder TARGET/ocp-images-4.10.3 --list LIST",
                DONE, () -> ours("container-images/ocp-images-4.10.3/extract-ocp-4.10.3.java",
                        "--folder", set().toString(), "--list", list.toString())
                        .env("CONTAINERS_STORAGE_CONF", storage(disk).conf().toString())
                        .env("TMPDIR", emptied(disk.resolve("work")).toString()));
    }

    /** Ours first, then the original's loops with what its last pull left, unpacked on the same disk. */
    List<Contender> loads(Path disk) {
        List<Contender> all = new ArrayList<>(List.of(load(disk)));
        for (int jobs : new int[] {1, 2, 4}) {
            String name = ORIGINAL + (jobs == 1 ? "" : ", " + jobs + " jobs");
            add(all, jobs == 1 ? "original" : "parallel", original(name, EXTRACT_ONE, jobs, disk));
        }
        String pigz = EXTRACT_ONE.replace("tar zxf", "tar -I pigz -xf");
        add(all, "pigz", original(ORIGINAL + ", pigz", pigz, 1, disk));
        return all;
    }

    private Contender original(String name, String body, int jobs, Path disk) {
        Contender loop = loop(name, body, jobs, disk.resolve("work"), SOME_FAILED);
        return new Contender(name, loop.shown(), loop.accepted(), () -> {
            Path conf = storage(disk).conf();
            return loop.program().ready().env("TARBALLS", tarballs().toString())
                    .env("CONTAINERS_STORAGE_CONF", conf.toString());
        });
    }

    /** The store of the next run; what the last run left is removed. */
    PrivateStorage storage(Path disk) throws IOException {
        return PrivateStorage.in(emptied(disk.resolve("storage")), lab.runRoots());
    }

    Proc ours(String script, String... arguments) {
        List<String> argv = new ArrayList<>(List.of(repository.resolve("jbang").toString(),
                repository.resolve(script).toString()));
        argv.addAll(List.of(arguments));
        return Proc.of(argv);
    }

    /** A containers-storage keeps a bind mount: it has to go before its folder. */
    Path emptied(Path target) throws IOException {
        for (Path mount : lab.mounts()) {
            if (mount.startsWith(target)) {
                Proc.of("umount", mount.toString()).check();
            }
        }
        Proc.of("rm", "-rf", "--one-file-system", target.toString()).check();
        return Files.createDirectories(target);
    }

    private void add(List<Contender> all, String peer, Contender contender) {
        if (peers.contains(peer)) {
            all.add(contender);
        }
    }

    private Contender loop(String name, String body, int jobs, Path target, Set<Integer> accepted) {
        String shown = "xargs -a LIST -n 1 -P " + jobs + " sh -c '\n" + body + "' sh";
        return new Contender(name, shown, accepted, () -> {
            Path script = Files.writeString(folder.resolve("one.sh"), body);
            emptied(target);
            return Proc.of("xargs", "-a", list.toString(), "-n", "1", "-P", String.valueOf(jobs), "sh",
                    script.toString()).in(target).env("HOME", folder.resolve("home").toString());
        });
    }
}
