//SOURCES ../lab/Corpus.java
//SOURCES ../lab/PrivateStorage.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import common.Proc;

/**
 * Who is measured: our scripts as a user starts them, and what one would use instead. The original's two loops are
 * restated here without the {@code v} of tar and without {@code podman image exists}, both of which only cost time.
 */
final class Contenders {
    private static final String PULL_ONE = """
            name=${1##*/}; name=${name%%:*}_${name#*:}
            skopeo copy -q "docker://$1" "dir:$name" && tar zcf "$name.tgz" "$name"
            rm -rf "$name"
            """;
    private static final String PULL_ONE_INTO_LAYOUT = """
            skopeo copy -q --dest-shared-blob-dir blobs "docker://$1" "oci:layout:$1"
            """;
    private static final String EXTRACT_ONE = """
            name=${1##*/}; name=${name%%:*}_${name#*:}
            tar zxf "$TARBALLS/$name.tgz" && skopeo copy -q "dir:$name" "containers-storage:$1"
            rm -rf "$name"
            """;

    private final Path repository;
    private final Path folder;
    private final Path list;
    private final Path registriesConf;

    /** What is run, and how a person would type it in the report. */
    record Contender(String name, String shown, Proc program) {
    }

    /** Writes the image list and the loops into the folder; skopeo finds registries.conf through HOME. */
    Contenders(Path repository, Path folder, Corpus.Published corpus) throws IOException {
        this.repository = repository;
        this.folder = folder;
        registriesConf = corpus.registriesConf();
        list = Files.write(folder.resolve("images.txt"), corpus.references());
        Files.writeString(folder.resolve("pull-one.sh"), PULL_ONE);
        Files.writeString(folder.resolve("pull-one-into-layout.sh"), PULL_ONE_INTO_LAYOUT);
        Files.writeString(folder.resolve("extract-one.sh"), EXTRACT_ONE);
        Path home = Files.createDirectories(folder.resolve("home/.config/containers"));
        Files.copy(registriesConf, home.resolve("registries.conf"));
    }

    /** All of them pull the whole list into {@code target}, an empty folder. Ours comes first. */
    List<Contender> pulls(Path target) {
        return List.of(
                new Contender("pull-ocp-4.10.3.java", "./jbang pull-ocp-4.10.3.java --list LIST --folder TARGET/set "
                        + "--registries-conf CONF", pull(target)),
                loop("original loop", PULL_ONE, "pull-one.sh", 1, target),
                loop("original loop, 2 jobs", PULL_ONE, "pull-one.sh", 2, target),
                loop("skopeo, one layout", PULL_ONE_INTO_LAYOUT, "pull-one-into-layout.sh", 1, target));
    }

    Proc pull(Path target) {
        return ours("container-images/ocp-images-4.10.3/pull-ocp-4.10.3.java", "--list", list.toString(),
                "--folder", target.resolve("set").toString(), "--registries-conf", registriesConf.toString());
    }

    /** Ours loads what {@code pull} left in {@code layout}, the original what its loop left in {@code tarballs}. */
    List<Contender> extracts(Path layout, Path tarballs, Path target, PrivateStorage storage) {
        Proc ours = ours("container-images/ocp-images-4.10.3/extract-ocp-4.10.3.java",
                "--folder", layout.resolve("set").toString(), "--list", list.toString());
        Contender original = loop("original loop", EXTRACT_ONE, "extract-one.sh", 1, target);
        original.program().env("TARBALLS", tarballs.toString());
        ours.env("CONTAINERS_STORAGE_CONF", storage.conf().toString());
        original.program().env("CONTAINERS_STORAGE_CONF", storage.conf().toString());
        return List.of(new Contender("extract-ocp-4.10.3.java", "./jbang extract-ocp-4.10.3.java --folder TARGET/set "
                + "--list LIST", ours), original);
    }

    Proc ours(String script, String... arguments) {
        List<String> argv = new ArrayList<>(List.of(repository.resolve("jbang").toString(),
                repository.resolve(script).toString()));
        argv.addAll(List.of(arguments));
        return Proc.of(argv);
    }

    private Contender loop(String name, String body, String script, int jobs, Path target) {
        Proc program = Proc.of("xargs", "-a", list.toString(), "-n", "1", "-P", String.valueOf(jobs),
                "sh", folder.resolve(script).toString()).in(target).env("HOME", folder.resolve("home").toString());
        return new Contender(name, "xargs -a LIST -n 1 -P " + jobs + " sh -c '\n" + body + "' sh", program);
    }
}
