package common.assisted;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java

import java.util.Map;
import java.util.TreeMap;

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.Json;

/** What a site adds to a plain cluster, in the service's own words; empty where nothing is given. */
final class SiteSettings {
    /** Of the cluster and of the infra-env: fields of their registration and update. */
    final ObjectNode cluster = Json.object();
    final ObjectNode infraEnv = Json.object();
    /** What replaces parts of the install-config that the service makes. */
    final ObjectNode installConfig = Json.object();
    /** {@code manifests/NAME} or {@code openshift/NAME} -> the file's content. */
    final Map<String, byte[]> manifests = new TreeMap<>();
    /** Validations that do not count: {@code all}, or ids; null: none is ignored. */
    String ignoredValidations;
    /** A registries.conf(5) for the discovery system; null: none. */
    String registriesConf;

    /** {@code URL}, with the scheme that the service wants. */
    void proxy(String http, String https, String no) {
        ObjectNode proxy = infraEnv.putObject("proxy");
        Map.of("http_proxy", http == null ? "" : http, "https_proxy", https == null ? "" : https, "no_proxy",
                no == null ? "" : no).forEach((key, value) -> {
                    if (!value.isEmpty()) {
                        proxy.put(key, value);
                        cluster.put(key, value);
                    }
                });
    }

    /** Mirrors of the release and of the installer's own images below {@code registry}, as aicli lays them out. */
    void mirrors(String registry, String version) {
        if (!registry.matches("([\\w.-]+|\\[[0-9a-fA-F:]+])(:\\d+)?(/[\\w./-]+)?")) {
            throw new Cli.Failure(Cli.USAGE, "registry_url " + registry + ": HOST:PORT, no scheme");
        }
        StringBuilder conf = new StringBuilder();
        boolean isOld = version.matches("4\\.(\\d|1[0-3])(\\..*)?"); // imageDigestSources came with 4.14
        var sources = installConfig.putArray(isOld ? "imageContentSources" : "imageDigestSources");
        Map<String, String[]> all = new TreeMap<>(Map.of(
                "quay.io/edge-infrastructure", new String[] {"edge-infrastructure"},
                "quay.io/openshift-release-dev/ocp-release", new String[] {"openshift/release-images", "openshift/release"},
                "quay.io/openshift-release-dev/ocp-v4.0-art-dev", new String[] {"openshift/release",
                    "openshift/release-images"}));
        all.forEach((source, paths) -> {
            ObjectNode entry = sources.addObject().put("source", source);
            conf.append("[[registry]]\nlocation = \"").append(source).append("\"\nmirror-by-digest-only = false\n");
            for (String path : paths) {
                entry.withArray("mirrors").add(registry + "/" + path);
                conf.append("[[registry.mirror]]\nlocation = \"").append(registry).append("/").append(path).append("\"\n");
            }
        });
        registriesConf = conf.toString();
    }
}
