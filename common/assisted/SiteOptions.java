package common.assisted;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES AicliParameters.java
//SOURCES ServiceOptions.java
//SOURCES SiteSettings.java
//SOURCES StaticNetwork.java

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.Json;
import picocli.CommandLine.Option;

/** What a site needs of its cluster (picocli mixin); each is also a key of the parameter file. */
public final class SiteOptions {
    private static final String NTP = "[\\w.:-]+(,[\\w.:-]+)*";
    private static final String KERNEL_ARGUMENT = "([^ \\t\\n\\r\"]+|\"[^\"]*\")+"; // the service's own pattern

    @Option(names = "--static-network", paramLabel = "FILE.yaml", description = "nmstate and MAC addresses of each host.")
    private Path network;

    @Option(names = "--http-proxy", paramLabel = "URL", description = "Proxy of hosts and cluster.")
    private String httpProxy;

    @Option(names = "--https-proxy", paramLabel = "URL", description = "Default: that of --http-proxy.")
    private String httpsProxy;

    @Option(names = "--no-proxy", paramLabel = "LIST", description = "What is reached without: names, networks, or *.")
    private String noProxy;

    @Option(names = "--trust-bundle", paramLabel = "FILE.pem", description = "CA certificates for hosts and cluster.")
    private Path trust;

    @Option(names = "--ntp", paramLabel = "LIST", description = "Time servers, with commas between them.")
    private String ntp;

    @Option(names = "--kernel-arg", paramLabel = "ARG", description = "Of the discovery system; may be repeated.")
    private List<String> kernelArgs;

    @Option(names = "--mirror-registry", paramLabel = "HOST:PORT", description = "Has mirrors of the release's images.")
    private String registry;

    @Option(names = "--install-config", paramLabel = "FILE.yaml", description = "Replaces parts of the install-config.")
    private Path installConfig;

    @Option(names = "--manifests", paramLabel = "DIR", description = "Extra manifests, *.yaml, *.yml, *.json.")
    private Path manifests;

    @Option(names = "--ignore-validations", paramLabel = "all|IDS", description = "Validations that do not count.")
    private String ignore;

    @Option(names = "--disk-encryption", paramLabel = "tpmv2|TANG.json", description = "Of the installed system's root.")
    private String encryption;

    @Option(names = "--fips", description = "The cluster in FIPS mode.")
    private boolean fips;

    @Option(names = "--cpu-partitioning", description = "Workload partitioning on all nodes.")
    private boolean cpuPartitioning;

    SiteSettings settings(AicliParameters file, String version) throws IOException {
        SiteSettings site = new SiteSettings();
        JsonNode nmstate = network != null ? yaml(network) : file.node("static_network_config");
        if (nmstate != null) {
            Path elsewhere = nmstate.isTextual() ? Path.of(nmstate.asText()) : network;
            site.infraEnv.set("static_network_config", StaticNetwork.of(nmstate.isTextual() ? yaml(elsewhere) : nmstate,
                    elsewhere == null ? "static_network_config" : elsewhere.toString()));
        }
        proxy(site, file);
        String servers = ServiceOptions.given(ntp, file.text("additional_ntp_source", "additional_ntp_sources"));
        if (servers != null) {
            site.cluster.put("additional_ntp_source", matching("--ntp", servers, NTP));
            site.infraEnv.put("additional_ntp_sources", servers);
        }
        kernelArguments(site, file);
        String mirror = ServiceOptions.given(registry, file.text("registry_url", "disconnected_url"));
        if (mirror != null) {
            site.mirrors(mirror, version);
        }
        if (fips || file.flag("fips")) {
            site.installConfig.put("fips", true);
        }
        if (cpuPartitioning) {
            site.installConfig.put("cpuPartitioningMode", "AllNodes");
        }
        JsonNode overrides = installConfig != null ? yaml(installConfig) : file.node("installconfig");
        if (overrides != null) {
            if (!overrides.isObject()) {
                throw new Cli.Failure(Cli.USAGE, "--install-config: a map of the install-config's keys");
            }
            site.installConfig.setAll((ObjectNode) overrides);
        }
        trust(site, file);
        encryption(site, file);
        for (String folder : List.of("manifests", "openshift")) {
            manifests(site, folder, file.node(folder.equals("openshift") ? "openshift_manifests" : "manifests"));
        }
        JsonNode ignored = file.node("ignore_validations");
        site.ignoredValidations = ignore != null ? matching("--ignore-validations", ignore, "[a-z0-9-]+(,[a-z0-9-]+)*")
                : ignored != null && ignored.asBoolean() ? "all" : null;
        return site;
    }

    private void proxy(SiteSettings site, AicliParameters file) {
        JsonNode both = file.node("proxy");
        boolean isMap = both != null && both.isObject();
        String one = both == null || isMap ? null : both.asText();
        String http = ServiceOptions.given(httpProxy, file.text("http_proxy"), isMap ? inside(both, "http_proxy",
                "httpProxy") : one);
        String https = ServiceOptions.given(httpsProxy, file.text("https_proxy"), isMap ? inside(both, "https_proxy",
                "httpsProxy") : one, http);
        String no = ServiceOptions.given(noProxy, file.text("noproxy", "no_proxy"), isMap ? inside(both, "no_proxy",
                "noProxy") : null);
        if (http == null && https == null && no == null) {
            return;
        }
        for (String url : Stream.of(http, https).filter(u -> u != null).toList()) {
            matching("--http-proxy", url.contains("://") ? url : "http://" + url, "https?://[^\\s/?#]+/?");
        }
        site.proxy(scheme(http), scheme(https), no == null ? null : matching("--no-proxy", no, "\\*|[^\\s*]+"));
    }

