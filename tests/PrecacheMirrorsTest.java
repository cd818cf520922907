//SOURCES ../common/cli/Proc.java
//SOURCES ../common/ignition/IgnitionFiles.java
//SOURCES ../common/oci/Manifest.java
//SOURCES ../container-images/registry.java
//SOURCES RenderedConfig.java
//SOURCES ScriptRun.java
//SOURCES TestImages.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import common.cli.Proc;
import common.ignition.IgnitionFiles.Mode;
import common.ignition.IgnitionFiles.Stage;
import common.oci.Manifest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program as a config carries it, with its folders below one of the test's. */
@DisplayName("precache-mirrors")
class PrecacheMirrorsTest {
    private static final String NO_SITE = "unqualified-search-registries = [\"quay.io\"]\n";

    @TempDir
    Path node;
    private Path data;
    private Path mirrors;
    private Path program;

    @BeforeEach
    void stage() throws IOException {
        data = Files.createDirectories(node.resolve("run/precache/data"));
        Path etc = Files.createDirectories(node.resolve("etc/containers"));
        Files.writeString(etc.resolve("registries.conf"), NO_SITE);
        mirrors = etc.resolve("registries.conf.d/90-precache.conf");
        TestImages images = new TestImages(data.resolve("ai-images"), null);
        Manifest app = images.manifest(Manifest.OCI, images.layer("app", 1000));
        images.add("quay.io/team/app:1.0", app).add("quay.io/team/app@" + app.descriptor().digest(), app)
                .add("hub.example.com:5000/ocp/tools@" + app.descriptor().digest(), app).add("docker.io/busybox:1", app);
        Path launcher = Files.createDirectories(data.resolve("node/bin")).resolve("registry");
        Files.writeString(launcher, "echo \"$*\" >" + node.resolve("asked") + "\ncp " + etc + "/registries.conf $3\n");
        program = Files.writeString(node.resolve("precache-mirrors"), RenderedConfig.of(Stage.AI, Mode.LOAD)
                .program("precache-mirrors").replace("/run/precache", node + "/run/precache")
                .replace("/etc/", node + "/etc/"));
    }

    private Proc.Result run() {
        return Proc.of("bash", program.toString()).run();
    }

    @Test
    @DisplayName("writes what registry --mirrors writes, byte for byte, without starting Java")
    void sameBytes() throws IOException {
        ScriptRun registry = ScriptRun.of(new ServeImages(), data, "--registries-conf", node.resolve("none"), "--mirrors");
        Proc.Result result = run();
        assertAll(() -> assertEquals(0, result.exit(), result.err()),
                () -> assertEquals(registry.out(), Files.readString(mirrors)),
                () -> assertFalse(Files.exists(node.resolve("asked"))));
    }

    @Test
    @DisplayName("adds the names that a site has for the same images, as registry --also does")
    void also() throws IOException {
        String names = "--also hub.example.com:5000/ocp4 registry.example.com:8443 quay.io/mirror";
        Files.writeString(program, Files.readString(program).replace("also=''", "also=' " + names + "'"));
        List<Object> args = new ArrayList<>(List.of(data, "--registries-conf", node.resolve("none"), "--mirrors"));
        args.addAll(List.of(names.split(" ")));
        ScriptRun registry = ScriptRun.of(new ServeImages(), args.toArray());
        Proc.Result result = run();
        assertAll(() -> assertEquals(0, result.exit(), result.err()),
                () -> assertEquals(registry.out(), Files.readString(mirrors)));
    }

    @Test
    @DisplayName("leaves it to the registry to repeat the mirrors of a site that has some")
    void site() throws IOException {
        Files.writeString(node.resolve("etc/containers/registries.conf"), NO_SITE + "[[registry]]\nprefix = \"quay.io\"\n");
        Proc.Result result = run();
        assertAll(() -> assertEquals(0, result.exit(), result.err()),
                () -> assertEquals(data + " --mirrors " + mirrors + "\n", Files.readString(node.resolve("asked"))));
    }

    @Test
    @DisplayName("removes an earlier file when nothing is staged any more, and fails")
    void nothingStaged() throws IOException {
        assertEquals(0, run().exit());
        Files.delete(data.resolve("ai-images/index.json"));
        assertEquals(1, run().exit());
        assertFalse(Files.exists(mirrors));
    }
}
