//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/oci/Descriptor.java
//SOURCES ../common/oci/Digest.java
//SOURCES ../common/oci/OciLayout.java
//SOURCES ../container-images/images-4.10.3/pull-initial-4.10.3.java
//SOURCES PullLab.java
//SOURCES ScriptRun.java
//SOURCES Scripts.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;
import common.cli.Proc;
import common.oci.Descriptor;
import common.oci.Digest;
import common.oci.OciLayout;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("The options of the pull scripts")
class PullOptionsTest {
    @TempDir
    static Path shared;
    private static PullLab lab;

    @TempDir
    Path root;

    @BeforeAll
    static void publish() throws IOException {
        lab = PullLab.start(shared);
    }

    @AfterAll
    static void stop() {
        lab.close();
    }

    private Set<String> names(String folder) {
        return OciLayout.at(root.resolve(folder), null).images().stream().map(Descriptor::name)
                .collect(Collectors.toSet());
    }

    private static JsonNode document(ScriptRun run) {
        PullLab.assertDone(run);
        return Json.parse(run.out().getBytes(), "stdout");
    }

    @Test
    @DisplayName("--dry-run prints what a pull would fetch and what is here, and writes nothing")
    void dryRun() throws IOException {
        JsonNode before = document(lab.ocp(root, "--dry-run", "--json"));
        assertEquals(Map.of("", ""), Scripts.tree(root));
        PullLab.assertDone(lab.initial(root));
        Map<String, String> tree = Scripts.tree(root);
        JsonNode after = document(lab.ocp(root, "--dry-run", "--json"));
        String text = lab.ocp(root, "--dry-run").out();
        assertEquals(tree, Scripts.tree(root));
        long unique = before.get("uniqueBytes").asLong();
        long here = after.get("presentBytes").asLong();
        assertAll(() -> assertEquals(List.of(4, 0L, unique), List.of(before.get("images").asInt(),
                        before.get("presentBytes").asLong(), before.get("fetchBytes").asLong())),
                () -> assertEquals(unique - here, after.get("fetchBytes").asLong()),
                () -> assertTrue(here > 0, "the base layers are shared"),
                () -> assertTrue(text.matches("Plan: 4 images, \\d+ layers, [\\d.]+ MB unique \\([\\d.]+ MB listed\\); "
                        + "[\\d.]+ MB here, [\\d.]+ MB to fetch, [\\d.]+ MB free in " + root + "/blobs\n"), text));
    }

    @Test
    @DisplayName("--json: stdout is one document with the plan's figures, the text goes to stderr")
    void json() throws IOException {
        ScriptRun run = lab.initial(root, "--json");
        JsonNode document = document(run);
        OciLayout set = OciLayout.at(root.resolve(PullLab.AI), null);
        Set<String> blobs = set.images().stream().flatMap(i -> set.reach(i).stream()).map(b -> b.digest().toString())
                .filter(lab.corpus.blobs()::containsKey).collect(Collectors.toSet());
        long bytes = blobs.stream().mapToLong(lab.corpus.blobs()::get).sum();
        assertAll(() -> assertEquals(List.of("ai-images", "4.10.3", 4, blobs.size() - 4, bytes, bytes, 0),
                        List.of(document.get("set").asText(), document.get("release").asText(),
                                document.get("images").asInt(), document.get("layers").asInt(),
                                document.get("uniqueBytes").asLong(),
                                document.get("fetchBytes").asLong(), document.get("failed").size())),
                () -> assertTrue(document.get("listedBytes").asLong() > bytes, "base layers count with every image"),
                () -> assertTrue(run.err().contains("Plan: 4 images") && run.err().contains("[4/4]"), run.err()));
    }

    @Test
    @DisplayName("--json names each failed image with its reason")
    void jsonFailed() throws IOException {
        Path list = PullLab.list(root, lab.reference(0), "quay.io/no/such:image");
        ScriptRun run = lab.pull(list, root.resolve(PullLab.AI), "--json");
        JsonNode failed = Json.parse(run.out().getBytes(), "stdout").get("failed");
        assertEquals(Cli.PARTIAL, run.exit());
        assertEquals("quay.io/no/such:image", failed.at("/0/reference").asText());
        assertTrue(failed.at("/0/reason").asText().contains("404"), failed::toString);
    }