    private static String scheme(String url) {
        return url == null || url.contains("://") ? url : "http://" + url; // as aicli takes it
    }

    private static String inside(JsonNode map, String... keys) {
        return Stream.of(keys).filter(map::hasNonNull).map(k -> map.path(k).asText()).findFirst().orElse(null);
    }

    private void kernelArguments(SiteSettings site, AicliParameters file) {
        JsonNode given = file.node("kernel_arguments");
        ArrayNode list = Json.object().putArray("arguments");
        if (kernelArgs != null) {
            kernelArgs.forEach(a -> list.addObject().put("operation", "append").put("value", a));
        } else if (given != null && given.isTextual()) {
            Stream.of(given.asText().strip().split("\\s+")).forEach(a -> list.addObject().put("operation", "append")
                    .put("value", a));
        } else if (given != null) {
            given.forEach(a -> list.add(a.isObject() ? a : Json.object().put("operation", "append").set("value", a)));
        }
        list.forEach(a -> {
            matching("kernel_arguments", a.path("operation").asText(), "append|replace|delete");
            matching("--kernel-arg", a.path("value").asText(), KERNEL_ARGUMENT);
        });
        if (!list.isEmpty()) {
            site.infraEnv.set("kernel_arguments", list);
        }
    }

    private void trust(SiteSettings site, AicliParameters file) throws IOException {
        String inFile = file.text("additional_trust_bundle", "disconnected_ca");
        String pem = trust != null ? text(trust) : inFile == null || inFile.contains("-----BEGIN") ? inFile
                : text(Path.of(inFile));
        if (pem == null) {
            return;
        }
        if (!pem.contains("-----BEGIN CERTIFICATE-----") || pem.contains("PRIVATE KEY") || pem.length() > 65535) {
            throw new Cli.Failure(Cli.USAGE, "--trust-bundle: not PEM certificates, or more than 64 KiB of them");
        }
        site.infraEnv.put("additional_trust_bundle", pem);
        site.installConfig.put("additionalTrustBundle", pem);
    }

    private void encryption(SiteSettings site, AicliParameters file) throws IOException {
        JsonNode inFile = file.node("disk_encryption");
        JsonNode tang = file.node("tang_servers");
        String servers = encryption != null && !encryption.equals("tpmv2") ? Json.read(Path.of(encryption)).toString()
                : tang == null ? null : tang.isTextual() ? tang.asText() : tang.toString();
        if (encryption == null && inFile != null) {
            site.cluster.set("disk_encryption", inFile);
        } else if (servers != null) {
            site.cluster.putObject("disk_encryption").put("enable_on", "all").put("mode", "tang")
                    .put("tang_servers", servers);
        } else if (encryption != null || file.flag("tpm")) {
            site.cluster.putObject("disk_encryption").put("enable_on", "all").put("mode", "tpmv2");
        }
    }

    private void manifests(SiteSettings site, String folder, JsonNode inFile) throws IOException {
        if (inFile != null && inFile.isArray()) {
            inFile.forEach(entry -> entry.properties().forEach(p -> site.manifests.put(folder + "/" + p.getKey(),
                    p.getValue().asText().getBytes(StandardCharsets.UTF_8))));
        }
        Path from = folder.equals("manifests") && manifests != null ? manifests
                : inFile != null && inFile.isTextual() ? Path.of(inFile.asText()) : null;
        if (from == null) {
            return;
        }
        if (!Files.isDirectory(from)) {
            throw new Cli.Failure(Cli.USAGE, "--manifests " + from + ": no such folder");
        }
        List<Path> files = new ArrayList<>();
        try (Stream<Path> all = Files.list(from)) {
            all.filter(f -> f.toString().matches(".*\\.(ya?ml|json)")).sorted().forEach(files::add);
        }
        if (files.isEmpty()) {
            throw new Cli.Failure(Cli.USAGE, "--manifests " + from + ": no *.yaml, *.yml or *.json there");
        }
        for (Path f : files) {
            site.manifests.put(folder + "/" + f.getFileName(), Files.readAllBytes(f));
        }
    }

    private static JsonNode yaml(Path file) throws IOException {
        return Json.parseYaml(text(file).getBytes(StandardCharsets.UTF_8), file.toString());
    }

    private static String text(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new Cli.Failure(Cli.USAGE, file + ": no such file");
        }
        return Files.readString(file);
    }

    private static String matching(String option, String value, String pattern) {
        if (!value.matches(pattern)) {
            throw new Cli.Failure(Cli.USAGE, option + " " + value.replaceFirst("//[^@/]*@", "//...@") + ": not what the "
                    + "service takes there");
        }
        return value;
    }
}
