//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../siteconfig.java
//SOURCES ScriptRun.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;
import common.cli.Proc;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

@DisplayName("siteconfig")
class SiteConfigTest {
    /** Two documents; two clusters, three nodes; overrides in three styles; comments everywhere. */
    private static final String SITE = """
            # before all
            ---
            apiVersion: v1
            kind: Namespace
            metadata: {name: site}   # flow
            ---
            apiVersion: ran.openshift.io/v1
            kind: SiteConfig
            spec:
              baseDomain: "example.com"

              clusters:
              - clusterName: "sno1"   # the first
                # of the labels
                clusterLabels: {group-du-sno: "", common: true}
                ignitionConfigOverride: '{"ignition":{"version":"3.2.0"},"systemd":{"units":[
                  {"name":"var-mnt.mount","enabled":true,"contents":"the original''s"},
                  {"name":"precache-images.service","contents":"old"},
                  {"name":"chronyd.service","dropins":[{"name":"x.conf","contents":"[Unit]\\n"}]}]}}' # keep me

                # of the nodes
                nodes:
                  - hostName: 'node1.example.com'
                    role: "master"
                    ignitionConfigOverride: | # ours and theirs
                      {"ignition": {"version": "3.1.0"},
                       "storage": {"files": [{"path": "/usr/local/bin/precache-mcd-pull"}, {"path": "/etc/theirs"}]},
                       "systemd": {"units": [{"name": "machine-config-daemon-pull.service", "mask": false, "dropins":
                         [{"name": "10-precache.conf", "contents": "old"}, {"name": "t.conf", "contents": "theirs"}]}]}}

                    bootMACAddress: "AA:BB:CC:DD:EE:11" # not a number
              - clusterName: three
                nodes:
                  - hostName: a
                    installerArgs: '["--append-karg", "ip=dhcp", "--save-partlabel", "d*"]'
                  - role: worker
                    hostName: b
                    installerArgs:
            # the end
            """;
    private static final String INSTANCE = """
            apiVersion: siteconfig.open-cluster-management.io/v1alpha1
            kind: ClusterInstance
            spec:
              clusterName: sno2
              holdInstallation: false
              nodes:
              - hostName: n
                role: master""";

    private static final String ARGS = "[\"--save-partlabel\",\"data\",\"--copy-network\"]";

    @TempDir
    Path folder;

    private ScriptRun merge(String text, Object... more) throws IOException {
        List<Object> args = new ArrayList<>(List.of(Files.writeString(folder.resolve("site.yaml"), text)));
        args.addAll(List.of(more));
        return ScriptRun.of(new SiteConfigMerge(), args.toArray());
    }

    private String merged(String text, Object... more) throws IOException {
        ScriptRun run = merge(text, more);
        assertEquals(Cli.DONE, run.exit(), run::toString);
        return run.out();
    }

    @SuppressWarnings("unchecked")
    private static <T> T at(String yaml, int document, Object... path) {
        List<Object> documents = new ArrayList<>();
        new Yaml(new SafeConstructor(new LoaderOptions())).loadAll(yaml).forEach(documents::add);
        Object node = documents.get(document);
        for (Object key : path) {
            node = key instanceof Integer i ? ((List<Object>) node).get(i) : ((Map<String, Object>) node).get(key);
        }
        return (T) node;
    }

    private static JsonNode json(String yaml, int document, Object... path) {
        return Json.parse(SiteConfigTest.<String>at(yaml, document, path).getBytes(StandardCharsets.UTF_8), "value");
    }

    private static List<String> names(JsonNode config) {
        List<String> names = new ArrayList<>();
        config.path("systemd").path("units").forEach(u -> names.add(u.path("name").asText()));
        config.path("storage").path("files").forEach(f -> names.add(f.path("path").asText()));
        return names;
    }

    @Test
    @DisplayName("merges our units into each cluster and node, in place of an earlier run's, and keeps all others")
    void merges() throws IOException {
        String out = merged(SITE, "--mode", "load");
        JsonNode cluster = json(out, 1, "spec", "clusters", 0, "ignitionConfigOverride");
        assertEquals("3.2.0", cluster.path("ignition").path("version").asText());
        assertEquals(List.of("chronyd.service", "precache-data.service", "precache-images.service",
                "precache-mirrors.path", "precache-mirrors.service", "precache-registry.service",
                "precache-registry.socket", "/usr/local/bin/precache-data", "/usr/local/bin/precache-mirrors"),
                names(cluster));
        assertTrue(!cluster.toString().contains("\"old\"") && !cluster.toString().contains("original's"));
        JsonNode node = json(out, 1, "spec", "clusters", 0, "nodes", 0, "ignitionConfigOverride");
        assertTrue(names(node).containsAll(List.of("/etc/theirs", "precache-ocp-images.service")));
        assertEquals(1, names(node).stream().filter("machine-config-daemon-pull.service"::equals).count());
        assertTrue(node.toString().contains("theirs") && !node.toString().contains("\"old\""));
        for (int i = 0; i < 2; i++) {
            assertTrue(names(json(out, 1, "spec", "clusters", 1, "nodes", i, "ignitionConfigOverride"))
                    .contains("precache-ocp-images.service"));
        }
    }

