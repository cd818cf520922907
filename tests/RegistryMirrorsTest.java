//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/oci/Digest.java
//SOURCES ../common/oci/Manifest.java
//SOURCES ../container-images/registry.java
//SOURCES ../lab/LocalRegistry.java
//SOURCES MirroredHome.java
//SOURCES RunningRegistry.java
//SOURCES ScriptRun.java
//SOURCES TestImages.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

import common.cli.Cli;
import common.cli.Proc;
import common.oci.Digest;
import common.oci.Manifest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("registry --mirrors")
class RegistryMirrorsTest {
    private static final String APP = "quay.io/team/app";
    @TempDir
    static Path shared;
    @TempDir
    Path temp;
    private static Path root;
    private static Manifest app;
    private static Digest siteOnly;
    private static RunningRegistry registry;
    private static LocalRegistry site;

    /** The site's own registry has APP:2.0, which the folder has not. */
    @BeforeAll
    static void serve() throws IOException {
        root = Files.createDirectory(shared.resolve("mnt"));
        TestImages made = new TestImages(root.resolve("ai-images"), null);
        app = made.manifest(Manifest.OCI, made.layer("app", 1000));
        made.add(APP + ":1.0", app).add("hub.example.com:5000/ocp/tools@" + app.descriptor().digest(), app);
        TestImages others = new TestImages(shared.resolve("site/images"), null);
        Manifest second = others.manifest(Manifest.OCI, others.layer("site", 1000));
        others.add("2.0", second);
        siteOnly = second.descriptor().digest();
        site = LocalRegistry.start(shared.resolve("registry"));
        Proc.of("skopeo", "--insecure-policy", "copy", "--quiet", "--dest-tls-verify=false",
                "oci:" + others.layout.folder() + ":2.0", "docker://127.0.0.1:" + site.port() + "/mirror/team/app:2.0").check();
        registry = RunningRegistry.of(root, shared.resolve("out"), "--also", "local.example.com:8443/ocp4");
    }

    @AfterAll
    static void end() {
        registry.close();
        site.close();
    }

    private String siteMirror(String more) {
        return """
                [[registry]]
                prefix = "quay.io"
                location = "quay.io"
                %s
                [[registry.mirror]]
                location = "127.0.0.1:%d/mirror"
                insecure = true
                """.formatted(more, site.port());
    }

    /** What skopeo gets by that configuration, as a digest. */
    private static String raw(MirroredHome home, String reference) {
        Proc.Result raw = home.run("skopeo", "inspect", "--raw", "docker://" + reference);
        return raw.ok() ? Digest.of(raw.out().getBytes(StandardCharsets.UTF_8)).toString() : raw.err();
    }

    @Test
    @DisplayName("writes an entry for each repository held, and none for others")
    void entries() throws IOException {
        String text = MirroredHome.of(temp, "").mirror(root, "127.0.0.1:22700");
        assertEquals("""
                [[registry]]
                prefix = "hub.example.com:5000/ocp/tools"
                location = "hub.example.com:5000/ocp/tools"

                [[registry.mirror]]
                location = "127.0.0.1:22700/hub.example.com_5000/ocp/tools"
                insecure = true

                [[registry]]
                prefix = "quay.io/team/app"
                location = "quay.io/team/app"

                [[registry.mirror]]
                location = "127.0.0.1:22700/quay.io/team/app"
                insecure = true
                """, text.substring(text.indexOf("[[")));
    }

    @Test
    @DisplayName("keeps the site's own mirror of a repository behind this registry, which is asked first")
    void siteMirrorBehind() throws IOException {
        MirroredHome home = MirroredHome.of(temp, siteMirror(""));
        home.mirror(root, registry.address());
        int before = site.requests().size();
        assertEquals(app.descriptor().digest().toString(), raw(home, APP + ":1.0"));
        assertEquals(before, site.requests().size(), "asked the site, too");
        assertEquals(siteOnly.toString(), raw(home, APP + ":2.0"));
    }

    @Test
    @DisplayName("serves a site that never contacts the source: the entry stays blocked, mirrors are asked")
    void blockedSource() throws IOException {
        MirroredHome home = MirroredHome.of(temp, siteMirror("blocked = true"));
        assertTrue(home.mirror(root, registry.address()).contains("\nblocked = true\n"));
        assertEquals(app.descriptor().digest().toString(), raw(home, APP + ":1.0"));
        assertEquals(siteOnly.toString(), raw(home, APP + ":2.0"));
        assertTrue(raw(home, APP + ":3.0").contains("blocked"), raw(home, APP + ":3.0"));
    }

    @Test
    @DisplayName("keeps a site's mirror for digests only, and its location of the source")
    void digestOnly() throws IOException {
        MirroredHome home = MirroredHome.of(temp, """
                [[registry]]
                prefix = "quay.io/team"
                location = "internal.example.com/quay/team"
                mirror-by-digest-only = true
                [[registry.mirror]]
                location = "mirror.example.com/team"
                """);
        String text = home.mirror(root, registry.address());
        assertTrue(text.contains("location = \"internal.example.com/quay/team/app\"\n"), text);
        assertTrue(text.contains("location = \"mirror.example.com/team/app\"\npull-from-mirror = \"digest-only\"\n"), text);
        assertEquals(app.descriptor().digest().toString(), raw(home, APP + ":1.0"));
    }

    @Test
    @DisplayName("never reads its own file back, whatever that is called")
    void idempotent() throws IOException {
        MirroredHome home = MirroredHome.of(temp, siteMirror(""));
        String first = home.mirror(root, registry.address());
        Files.copy(home.dropIn(), home.dropIn().resolveSibling("95-copy.conf"));
        assertEquals(first, home.mirror(root, registry.address()));
        assertFalse(first.isEmpty());
    }

    @Test
    @DisplayName("adds the names that --also gives, under which the same digests and tags are pulled, and no others")
    void also() throws IOException {
        MirroredHome home = MirroredHome.of(temp, "");
        home.mirror(root, registry.address(), "--also", "local.example.com:8443/ocp4");
        assertEquals(app.descriptor().digest().toString(),
                raw(home, "local.example.com:8443/ocp4/release-images@" + app.descriptor().digest()));
        assertEquals(app.descriptor().digest().toString(), raw(home, "local.example.com:8443/ocp4/release-images:1.0"));
        assertEquals("404", Proc.of("curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}",
                registry.url("/v2/other.example.com/release-images/manifests/1.0")).check());
        ScriptRun wrong = ScriptRun.of(new ServeImages(), root, "--mirrors", "--also", "quay.io/a:tag");
        assertEquals(Cli.USAGE, wrong.exit(), wrong::toString);
    }

    @Test
    @DisplayName("prints without a file, and leaves an old file as it is when it fails")
    void printsOrWrites() throws IOException {
        MirroredHome home = MirroredHome.of(temp, "");
        String written = home.mirror(root, registry.address());
        ScriptRun printed = ScriptRun.of(new ServeImages(), root, "--listen", registry.address(), "--registries-conf",
                home.registriesConf(), "--mirrors");
        assertEquals(written, printed.out());
        Files.writeString(home.registriesConf(), "[[registry]\n");
        ScriptRun failed = ScriptRun.of(new ServeImages(), root, "--registries-conf", home.registriesConf(), "--mirrors",
                home.dropIn());
        assertEquals(Cli.FAILED, failed.exit(), failed::toString);
        assertEquals(written, Files.readString(home.dropIn()));
    }
}
