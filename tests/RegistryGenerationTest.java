//SOURCES ../common/cli/Packages.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/oci/Digest.java
//SOURCES ../common/oci/Manifest.java
//SOURCES ../lab/DebianRoot.java
//SOURCES MirroredHome.java
//SOURCES Repository.java
//SOURCES RunningRegistry.java
//SOURCES TestImages.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import common.cli.Packages;
import common.cli.Proc;
import common.oci.Digest;
import common.oci.Manifest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("generation")
@DisplayName("A registry of a staged folder, and the clients of Debian trixie:")
class RegistryGenerationTest {
    private static final List<String> PACKAGES =
            List.of("podman", "skopeo", "conmon", "crun", "mount", "util-linux", "python3");
    private static final String APP = "quay.io/team/app";
    @TempDir
    static Path temp;
    private static DebianRoot trixie;
    private static Path work;
    private static Manifest app;
    private static Manifest list;
    private static RunningRegistry registry;

    @BeforeAll
    static void serve() throws IOException {
        assumeTrue(Packages.family() == Packages.Family.DEBIAN, "another Debian is made with the host's package sources");
        trixie = DebianRoot.of("trixie", PACKAGES);
        Path root = Files.createDirectory(temp.resolve("staged"));
        TestImages made = new TestImages(root.resolve("ai-images"), null);
        TestImages.Layer base = made.layer("base", 50_000);
        app = made.manifest(Manifest.OCI, base, made.layer("app", 200_000));
        list = made.list(made.manifest(Manifest.DOCKER, base, made.layer("here", 60_000)));
        made.add(APP + ":1.0", app).add(APP + "@" + list.descriptor().digest(), list);
        registry = RunningRegistry.of(root, temp.resolve("registry"));
        MirroredHome home = MirroredHome.of(Files.createDirectory(temp.resolve("work")), "");
        home.mirror(root, registry.address());
        work = home.folder();
    }

    @AfterAll
    static void end() {
        if (registry != null) {
            registry.close();
        }
    }

    @Test
    @DisplayName("podman 5 pulls by tag, digest and list digest")
    void podman() {
        String pulls = "podman --version && for i in \"$@\"; do podman pull --quiet \"$i\" && podman image exists \"$i\" "
                + "|| exit; done";
        Proc.Result run = trixie.program(work, "sh", "-c", pulls, "sh", APP + ":1.0", APP + "@" + app.descriptor().digest(),
                APP + "@" + list.descriptor().digest()).run();
        assertEquals(0, run.exit(), run.out() + run.err());
        assertTrue(run.out().startsWith("podman version 5."), run.out());
    }

    @Test
    @DisplayName("skopeo reads the manifest's own bytes, tags and whole images")
    void skopeo() throws IOException {
        Proc.Result raw = trixie.program(work, "skopeo", "inspect", "--raw", "docker://" + APP + ":1.0").run();
        assertEquals(app.descriptor().digest(), Digest.of(raw.out().getBytes(StandardCharsets.UTF_8)), raw.err());
        String tags = trixie.program(work, "skopeo", "list-tags", "--tls-verify=false",
                "docker://" + registry.address() + "/" + APP).check();
        assertTrue(tags.contains("\"1.0\""), tags);
        trixie.program(work, "skopeo", "copy", "--quiet", "docker://" + APP + "@" + list.descriptor().digest(),
                "dir:/mnt/copy").check();
    }

    @Test
    @DisplayName("the image proxy reads whole images")
    void imageProxy() throws IOException {
        Files.copy(Repository.ROOT.resolve("lab/site/image-pull"), work.resolve("image-pull"));
        Proc.Result pull = trixie.program(work, "python3", "/mnt/image-pull", APP + "@" + app.descriptor().digest()).run();
        assertEquals(0, pull.exit(), pull.out() + pull.err());
        assertTrue(pull.out().contains(" 2 layers"), pull.out());
    }
}
