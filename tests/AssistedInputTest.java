//SOURCES ../common/cli/Cli.java
//SOURCES AssistedLab.java
//SOURCES Repository.java
//SOURCES ScriptRun.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import common.cli.Cli;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("fault")
@DisplayName("create-ai-cluster, given what makes no sense:")
class AssistedInputTest {
    @TempDir
    Path folder;
    @AutoClose
    private AssistedLab lab;

    @BeforeEach
    void start() throws IOException {
        lab = new AssistedLab(folder);
    }

    private static void assertFails(int exit, ScriptRun run, String... words) {
        assertEquals(exit, run.exit(), run::toString);
        for (String word : words) {
            assertTrue(run.toString().contains(word), run::toString);
        }
        assertEquals(1, run.err().lines().filter(l -> l.startsWith("error: ")).count(), run::toString);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(delimiter = '|', value = {
        "--pull-secret | not JSON at all: dXNlcjpwYXNz | pull secret FILE: not JSON",
        "--pull-secret | {\"auth\": {}} | pull secret FILE: has no auths",
        "--ssh-key | ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIP9W8 me | FILE: not an OpenSSH public key",
        "--ssh-key | ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIP9W830V7ah2AtMXj2z7DGBh2/1pijE9Fm0vXtCj7rwK | FILE: not",
        "--ssh-key | -----BEGIN OPENSSH PRIVATE KEY----- | FILE: not an OpenSSH public key",
        "--discovery-patch | {\"ignition_config_override\": \"{not json\"} | FILE: ignition_config_override:1: ",
        "--discovery-patch | {not json | FILE:1: ",
        "--pointer-patch | {\"config\": \"{\\\"ignition\\\": {\\\"version\\\": \\\"2.2.0\\\"}}\"} | Ignition 2.2.0;",
        "--pointer-patch | {\"config\": \"{\\\"storage\\\": {}}\"} | FILE: config: no Ignition config",
        "--pointer-patch | {\"ignition\": {\"version\": \"3.4.0\"}} | FILE: Ignition 3.4.0; the service takes 3.1.0",
        "--pointer-patch | {\"ignition\": {\"version\": \"3.1.0\"}, \"systemd\": {\"units\": {}}} | units: no list",
        "--pointer-patch | {\"ignition\": {\"version\": \"3.1.0\"}, \"systemd\": {\"units\": [{\"name\": \"x\"}]}} | not a unit's name",
        "--pointer-patch | {\"ignition\":{\"version\":\"3.1.0\"},\"storage\":{\"files\":[{\"path\":\"x\"}]}} | not an absolute path",
        "--pointer-patch | {\"ignition_config_override\": \"{}\"} | discovery and pointer are mixed up"})
    @DisplayName("a file is not what it should be: refused before any call, without its content")
    void badFile(String option, String content, String words) throws IOException {
        Path file = Files.writeString(folder.resolve("bad"), content);
        ScriptRun run = lab.run(option, file);
        assertFails(Cli.FAILED, run, words.replace("FILE", file.toString()));
        assertFalse(run.toString().contains("dXNlcjpwYXNz"), run::toString);
        assertEquals(List.of(), lab.service.calls());
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource(delimiter = '|', value = {
        "--name | Bad_Name | lower-case letters, digits and hyphens", "--nodes | 2 | one node, or three and more",
        "--openshift-version | latest | not a version like 4.10.3", "--timeout | soon | not a time like 90m or 2h",
        "--machine-network | 192.168.126.5/24 | has host bits; the network is 192.168.126.0/24",
        "--machine-network | nowhere | not a network",
        "--installer-args | --copy-network | which the installer would wipe",
        "--installer-args | --save-partlabel data --wipe | the service takes no --wipe but",
        "--installer-args | --save-partlabel data --append-karg a`b` | has characters that the service does not take",
        "--installer-args | [\"--copy-network\" | --installer-args:1:",
        "--iso | /nonexistent/d.iso | --iso: no such folder: /nonexistent", "--iso | / | a folder; give a file",
        "--ca | /nonexistent | no such file", "--kubeconfig-dir | /nonexistent | no such folder",
        "--url | http://[ | not an address"})
    @DisplayName("an option makes no sense: exit 2 before any call")
    void badOption(String option, String value, String words) {
        assertFails(Cli.USAGE, lab.run(option, value), words);
        assertEquals(List.of(), lab.service.calls());
    }

    @Test
    @DisplayName("a patch replaces a unit of the service: a warning that names it")
    void ownUnit() throws IOException {
        Path patch = lab.patch("d", "ignition_config_override", AssistedLab.units("agent.service", "data"));
        ScriptRun run = lab.run("--discovery-patch", patch, "--until", "registered");
        assertTrue(run.err().contains("warning: the discovery patch replaces agent.service, which the service writes "
                + "itself"), run::toString);
    }

    @Test
    @DisplayName("it should ask and nobody is there: exit 2 before any call, which names --yes")
    void nobodyToAsk() {
        assertFails(Cli.USAGE, lab.run("--ask"), "there is no terminal to answer at: give --yes");
        assertFails(Cli.USAGE, lab.sub("delete"), "give --yes");
        assertEquals(List.of(), lab.service.calls());
    }

    @Test
    @DisplayName("of aicli's keys those in the documented table are honoured, every other one is refused by its name")
    void parameterKeys() throws IOException {
        String[] tables = Repository.text(Repository.ROOT.resolve("docs/aicli-parameters.md"))
                .split("refused, because");
        ScriptRun run = lab.run("--profile", Files.writeString(folder.resolve("p.yml"), "nope: 1\n"));
        assertFails(Cli.USAGE, run, "unknown here: nope; known: ");
        assertEquals(keys(tables[0]), Set.of(run.err().strip().replaceFirst("(?s).*known: ", "").split(", ")));
        for (String key : keys(tables[1])) {
            assertFails(Cli.USAGE, lab.run("--profile", Files.writeString(folder.resolve("p.yml"), key + ": x\n")),
                    "unknown here: " + key + ";");
        }
        assertEquals(List.of(), lab.service.calls());
    }

    /** The keys in the first column. */
    private static Set<String> keys(String table) {
        return table.lines().filter(l -> l.startsWith("| `")).map(l -> l.split("\\|")[1]).flatMap(
                c -> Stream.of(c.strip().split(", "))).map(k -> k.replace("`", "")).collect(Collectors.toSet());
    }
}