    @Test
    @DisplayName("installer arguments save the partition; those that are there stay, and count when they save it")
    void installerArgs() throws IOException {
        String out = merged(SITE);
        assertEquals(ARGS, at(out, 1, "spec", "clusters", 0, "nodes", 0, "installerArgs"));
        assertEquals("[\"--append-karg\",\"ip=dhcp\",\"--save-partlabel\",\"d*\",\"--copy-network\"]",
                at(out, 1, "spec", "clusters", 1, "nodes", 0, "installerArgs"));
        assertEquals(ARGS, at(out, 1, "spec", "clusters", 1, "nodes", 1, "installerArgs"));
    }

    @ParameterizedTest(name = "line ends, case {index}")
    @ValueSource(strings = {"\n", "\r\n"})
    @DisplayName("every other line stays as it is, in order: comments, quotes, blank lines, line ends")
    void keepsTheRest(String newline) throws IOException {
        String site = SITE.replace("\n", newline);
        String out = merged(site);
        List<String> lines = new ArrayList<>(List.of(out.split("\n")));
        for (String line : site.split("\n")) {
            boolean value = line.strip().startsWith("{\"") || line.contains("\"systemd\":")
                    || line.contains("\"storage\":") || line.contains("[{\"name\"")
                    || line.contains("ignitionConfigOverride") || line.contains("Args:");
            if (!value) {
                assertTrue(lines.contains(line), () -> "lost: " + line);
                lines.subList(0, lines.indexOf(line) + 1).clear();
            }
        }
        assertTrue(out.contains("ignitionConfigOverride: | # keep me" + newline)
                && out.contains("ignitionConfigOverride: | # ours and theirs" + newline), out);
        assertEquals(newline.length() == 2, out.replace("\\n", "").contains("\r\n"));
        assertEquals(out.split("\n").length, out.split(newline).length);
    }

    @Test
    @DisplayName("a second run changes nothing")
    void idempotent() throws IOException {
        String once = merged(SITE);
        assertEquals(once, merged(once));
        ScriptRun again = merge(once);
        assertTrue(again.err().lines().allMatch(l -> l.endsWith(" is there already")), again::toString);
    }

    @Test
    @DisplayName("a ClusterInstance has its override in spec; a file may end without a line end")
    void clusterInstance() throws IOException {
        String out = merged(INSTANCE);
        assertTrue(names(json(out, 0, "spec", "ignitionConfigOverride")).contains("precache-images.service"));
        assertTrue(names(json(out, 0, "spec", "nodes", 0, "ignitionConfigOverride"))
                .contains("precache-ocp-images.service"));
        assertEquals("master", at(out, 0, "spec", "nodes", 0, "role"));
    }

    @Test
    @DisplayName("a file in flow style, JSON say, stays what it is")
    void flow() throws IOException {
        String out = merged("""
                {"kind": "ClusterInstance", "spec": {"clusterName": "x", "nodes": [
                 {"hostName": "n", "installerArgs": "[]"}]}}""");
        assertTrue(names(json(out, 0, "spec", "ignitionConfigOverride")).contains("precache-images.service"));
        assertEquals(ARGS, at(out, 0, "spec", "nodes", 0, "installerArgs"));
    }

    @Test
    @DisplayName("--label and --mode reach units and arguments")
    void label() throws IOException {
        String out = merged(INSTANCE, "--label", "staged", "--mode", "store");
        assertTrue(!out.contains("by-partlabel/data") && out.contains("by-partlabel/staged"), out);
        assertEquals(ARGS.replace("data", "staged"), at(out, 0, "spec", "nodes", 0, "installerArgs"));
        assertTrue(names(json(out, 0, "spec", "ignitionConfigOverride")).contains("/usr/local/bin/precache-store"));
    }

    @Test
    @DisplayName("what it merges is valid Ignition")
    void valid() throws IOException {
        String out = merged(SITE);
        for (Object[] path : List.of(new Object[] {"spec", "clusters", 0, "ignitionConfigOverride"},
                new Object[] {"spec", "clusters", 1, "nodes", 0, "ignitionConfigOverride"})) {
            Path config = Files.writeString(folder.resolve("c.ign"), json(out, 1, path).toString());
            Proc.Result result = Proc.of("ignition-validate", config.toString()).run();
            assertEquals("0 ", result.exit() + " " + result.out() + result.err());
        }
    }

    @Test
    @DisplayName("--in-place writes the file, --output another one; stdout is the default")
    void destination() throws IOException {
        String expected = merged(SITE);
        assertEquals("", merged(SITE, "--in-place"));
        assertEquals(expected, Files.readString(folder.resolve("site.yaml")));
        assertEquals("", merged(SITE, "--output", folder.resolve("new.yaml")));
        assertEquals(expected, Files.readString(folder.resolve("new.yaml")));
        assertEquals(SITE, Files.readString(folder.resolve("site.yaml")));
    }

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
