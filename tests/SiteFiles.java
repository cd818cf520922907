//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../siteconfig.java
//SOURCES ScriptRun.java

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** Files as a site has them, and siteconfig run on them. */
abstract class SiteFiles {
    /** Two documents; two clusters, three nodes; overrides in three styles; comments everywhere. */
    static final String SITE = """
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
    static final String INSTANCE = """
            apiVersion: siteconfig.open-cluster-management.io/v1alpha1
            kind: ClusterInstance
            spec:
              clusterName: sno2
              holdInstallation: false
              nodes:
              - hostName: n
                role: master""";

    static final String ARGS = "[\"--save-partlabel\",\"data\",\"--copy-network\"]";

    @TempDir
    Path folder;

    ScriptRun merge(String text, Object... more) throws IOException {
        List<Object> args = new ArrayList<>(List.of(Files.writeString(folder.resolve("site.yaml"), text)));
        args.addAll(List.of(more));
        return ScriptRun.of(new SiteConfigMerge(), args.toArray());
    }

    String merged(String text, Object... more) throws IOException {
        ScriptRun run = merge(text, more);
        assertEquals(Cli.DONE, run.exit(), run::toString);
        return run.out();
    }

    @SuppressWarnings("unchecked")
    static <T> T at(String yaml, int document, Object... path) {
        List<Object> documents = new ArrayList<>();
        new Yaml(new SafeConstructor(new LoaderOptions())).loadAll(yaml).forEach(documents::add);
        Object node = documents.get(document);
        for (Object key : path) {
            node = key instanceof Integer i ? ((List<Object>) node).get(i) : ((Map<String, Object>) node).get(key);
        }
        return (T) node;
    }

    static JsonNode json(String yaml, int document, Object... path) {
        return Json.parse(SiteFiles.<String>at(yaml, document, path).getBytes(StandardCharsets.UTF_8), "value");
    }

    static List<String> names(JsonNode config) {
        List<String> names = new ArrayList<>();
        config.path("systemd").path("units").forEach(u -> names.add(u.path("name").asText()));
        config.path("storage").path("files").forEach(f -> names.add(f.path("path").asText()));
        return names;
    }
}
