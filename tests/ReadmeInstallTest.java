//SOURCES ../common/cli/Proc.java
//SOURCES AssistedLab.java
//SOURCES Repository.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import common.cli.Proc;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
@DisplayName("The README's example, as it is written,")
class ReadmeInstallTest {
    private static final List<String> LINKS = List.of("create-ai-cluster.java", "siteconfig.java", "common",
            "ignition-files");

    @TempDir
    Path folder;
    private AssistedLab lab;

    @BeforeEach
    void start() throws IOException {
        lab = new AssistedLab(folder);
        Path home = Files.createDirectories(folder.resolve("home/.ssh"));
        Files.copy(lab.sshKey, home.resolve("id_ed25519.pub"));
        for (String name : LINKS) {
            Files.createSymbolicLink(folder.resolve(name), Repository.ROOT.resolve(name));
        }
    }

    @AfterEach
    void stop() throws IOException {
        lab.close();
        for (String name : LINKS) { // JUnit warns when it meets them
            Files.delete(folder.resolve(name));
        }
    }

    /** The block of the README that begins so, run by a shell in a checkout's copy. */
    private Proc.Result run(String begin) {
        Matcher block = Pattern.compile("```sh\n(" + Pattern.quote(begin) + "(?s:.*?))```").matcher(
                Repository.text(Repository.ROOT.resolve("README.md")));
        assertTrue(block.find(), begin);
        String cache = System.getenv().getOrDefault("XDG_CACHE_HOME", System.getProperty("user.home") + "/.cache");
        return Proc.of("sh", "-c", block.group(1)).in(folder).env("AI_URL", lab.service.url())
                .env("HOME", folder.resolve("home").toString()).env("XDG_CACHE_HOME", cache)
                .env("PATH", folder.resolve("bin") + ":" + Repository.ROOT + ":" + System.getenv("PATH")).timeout(Duration.ofMinutes(10)).run();
    }

    @Test
    @DisplayName("installs a cluster")
    void installs() throws IOException {
        lab.service.perRequest = Duration.ofMinutes(15); // the script's own clock is the real one
        Path oc = Files.writeString(Files.createDirectory(folder.resolve("bin")).resolve("oc"),
                "#!/bin/sh\necho node1 Ready, asked: $* with $(stat -c %a $KUBECONFIG)\n");
        assertTrue(oc.toFile().setExecutable(true));
        Proc.Result result = run("jbang create-ai-cluster.java ");
        assertEquals(0, result.exit(), result::toString);
        assertTrue(result.out().contains("[OK]    installed: virt01.example.com 4.10.3"), result::toString);
        assertTrue(result.out().contains("node1 Ready, asked: get nodes,clusterversion"), result::toString);
        assertTrue(result.out().contains("with 600"), result::toString);
        assertTrue(Files.readString(folder.resolve("kubeconfig.virt01")).contains("clusters:"));
        assertEquals(-1, Files.mismatch(folder.resolve("virt01.iso"), Files.write(folder.resolve("x"), lab.service.iso)));
    }

    @Test
    @DisplayName("merges into a site")
    void merges() throws IOException {
        Path site = Files.writeString(folder.resolve("site.yaml"), "kind: ClusterInstance\nspec:\n  clusterName: a\n"
                + "  nodes:\n  - hostName: b\n");
        Proc.Result result = run("jbang siteconfig.java ");
        assertEquals(0, result.exit(), result::toString);
        assertTrue(Files.readString(site).contains("precache-images.service"));
    }
}