    @Test
    @DisplayName("refuses before it fetches anything when the disk has not the room")
    void doesNotFit() throws IOException {
        Path small = Files.createDirectory(root.resolve("small"));
        Proc.of("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small.toString()).check();
        try {
            int since = lab.registry.requests().size();
            ScriptRun run = lab.initial(root, "--blobs", small.resolve("blobs"));
            assertEquals(Cli.FAILED, run.exit(), run::toString);
            assertTrue(run.err().matches("error: does not fit: [\\d.]+ MB to fetch, 0.1 MB free in .*\n"), run.err());
            assertEquals(List.of(), lab.blobRequests(since));
        } finally {
            Proc.of("umount", small.toString()).check();
        }
    }

    @Test
    @DisplayName("--exclude leaves out the references in which one of its patterns is found")
    void exclude() {
        PullLab.assertDone(lab.initial(root, "--exclude", "assisted-installer-agent:", "rhel8"));
        assertEquals(Set.of(lab.reference(0), lab.reference(3)), names(PullLab.AI));
    }

    @Test
    @DisplayName("--exclude leaves the set a list without them, until a pull without --exclude")
    void excludedList() throws IOException {
        Path left = root.resolve(PullLab.AI).resolve("ai-images.txt");
        PullLab.assertDone(lab.initial(root, "--exclude", "assisted-installer-agent:", "rhel8"));
        assertEquals(2, Files.readAllLines(left).size());
        assertTrue(Files.readString(root.resolve("inventory.json")).contains("images-4.10.3/ai-images.txt"));
        PullLab.assertDone(lab.initial(root));
        assertTrue(Files.notExists(left));
    }

    @Test
    @DisplayName("a list of the operator's own of that name stays, and the pull says so")
    void ownList() throws IOException {
        Path own = Files.createDirectories(root.resolve(PullLab.AI)).resolve("ai-images.txt");
        Files.writeString(own, "mine\n");
        ScriptRun run = lab.initial(root);
        PullLab.assertDone(run);
        assertTrue(Files.exists(own) && run.err().contains("ai-images.txt is not known to be of an earlier pull"),
                run::toString);
    }

    @ParameterizedTest
    @CsvSource({"ai-images.txt,true", "initial-images.txt,false"})
    @DisplayName("a file of the operator's own is not overwritten by the list, and nothing is fetched")
    void overwrittenList(String name, boolean exclude) throws IOException {
        Path own = Files.createDirectories(root.resolve(PullLab.AI)).resolve(name);
        Files.writeString(own, "mine\n");
        ScriptRun run = exclude ? lab.initial(root, "--exclude", "rhel8") : lab.initial(root);
        assertEquals(Cli.FAILED + " mine\n", run.exit() + " " + Files.readString(own), run::toString);
        assertTrue(run.err().contains(own + " is not of an earlier pull") && Files.notExists(root.resolve("blobs")),
                run::toString);
    }

    @Test
    @DisplayName("a damaged inventory.json and a stray file among the blobs do not stop a pull")
    void damagedInventory() throws IOException {
        Files.createDirectories(root.resolve("blobs/sha256"));
        Files.writeString(root.resolve("blobs/sha256/notes.txt"), "not a blob");
        Files.writeString(root.resolve("inventory.json"), "{");
        ScriptRun run = lab.initial(root);
        PullLab.assertDone(run);
        assertTrue(run.err().contains("made anew without what it had"), run.err());
        assertEquals(1, Json.read(root.resolve("inventory.json")).get("sets").size());
    }

    @Test
    @DisplayName("images that left the list stay, with a warning, until --rm-stale")
    void staleStay() throws IOException {
        PullLab.assertDone(lab.initial(root));
        Path shorter = PullLab.list(root, lab.reference(0));
        ScriptRun kept = lab.pull(shorter, root.resolve(PullLab.AI));
        PullLab.assertDone(kept);
        assertEquals(4, names(PullLab.AI).size());
        assertTrue(kept.err().contains("warning: 3 images in "), kept.err());
        PullLab.assertDone(lab.pull(shorter, root.resolve(PullLab.AI), "--rm-stale"));
        assertEquals(Set.of(lab.reference(0)), names(PullLab.AI));
    }

    @Test
    @DisplayName("--rm-stale removes the blobs that no image of any set needs, and only those")
    void staleBlobs() throws IOException {
        Path shorter = PullLab.list(root, lab.reference(0));
        PullLab.assertDone(lab.pull(shorter, root.resolve(PullLab.AI)));
        PullLab.assertDone(lab.ocp(root));
        Set<String> needed = Scripts.tree(root.resolve("blobs/sha256")).keySet();
        PullLab.assertDone(lab.initial(root));
        assertFalse(needed.equals(Scripts.tree(root.resolve("blobs/sha256")).keySet()));
        PullLab.assertDone(lab.pull(shorter, root.resolve(PullLab.AI), "--rm-stale"));
        assertEquals(needed, Scripts.tree(root.resolve("blobs/sha256")).keySet());
    }

    @Test
    @DisplayName("--rm-stale removes what only the former image of a moved tag needed")
    void movedTag() throws IOException {
        Path list = PullLab.list(root, "quay.io/moving/image:latest");
        copyTag(6);
        PullLab.assertDone(lab.pull(list, root.resolve(PullLab.AI)));
        copyTag(7);
        PullLab.assertDone(lab.pull(list, root.resolve(PullLab.AI), "--rm-stale"));
        OciLayout set = OciLayout.at(root.resolve(PullLab.AI), null);
        Set<String> needed = set.reach(set.images().get(0)).stream().map(b -> b.digest().hex())
                .collect(Collectors.toSet());
        needed.addAll(Set.of("", ".partial"));
        assertEquals(needed, Scripts.tree(root.resolve("blobs/sha256")).keySet());
    }

    /** Lets quay.io/moving/image:latest be the corpus image of that number. */
    private static void copyTag(int number) {
        String digest = lab.reference(number).replaceFirst(".*@", "");
        String host = "docker://127.0.0.1:" + lab.registry.port();
        Proc.of("skopeo", "copy", "--quiet", "--src-tls-verify=false", "--dest-tls-verify=false",
                host + "/openshift-release-dev/ocp-v4.0-art-dev@" + digest, host + "/moving/image:latest").check();
    }

    @Test
    @DisplayName("--format tgz writes NAME.tgz with the original's skopeo dir: image in it, manifest bytes untouched")
    void tarballs() throws IOException {
        PullLab.assertDone(lab.ocp(root, "--format", "tgz"));
        for (int number = PullLab.INITIAL; number < 8; number++) {
            String digest = lab.reference(number).replaceFirst(".*@sha256:", "");
            String name = "ocp-v4.0-art-dev@sha256_" + digest;
            Proc.of("tar", "zxf", root.resolve(PullLab.OCP) + "/" + name + ".tgz", "-C", root.toString()).check();
            assertEquals(digest, Digest.of(root.resolve(name).resolve("manifest.json")).hex());
            Proc.of("skopeo", "copy", "--quiet", "dir:" + root.resolve(name), "oci:" + root.resolve("copy-" + number))
                    .check();
        }
    }

    @Test
    @DisplayName("--format tgz refuses two references that would have one tarball name, before fetching anything")
    void oneTarballName() throws IOException {
        int since = lab.registry.requests().size();
        Path list = PullLab.list(root, "quay.io/one/name:tag", "quay.io/two/name:tag");
        ScriptRun run = lab.pull(list, root.resolve(PullLab.AI), "--format", "tgz");
        assertEquals(Cli.FAILED, run.exit(), run::toString);
        assertEquals("error: --format tgz: quay.io/one/name:tag and quay.io/two/name:tag would both be name_tag.tgz; "
                + "pull them into two folders\n", run.err());
        assertEquals(since, lab.registry.requests().size());
    }

    @Test
    @DisplayName("another pull into the same blobs is refused while one runs")
    void concurrent() throws IOException {
        Path blobs = Files.createDirectories(root.resolve("blobs"));
        try (FileChannel channel = FileChannel.open(blobs.resolve(".lock"), StandardOpenOption.CREATE,
                StandardOpenOption.WRITE); FileLock lock = channel.lock()) {
            Proc.Result run = Scripts.program(PullInitial4103.class,
                    lab.args(lab.corpus.initialList(), root.resolve(PullLab.AI))).run();
            assertEquals(Cli.FAILED, run.exit(), run.err());
            assertEquals("error: another pull is writing to " + blobs + "; wait for it to end", run.reason());
        }
    }

    @Test
    @DisplayName("FOLDER, OCP_RELEASE_LIST and PULL_SECRET_PATH are the defaults of --folder, --list and --authfile")
    void environment() throws IOException {
        Path secret = Files.writeString(root.resolve("secret"), "not JSON");
        Proc script = Scripts.program(PullInitial4103.class, "--registries-conf", lab.corpus.registriesConf())
                .env("FOLDER", root.resolve("set").toString()).env("OCP_RELEASE_LIST", lab.corpus.ocpList().toString());
        assertEquals("error: pull secret " + secret + ": not JSON; get it again from console.redhat.com",
                script.env("PULL_SECRET_PATH", secret.toString()).run().reason());
        Proc.Result run = script.env("PULL_SECRET_PATH", lab.noSecret.toString()).run();
        assertEquals(Cli.DONE, run.exit(), run.err());
        PullLab.assertWhole(4, root.resolve("set"));
    }

    @Test
    @DisplayName("empty variables count as not set, as in the original")
    void emptyEnvironment() throws IOException {
        Path beside = Files.createDirectories(root.resolve("container-images/images-4.10.3"));
        Files.copy(lab.corpus.initialList(), beside.resolve("initial-images-4.10.3.txt"));
        Path empty = Files.createDirectory(root.resolve("elsewhere"));
        Proc.Result run = Scripts.program(PullInitial4103.class, "--registries-conf", lab.corpus.registriesConf())
                .env("FOLDER", "").env("OCP_RELEASE_LIST", "").env("PULL_SECRET_PATH", "").env("JBANG_SCRIPT_FILE",
                        beside.resolve("pull-initial-4.10.3.java").toString()).in(empty).run();
        assertEquals(Cli.DONE, run.exit(), run.err());
        PullLab.assertWhole(4, beside);
        assertEquals(Map.of("", ""), Scripts.tree(empty));
    }

    @Test
    @DisplayName("--format tgz needs room for the tarballs, too: where they do not fit, nothing is fetched")
    void tarballsNeedRoom() throws IOException {
        JsonNode plan = document(lab.initial(root, "--dry-run", "--json"));
        Path small = Files.createDirectory(root.resolve("small"));
        long room = plan.path("uniqueBytes").asLong() + plan.path("listedBytes").asLong() / 2;
        Proc.of("mount", "-t", "tmpfs", "-o", "size=" + room, "tmpfs", small.toString()).check();
        try {
            ScriptRun run = lab.initial(small, "--format", "tgz");
            assertEquals(Cli.FAILED, run.exit(), run::toString);
            assertTrue(run.err().startsWith("error: does not fit: ") && run.err().contains(" of tarballs"), run.err());
            assertEquals(Map.of("", ""), Scripts.tree(small));
        } finally {
            Proc.of("umount", small.toString()).check();
        }
    }

    @ParameterizedTest
    @CsvSource({"--jobs,0", "--jobs,-1", "--platform,amd64", "--format,zip", "--exclude,["})
    @DisplayName("a value that cannot be is a usage error that names the option")
    void usage(String option, String value) {
        ScriptRun run = lab.initial(root, option, value);
        assertEquals(Cli.USAGE, run.exit(), run::toString);
        assertTrue(run.err().startsWith("error: ") && run.err().contains(option), run.err());
    }
}
