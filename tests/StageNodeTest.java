//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/inventory/Inventory.java
//SOURCES ../common/node/ElfFile.java
//SOURCES ../common/node/JavaRuntime.java
//SOURCES ../common/node/NodeTar.java
//SOURCES ../common/oci/Digest.java
//SOURCES ../container-images/stage-node.java
//SOURCES Repository.java
//SOURCES RunningRegistry.java
//SOURCES ScriptRun.java
//SOURCES Scripts.java
//SOURCES ServedTree.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.module.ModuleDescriptor.Version;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;
import common.cli.Proc;
import common.inventory.Inventory;
import common.node.ElfFile;
import common.node.JavaRuntime;
import common.node.NodeTar;
import common.oci.Digest;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("stage-node")
class StageNodeTest {
    static final List<String> NAMES =
            List.of("extract-initial", "extract-ocp", "verify", "registry", "curl-all", "stage-server", "create-gpt-partition");
    private static final Version HERE = Version.parse("2.36"); // of Debian 12

    @TempDir
    static Path temp;
    private static Path root;
    private static Path node;

    /** With whatever JDK is here. */
    @BeforeAll
    static void stage() throws IOException {
        root = Files.createDirectory(temp.resolve("container-images"));
        ScriptRun run = stage(root, "--target-glibc", HERE);
        assertEquals(Cli.DONE, run.exit(), run::toString);
        node = Files.createDirectory(temp.resolve("a b")).resolve("node");
        NodeTar.unpack(root.resolve("node.tar"), node);
    }

    private static ScriptRun stage(Path folder, Object... more) {
        return ScriptRun.of(new StageNode(), Stream.concat(Stream.of(folder), Stream.of(more)).toArray());
    }

