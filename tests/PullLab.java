//SOURCES ../common/cli/Cli.java
//SOURCES ../common/oci/OciLayout.java
//SOURCES ../container-images/images-4.10.3/pull-initial-4.10.3.java
//SOURCES ../container-images/ocp-images-4.10.3/pull-ocp-4.10.3.java
//SOURCES ../lab/Corpus.java
//SOURCES ../lab/LocalRegistry.java
//SOURCES ScriptRun.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import common.cli.Cli;
import common.oci.OciLayout;

/** A real registry with a small corpus, and how to pull from it. Of its eight images the first four are "initial". */
final class PullLab implements AutoCloseable {
    static final int INITIAL = 4;
    static final String AI = "images-4.10.3";
    static final String OCP = "ocp-images-4.10.3";

    final LocalRegistry registry;
    final Corpus.Published corpus;
    /** A pull secret without credentials, lest the host's own is used. */
    final Path noSecret;

    private PullLab(Path folder, double scale) throws IOException {
        registry = LocalRegistry.start(folder.resolve("registry"));
        corpus = Corpus.of(8, scale).publish(registry.port(), folder);
        noSecret = Files.writeString(folder.resolve("auth.json"), "{}");
    }

    static PullLab start(Path folder) throws IOException {
        return start(folder, 0.02);
    }

    static PullLab start(Path folder, double scale) throws IOException {
        return new PullLab(folder, scale);
    }

    /** The arguments of a pull from this registry; one that is in {@code more} counts instead of ours. */
    Object[] args(Path list, Path folder, Object... more) {
        List<Object> args = new ArrayList<>(List.of(more));
        Map.of("--list", list, "--folder", folder, "--registries-conf", corpus.registriesConf(), "--authfile", noSecret)
                .forEach((name, value) -> args.addAll(args.contains(name) ? List.of() : List.of(name, value)));
        return args.toArray();
    }

    ScriptRun pull(Path list, Path folder, Object... more) {
        return ScriptRun.of(new PullInitial4103(), args(list, folder, more));
    }

    ScriptRun initial(Path root, Object... more) {
        return pull(corpus.initialList(), root.resolve(AI), more);
    }

    ScriptRun ocp(Path root, Object... more) {
        return ScriptRun.of(new PullOcp4103(), args(corpus.ocpList(), root.resolve(OCP), more));
    }

    /** The listed reference of the corpus image of that number. */
    String reference(int number) {
        return corpus.references().get(number);
    }

    /** A list file with these lines. */
    static Path list(Path folder, Object... lines) throws IOException {
        Path file = Files.createTempFile(folder, "images", ".txt");
        return Files.write(file, Stream.of(lines).map(String::valueOf).toList());
    }

    /** Digests of the blobs that were sent, whole or in part, after the first so many requests. */
    List<String> blobRequests(int since) throws IOException {
        return new ArrayList<>(registry.requests().stream().skip(since)
                .filter(r -> r.method().equals("GET") && r.status() < 300 && r.path().contains("/blobs/"))
                .map(r -> r.path().replaceFirst(".*/", "")).toList());
    }

    /** The set in ROOT/FOLDER holds so many images and every blob that they need. */
    static void assertWhole(int images, Path folder) {
        OciLayout set = OciLayout.at(folder, null);
        assertEquals(images, set.images().size());
        set.images().forEach(i -> set.reach(i).forEach(b -> assertTrue(set.holds(b), i.name() + " lacks " + b)));
    }

    static void assertDone(ScriptRun run) {
        assertEquals(Cli.DONE, run.exit(), run::toString);
    }

    @Override
    public void close() {
        registry.close();
    }
}
