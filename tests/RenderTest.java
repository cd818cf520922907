//SOURCES ../common/ignition/IgnitionFiles.java
//SOURCES ../ignition-files/render.java
//SOURCES RenderedConfig.java
//SOURCES Repository.java
//SOURCES ScriptRun.java
//SOURCES Scripts.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.Set;

import common.ignition.IgnitionFiles.Mode;
import common.ignition.IgnitionFiles.Stage;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("render")
class RenderTest {
    private static final Path CHECKED_IN = Repository.ROOT.resolve("ignition-files");

    private static final String KEY =
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f a@b";

    @TempDir
    Path folder;

    private ScriptRun render(Object... args) {
        return ScriptRun.of(new Render(), args);
    }

    @Test
    @DisplayName("--check: the checked-in files are what the units render to")
    void check() {
        ScriptRun result = render("--check", "--output", CHECKED_IN);
        assertEquals(0, result.exit(), result.err());
    }

    @Test
    @DisplayName("--check fails on a file that is stale or missing, names it, and writes nothing")
    void stale() throws IOException {
        render("--output", folder);
        Files.delete(folder.resolve("pointer.patch"));
        Files.writeString(folder.resolve("discovery.ign"), "{}");
        Map<String, String> before = Scripts.tree(folder);
        ScriptRun result = render("--check", "--output", folder);
        assertAll(() -> assertEquals(1, result.exit()),
                () -> assertTrue(result.err().matches("error: .*discovery.ign, .*pointer.patch; .*\n"), result.err()),
                () -> assertEquals(before, Scripts.tree(folder)));
    }

    @Test
    @DisplayName("the same units give the same bytes")
    void stable() throws IOException {
        render("--output", folder.resolve("1"), "--mode", "store", "--label", "staged");
        render("--output", folder.resolve("2"), "--mode", "store", "--label", "staged");
        assertEquals(Scripts.tree(folder.resolve("1")), Scripts.tree(folder.resolve("2")));
    }

    @Test
    @DisplayName("--set ai writes discovery only")
    void set() throws IOException {
        render("--set", "ai", "--output", folder);
        assertEquals(Set.of("", "discovery.ign", "discovery.patch"), Scripts.tree(folder).keySet());
    }

    @Test
    @DisplayName("--label tells the installer arguments that go with it")
    void label() {
        ScriptRun result = render("--label", "staged", "--output", folder);
        assertTrue(result.out().endsWith("installer arguments: --save-partlabel staged --copy-network\n"),
                result.out());
    }

    @Test
    @DisplayName("a label that udev would escape is a usage error")
    void oddLabel() {
        ScriptRun result = render("--label", "a b", "--output", folder);
        assertEquals(2, result.exit(), result.err());
    }

    @Test
    @DisplayName("--also has the node serve the names that a site's registry gives the same images")
    void also() throws IOException {
        String names = " --also hub.example.com:5000/ocp4 registry.example.com";
        ScriptRun run = render("--also", "hub.example.com:5000/ocp4", "registry.example.com", "--output", folder);
        assertEquals(0, run.exit(), run::toString);
        String config = Files.readString(folder.resolve("discovery.ign"));
        String mirrors = RenderedConfig.of(Stage.AI, Mode.AUTO).program("precache-mirrors").replace("also=''", "also='" + names
                + "'");
        assertTrue(config.contains("/node/bin/registry /run/precache/data" + names + "\\n"));
        assertTrue(config.contains(Base64.getEncoder().encodeToString(mirrors.getBytes(StandardCharsets.UTF_8))));
        assertEquals(2, render("--also", "hub.example.com/a:1.0", "--output", folder).exit());
    }

    @Test
    @DisplayName("--ssh-key puts the key into both configs")
    void sshKey() throws IOException {
        Path key = Files.writeString(folder.resolve("id.pub"), KEY + "\n");
        render("--ssh-key", key, "--output", folder);
        for (String name : Set.of("discovery.ign", "pointer.ign")) {
            assertTrue(Files.readString(folder.resolve(name)).contains("\"" + KEY + "\""));
        }
    }

    @Test
    @DisplayName("a private key is refused, and is in no message")
    void privateKey() throws IOException {
        Path key = Files.writeString(folder.resolve("id"), "-----BEGIN OPENSSH PRIVATE KEY-----\nsecret\n");
        ScriptRun result = render("--ssh-key", key, "--output", folder);
        assertAll(() -> assertEquals(1, result.exit()),
                () -> assertEquals("error: " + key + ": not an OpenSSH public key; give the .pub file\n", result.err()),
                () -> assertEquals(Set.of("", "id"), Scripts.tree(folder).keySet()));
    }
}