    private static long bytes(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).mapToLong(f -> f.toFile().length()).sum();
        }
    }

    @Test
    @DisplayName("makes launchers that a shell starts, wherever they are, also through a symlink")
    void launchers() throws IOException {
        for (String name : NAMES) {
            Path link = Files.createSymbolicLink(temp.resolve("to-" + name), node.resolve("bin").resolve(name));
            Proc.Result result = Proc.of("env", "-i", "PATH=/usr/bin:/bin", "bash", link.toString(), "--help").run();
            assertEquals(Cli.DONE, result.exit(), result.err());
            assertTrue(result.out().startsWith("Usage: " + name), result.out());
        }
    }

    @Test
    @DisplayName("has an archive of the scripts' classes that the unpacked runtime takes")
    void classArchive() {
        for (String name : NAMES) {
            Proc.Result result = Proc.of("bash", node.resolve("bin").resolve(name).toString(), "--help")
                    .env("JAVA_TOOL_OPTIONS", "-Xshare:on").run(); // without it Java ends
            assertEquals(Cli.DONE, result.exit(), result.out() + result.err());
        }
    }

    @Test
    @DisplayName("has in it what the registry needs to start and to answer, not only what its help does")
    void classesOfServing() throws IOException {
        Path images = ServedTree.small(Files.createDirectory(temp.resolve("answered"))).root;
        Path log = temp.resolve("loaded");
        try (RunningRegistry registry = RunningRegistry.bundled(node, images, temp.resolve("answers"),
                "-Xlog:class+load:file=" + log)) {
            String blob = ServedTree.blobs(images).iterator().next();
            Proc.of("curl", "--silent", "--fail", "--output", "/dev/null", registry.url("/v2/a/blobs/sha256:" + blob)).check();
        }
        List<String> parsed = Files.readAllLines(log).stream().filter(l -> l.contains(".jar")).toList();
        assertTrue(parsed.size() < 50, parsed.size() + " classes are not in the archive: " + parsed);
    }

    @Test
    @DisplayName("makes a registry that takes at most 96 MiB, with 1,000 requests on 32 connections behind it")
    void registryMemory() throws IOException {
        Path images = ServedTree.small(Files.createDirectory(temp.resolve("served"))).root;
        try (RunningRegistry registry = RunningRegistry.bundled(node, images, temp.resolve("registry"))) {
            Path urls = temp.resolve("urls");
            Files.write(urls, Collections.nCopies(200, ServedTree.blobs(images)).stream().flatMap(Set::stream).limit(1000)
                    .flatMap(b -> Stream.of("url = " + registry.url("/v2/a/blobs/sha256:" + b), "output = /dev/null"))
                    .toList());
            Proc.of("curl", "--silent", "--show-error", "--fail", "--parallel", "--parallel-max", "32", "--config",
                    urls.toString()).check();
            assertEquals(1000, registry.requests().stream().filter(r -> r.status() == 200).count());
            String peak = Files.readAllLines(Path.of("/proc/" + registry.pid() + "/status")).stream()
                    .filter(l -> l.startsWith("VmHWM")).findFirst().orElseThrow().replaceAll("\\D", "");
            assertTrue(Long.parseLong(peak) <= 96 << 10, peak + " kB");
        }
    }

    @Test
    @DisplayName("makes a runtime of at most 50 MB")
    void size() throws IOException {
        long bytes = bytes(node.resolve("jre"));
        assertTrue(bytes <= 50_000_000, bytes + " bytes");
    }

    @Test
    @DisplayName("packs what the node needs, each library once: no SQLite, OpenPGP, libvirt, JUnit")
    void onlyWhatIsNeeded() throws IOException {
        Pattern version = Pattern.compile("-\\d[\\w.-]*\\.jar$");
        try (Stream<Path> jars = Files.list(node.resolve("lib"))) {
            List<String> names = jars.map(j -> j.getFileName().toString()).toList();
            assertEquals(List.of(), names.stream().filter(n -> n.matches("(sqlite|bc|libvirt|junit|mock).*")).toList());
            List<String> libraries = names.stream().map(n -> version.matcher(n).replaceFirst("")).toList();
            assertEquals(libraries.stream().distinct().toList(), libraries);
        }
    }

    @Test
    @DisplayName("enters node.tar in the inventory, and does nothing when nothing changed")
    void unchanged() throws IOException {
        Path tar = root.resolve("node.tar");
        Inventory inventory = Inventory.parse(Files.readAllBytes(root.resolve(Inventory.FILE)), "test");
        assertEquals(List.of(new Inventory.Entry("node.tar", "node.tar", null, Files.size(tar), Digest.of(tar),
                "node")), inventory.files());
        Object before = Files.getAttribute(tar, "unix:ino");
        ScriptRun again = stage(root, "--target-glibc", HERE, "--json");
        JsonNode document = Json.parse(again.out().getBytes(), "stdout");
        assertFalse(document.get("built").asBoolean());
        assertEquals(before, Files.getAttribute(tar, "unix:ino"));
    }

    @Test
    @DisplayName("makes the same bytes of the same scripts and JDK, and other ones of other scripts")
    void reproducible() throws IOException {
        Path other = Files.createDirectory(temp.resolve("other"));
        stage(other, "--target-glibc", HERE);
        assertEquals(-1, Files.mismatch(root.resolve("node.tar"), other.resolve("node.tar")));
        stage(other, "--target-glibc", HERE, "--script", Repository.ROOT.resolve("create-gpt-partition.java"));
        Path one = temp.resolve("one");
        NodeTar.unpack(other.resolve("node.tar"), one);
        assertEquals("[create-gpt-partition]", Scripts.tree(one.resolve("bin")).keySet().stream()
                .filter(n -> !n.isEmpty()).toList().toString());
    }

    @Test
    @DisplayName("refuses a runtime for an older glibc than the JDK's, and names the JDK needed")
    void tooNew() throws IOException {
        Path empty = Files.createDirectory(temp.resolve("empty"));
        ScriptRun run = stage(empty, "--target-glibc", "2.5");
        assertEquals(Cli.MISSING, run.exit(), run::toString);
        assertTrue(run.err().matches("(?s).*glibc is 2\\.5 .*asks for least is .* glibc 2\\.\\d+.*Temurin.*"),
                run.err());
        assertFalse(Files.exists(empty.resolve("node.tar")));
    }

    @Test
    @DisplayName("refuses a folder as --jdk that is no JDK")
    void noJdk() throws IOException {
        ScriptRun run = stage(root, "--jdk", temp);
        assertEquals(Cli.USAGE, run.exit(), run::toString);
    }

    @Test
    @DisplayName("makes by default a bundle for glibc 2.28; skipped where every JDK needs a newer one")
    void defaultTarget() throws IOException {
        List<JavaRuntime> jdks = JavaRuntime.installed();
        assumeTrue(jdks.get(0).glibc().compareTo(Version.parse("2.28")) <= 0, () -> "the JDK here that asks for the "
                + "oldest glibc is " + jdks.get(0).described() + "; Eclipse Temurin's asks for 2.17");
        ScriptRun run = stage(root);
        assertEquals(Cli.DONE, run.exit(), run::toString);
        JavaRuntime runtime = JavaRuntime.at(node.resolve("jre"));
        assertTrue(runtime.glibc().compareTo(Version.parse("2.28")) <= 0, runtime.described());
        assertEquals("[]", runtime.libraries().toString());
    }

    @Test
    @DisplayName("reads from an ELF file what readelf reads")
    void elf() throws IOException {
        for (String file : List.of("lib/server/libjvm.so", "lib/libjava.so", "bin/java")) {
            ElfFile elf = ElfFile.read(node.resolve("jre").resolve(file)).orElseThrow();
            String text = Proc.of("readelf", "--wide", "--version-info", "--dynamic",
                    node.resolve("jre").resolve(file).toString()).check();
            assertEquals(Pattern.compile("NEEDED.*\\[(.*)]").matcher(text).results().map(m -> m.group(1)).toList(),
                    elf.libraries());
            assertEquals(Pattern.compile("Name: GLIBC_([0-9.]+)").matcher(text).results()
                    .map(m -> Version.parse(m.group(1))).max(Version::compareTo).orElseThrow(), elf.glibc());
        }
        assertTrue(ElfFile.read(node.resolve("node.json")).isEmpty());
    }
}
