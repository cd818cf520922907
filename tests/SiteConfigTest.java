//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../siteconfig.java
//SOURCES ScriptRun.java
//SOURCES SiteFiles.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Proc;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("siteconfig")
class SiteConfigTest extends SiteFiles {
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
}
