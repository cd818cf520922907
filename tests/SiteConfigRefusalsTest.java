//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../siteconfig.java
//SOURCES ScriptRun.java
//SOURCES SiteFiles.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("siteconfig and what a site may have in its file")
class SiteConfigRefusalsTest extends SiteFiles {
    @Test
    @DisplayName("what it writes into a ClusterInstance is the same after the operator has put it between single quotes")
    void survivesTheTemplate() throws IOException {
        String theirs = "{\"ignition\":{\"version\":\"3.2.0\"},\"storage\":{\"files\":[{\"path\":\"/etc/motd\",\"contents\":"
                + "{\"source\":\"data:,it's%20caf\u00e9\u2028\"}}]}}";
        String out = merged(INSTANCE + "\n    ignitionConfigOverride: " + Json.object().textNode(theirs)
                + "\n    installerArgs: \"[\\\"--append-karg\\\",\\\"a='b'\\\"]\"\n");
        for (String[] value : new String[][] {{at(out, 0, "spec", "ignitionConfigOverride")},
            {at(out, 0, "spec", "nodes", 0, "ignitionConfigOverride"), "it's%20caf\u00e9\u2028"},
            {at(out, 0, "spec", "nodes", 0, "installerArgs"), "a='b'"}}) {
            String rendered = "metadata:\n  annotations:\n    override: '" + value[0] + "'\n";
            JsonNode read = json(rendered, 0, "metadata", "annotations", "override");
            assertEquals(Json.parse(value[0].getBytes(StandardCharsets.UTF_8), "written"), read);
            assertTrue(value.length == 1 || read.toString().contains(value[1]), read::toString);
        }
        assertEquals(out, merged(out));
    }

    @Test
    @DisplayName("the partition is saved whatever the configs say: its label, and those that units and files name")
    void savesAlways() throws IOException {
        Path ign = Files.writeString(folder.resolve("foreign.ign"), """
                {"ignition":{"version":"3.1.0"},"storage":{"files":[{"path":"/a","contents":
                {"source":"data:,mount%20%2Fdev%2Fdisk%2Fby-partlabel%2Fimages%20%2Fmnt%0A"}}]}}""");
        Path empty = Files.writeString(folder.resolve("empty.ign"), "{\"ignition\":{\"version\":\"3.1.0\"}}");
        assertEquals(ARGS.replace("data", "staged"), at(merged(INSTANCE, "--discovery", empty, "--pointer", empty,
                "--label", "staged"), 0, "spec", "nodes", 0, "installerArgs"));
        assertEquals(ARGS.replace("data\"", "data\",\"--save-partlabel\",\"images\""), at(merged(INSTANCE, "--discovery",
                ign, "--pointer", empty), 0, "spec", "nodes", 0, "installerArgs"));
    }

    @Test
    @DisplayName("an argument that is there in its short form is not given again")
    void shortForm() throws IOException {
        assertEquals("[\"-n\",\"--save-partlabel\",\"data\"]", at(merged(INSTANCE + "\n    installerArgs: '[\"-n\"]'\n"), 0,
                "spec", "nodes", 0, "installerArgs"));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', value = {
        "automatedCleaningMode: metadata | automatedCleaningMode metadata removes the staged partition",
        "diskPartition: [{device: /dev/sda, wipe_table: true}] | wipe_table removes the staged partition",
        "OVERRIDE \"disks\":[{\"device\":\"/dev/sda\",\"wipeTable\":true}] | wipeTable of /dev/sda",
        "OVERRIDE \"disks\":[{\"device\":\"/dev/disk/by-path/x\",\"wipeTable\":true}] | wipeTable of /dev/disk/by-path/x",
        "OVERRIDE \"disks\":[{\"device\":\"/dev/sda\",\"partitions\":[{\"label\":\"data\",\"shouldExist\":false}]}]"
                + " | partition data of /dev/sda",
        "OVERRIDE \"disks\":[{\"device\":\"/dev/sda\",\"partitions\":[{\"number\":5,\"wipePartitionEntry\":true}]}]"
                + " | partition number 5 of /dev/sda",
        "OVERRIDE \"filesystems\":[{\"device\":\"/dev/disk/by-partlabel/data\",\"wipeFilesystem\":true}]"
                + " | wipeFilesystem of /dev/disk/by-partlabel/data",
        "OVERRIDE \"luks\":[{\"name\":\"x\",\"device\":\"/dev/disk/by-partlabel/data\"}] | storage.luks on",
        "templateRefs: [{name: ibi-node-templates-v1, namespace: rhacm}] | image-based installation",
        "ignitionConfigOverride: '{\"ignition\":{\"version\":\"3.4.0\"}}' | Ignition 3.4.0; the service takes 3.1.0 and 3.2.0"})
    @DisplayName("refuses a node where the staged partition would be lost or never used, with file and line")
    void refusesLoss(String line, String words) throws IOException {
        ScriptRun run = merge(INSTANCE + "\n    rootDeviceHints: {deviceName: /dev/sda}\n    "
                + line.replaceFirst("OVERRIDE (.*)", "ignitionConfigOverride: '{\"ignition\":{\"version\":\"3.2.0\"},"
                + "\"storage\":{$1}}'") + "\n");
        assertEquals(Cli.FAILED, run.exit(), run::toString);
        assertTrue(run.err().contains("site.yaml:10: ") && run.err().contains(words), run::toString);
    }

    @Test
    @DisplayName("another disk than the root device may be wiped")
    void otherDisk() throws IOException {
        merged(INSTANCE + "\n    rootDeviceHints: {deviceName: /dev/sda}\n    ignitionConfigOverride: '{\"ignition\":{\"version\":"
                + "\"3.2.0\"},\"storage\":{\"disks\":[{\"device\":\"/dev/sdb\",\"wipeTable\":true}]}}'\n");
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"kind: SiteConfig\nspec: {clusters: []}", "kind: ClusterInstance\nspec: {clusterName: a}",
        "kind: SiteConfig\nspec: {clusters: [{clusterName: a, nodes: []}]}"})
    @DisplayName("says so where there is nothing to do")
    void nothingToDo(String site) throws IOException {
        ScriptRun run = merge(site.replace("\\n", "\n"));
        assertEquals(Cli.FAILED, run.exit(), run::toString);
        assertTrue(run.err().contains("nothing to do"), run::toString);
    }

    @Test
    @DisplayName("files of a config that would not fit into an annotation are compressed; one that still does not is refused")
    void large() throws IOException {
        Path ign = folder.resolve("large.ign");
        String config = "{\"ignition\":{\"version\":\"3.1.0\"},\"storage\":{\"files\":[{\"path\":\"/a\",\"contents\":{\"source\":"
                + "\"data:,%s\"}}]}}";
        Files.writeString(ign, config.formatted("0123456789".repeat(30_000)));
        String out = merged(INSTANCE, "--discovery", ign);
        assertEquals("gzip", json(out, 0, "spec", "ignitionConfigOverride").at("/storage/files/0/contents/compression")
                .asText());
        assertTrue(out.length() < 100_000, () -> out.length() + " bytes");
        StringBuilder random = new StringBuilder();
        new java.util.Random(1).ints(400_000, 'a', 'z').forEach(c -> random.append((char) c));
        Files.writeString(ign, config.formatted(random));
        ScriptRun run = merge(INSTANCE, "--discovery", ign);
        assertTrue(run.exit() == Cli.FAILED && run.err().contains("annotations have 256 KiB together"), run::toString);
    }

    @Test
    @DisplayName("--in-place keeps a link, the file's mode and its owner")
    void inPlace() throws IOException {
        merged(SITE);
        Path real = Files.move(folder.resolve("site.yaml"), folder.resolve("real.yaml"));
        Files.setPosixFilePermissions(real, PosixFilePermissions.fromString("rw-rw----"));
        Files.setAttribute(real, "unix:uid", 1234);
        Files.setAttribute(real, "unix:gid", 2345);
        Path link = Files.createSymbolicLink(folder.resolve("link.yaml"), Path.of("real.yaml"));
        assertEquals(Cli.DONE, ScriptRun.of(new SiteConfigMerge(), link, "--in-place").exit());
        assertTrue(Files.isSymbolicLink(link) && Files.readString(real).contains("precache-images.service"));
        assertEquals("rw-rw---- 1234 2345", PosixFilePermissions.toString(Files.getPosixFilePermissions(real)) + " "
                + Files.getAttribute(real, "unix:uid") + " " + Files.getAttribute(real, "unix:gid"));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', value = {
        "kind: ConfigMap | site.yaml: no SiteConfig and no ClusterInstance in it",
        "kind: ClusterInstance\\nspec: {nodes: no} | site.yaml:2: nodes is not a list",
        "OVERRIDE '{x}' | site.yaml:4: ignitionConfigOverride: not JSON",
        "OVERRIDE '[]' | site.yaml:4: ignitionConfigOverride: not a JSON object",
        "OVERRIDE {a: b} | site.yaml:4: ignitionConfigOverride: not a string",
        "OVERRIDE '{\"ignition\":{\"version\":\"2.2.0\"}}' | Ignition 2.2.0",
        "OVERRIDE &x '{\"ignition\":{\"version\":\"3.2.0\"}}' | write it out",
        "b: &b {ignitionConfigOverride: 'x'}\\nkind: ClusterInstance\\nspec:\\n  <<: *b\\n  nodes: [{hostName: a}] | comes from a merge",
        "{% if a %}\\nkind: SiteConfig | templates are not filled in"})
    @DisplayName("refuses what it cannot merge: one line with file and line, and the file as it was")
    void refuses(String text, String words) throws IOException {
        String site = text.replace("\\n", "\n").replace("OVERRIDE",
                "kind: ClusterInstance\nspec:\n  nodes: [{hostName: a}]\n  ignitionConfigOverride:") + "\n";
        ScriptRun run = merge(site, "--in-place");
        assertEquals(Cli.FAILED, run.exit(), run::toString);
        assertTrue(run.err().contains(words) && run.err().lines().count() == 1, run::toString);
        assertEquals(site, Files.readString(folder.resolve("site.yaml")));
    }
}
