//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES AssistedApi.java
//SOURCES AssistedLab.java
//SOURCES AssistedRecordings.java
//SOURCES AssistedSimulator.java
//SOURCES ScriptRun.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("create-ai-cluster, with a site's settings:")
class AssistedSiteTest {
    private static final String BOND = """
            static_network_config:
            - interfaces:
              - name: bond0
                type: bond
                state: up
                ipv4: {enabled: true, dhcp: false, address: [{ip: 192.168.126.10, prefix-length: 24}]}
                ipv6: {enabled: true, address: [{ip: '2001:db8::10', prefix-length: 64}]}
                link-aggregation: {mode: active-backup, options: {miimon: '140'}, port: [ens3, ens4]}
              - name: bond0.100
                type: vlan
                vlan: {base-iface: bond0, id: 100}
              dns-resolver: {config: {server: [192.168.126.1]}}
              routes:
                config:
                - {destination: 0.0.0.0/0, next-hop-address: 192.168.126.1, next-hop-interface: bond0}
                - {destination: '::/0', next-hop-address: '2001:db8::1', next-hop-interface: bond0.100}
              mac_interface_map:
              - {mac_address: '52:54:00:aa:bb:0a', logical_nic_name: ens3}
              - {mac_address: '52:54:00:aa:bb:1a', logical_nic_name: ens4}
            """;

    @TempDir
    Path folder;
    @AutoClose
    private AssistedLab lab;
    private AssistedSimulator service;

    @BeforeEach
    void start() throws IOException {
        lab = new AssistedLab(folder);
        service = lab.service;
    }

    private Path file(String name, String content) throws IOException {
        return Files.writeString(folder.resolve(name), content);
    }

    private JsonNode infraEnv() {
        return service.infraEnvs.get(AssistedRecordings.INFRA_ENV);
    }

    /** What of the requests does not fit the file of that year and later. */
    private List<String> faults(String year) {
        List<String> faults = new ArrayList<>();
        service.exchanges.stream().filter(e -> e.body() != null).forEach(e -> faults.addAll(
                AssistedApi.requestFaults(e)));
        faults.removeIf(f -> !f.startsWith("swagger-" + year) && !year.isEmpty());
        return faults;
    }

    @Test
    @DisplayName("a static network with bond, VLAN and both families goes into the infra-env, once")
    void staticNetwork() throws IOException {
        Path profile = file("p.yml", BOND);
        lab.done("--until", "registered", "--profile", profile);
        JsonNode host = AssistedRecordings.parse(infraEnv().path("static_network_config").asText()).path(0);
        assertTrue(host.path("network_yaml").asText().contains("\"next-hop-interface\":\"bond0.100\""), host::toString);
        assertEquals("52:54:00:aa:bb:1a", host.path("mac_interface_map").path(1).path("mac_address").asText());
        lab.done("--profile", profile);
        assertEquals(1, service.calls("PATCH /infra-envs/{id}"), "the discovery override only");
        assertEquals(List.of(), faults(""));
    }

    @Test
    @DisplayName("the MAC map of a plain interface comes from its mac-address; a file and network_yaml do as well")
    void staticNetworkForms() throws IOException {
        String plain = """
                - interfaces: [{name: ens3, type: ethernet, mac-address: '52:54:00:aa:bb:0a',
                    ipv4: {enabled: true, address: [{ip: 192.168.126.10, prefix-length: 24}]}}]
                - network_yaml: |
                    interfaces:
                    - {name: ens3, type: ethernet}
                  mac_interface_map: [{mac_address: '52:54:00:aa:bb:0b', logical_nic_name: ens3}]
                """;
        lab.done("--until", "registered", "--static-network", file("net.yml", plain));
        JsonNode kept = AssistedRecordings.parse(infraEnv().path("static_network_config").asText());
        assertEquals("52:54:00:aa:bb:0a ens3", kept.path(0).path("mac_interface_map").path(0).path("mac_address").asText()
                + " " + kept.path(0).path("mac_interface_map").path(0).path("logical_nic_name").asText());
        assertTrue(kept.path(1).path("network_yaml").asText().startsWith("interfaces:"), kept::toString);
    }

    @ParameterizedTest(name = "{2}")
    @CsvSource(delimiter = '|', value = {
        "port: [ens3, ens4] | port: [ens3, ens5] | host 1: mac_interface_map has no MAC address of ens5",
        "id: 100 | id: 5000 | host 1: vlan bond0.100: vlan has no base-iface or no id from 0 to 4094",
        "mode: active-backup | mod: x | host 1: bond bond0: link-aggregation has no mode or no port",
        "next-hop-interface: bond0} | next-hop-interface: bond1} | no interface is named bond1",
        "ip: 192.168.126.10 | ip: 192.168.126.300 | 192.168.126.300/24 is no ipv4 address",
        "bb:1a | bb:0a | 52:54:00:aa:bb:0a is there twice", "bb:1a | bb:xx | has no mac_address and logical_nic_name",
        "dns-resolver | dns | host 1: dns is no key of nmstate", "type: bond | type: bnd | interface bond0: type bnd"})
    @DisplayName("a static network that makes no sense is refused before any call")
    void badStaticNetwork(String right, String wrong, String words) throws IOException {
        ScriptRun run = lab.run("--profile", file("p.yml", BOND.replace(right, wrong)));
        assertEquals(Cli.USAGE, run.exit(), run::toString);
        assertTrue(run.err().contains(words), run::toString);
        assertEquals(List.of(), service.calls());
    }

    @Test
    @DisplayName("proxy, NTP, mirrors, trust bundle, FIPS, CPU partitioning, encryption, manifests: all where they belong")
    void everything() throws IOException {
        service.year = 2026;
        Path pem = file("ca.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
        Path manifests = Files.createDirectory(folder.resolve("extra"));
        Files.writeString(manifests.resolve("10-x.yaml"), "kind: ConfigMap\n");
        Object[] args = {"--http-proxy", "http://proxy.example.com:3128", "--no-proxy", ".example.com,192.0.2.0/24",
            "--ntp", "192.0.2.1,clock.example.com", "--trust-bundle", pem, "--mirror-registry", "mirror.example.com:5000",
            "--fips", "--cpu-partitioning", "--disk-encryption", "tpmv2", "--manifests", manifests, "--kernel-arg",
            "console=ttyS0", "--ignore-validations", "all"};
        lab.done(args);
        JsonNode cluster = service.onlyCluster().json;
        assertEquals("http://proxy.example.com:3128", cluster.path("https_proxy").asText());
        assertEquals("192.0.2.1,clock.example.com", infraEnv().path("additional_ntp_sources").asText());
        assertEquals(".example.com,192.0.2.0/24", infraEnv().path("proxy").path("no_proxy").asText());
        assertTrue(infraEnv().path("kernel_arguments").asText().contains("console=ttyS0"));
        JsonNode config = AssistedRecordings.parse(cluster.path("install_config_overrides").asText());
        assertEquals("true AllNodes true", config.path("fips").asText() + " " + config.path("cpuPartitioningMode").asText()
                + " " + config.path("additionalTrustBundle").asText().contains("MIIB"));
        assertTrue(config.path("imageContentSources").toString().contains("mirror.example.com:5000/openshift/release"));
        assertEquals("tpmv2", cluster.path("disk_encryption").path("mode").asText());
        assertEquals("kind: ConfigMap\n", new String(service.onlyCluster().manifests.get("manifests/10-x.yaml")));
        assertEquals("[\"all\"]", service.onlyCluster().ignored.path("host-validation-ids").asText());
        assertTrue(infraEnv().path("ignition_config_override").asText().contains("registries.conf.d/99-mirror.conf"));
        assertEquals(List.of(), faults("2026"));
    }

    @Test
    @DisplayName("the same settings again change nothing")
    void again() throws IOException {
        service.year = 2026;
        Path profile = file("p.yml", """
                proxy: proxy.example.com:3128
                noproxy: .example.com
                kernel_arguments: a=b c
                tpm: true
                fips: true
                ignore_validations: true
                manifests:
                - 10-y.yaml: "kind: ConfigMap"
                """ + BOND);
        lab.done("--until", "registered", "--profile", profile);
        long before = service.calls().stream().filter(c -> !c.startsWith("GET")).count();
        lab.done("--until", "registered", "--profile", profile);
        assertEquals(before, service.calls().stream().filter(c -> !c.startsWith("GET")).count(), service.calls()::toString);
    }

    @Test
    @DisplayName("what an old service does not know is no silent loss: kernel arguments, ignored validations")
    void tooOld() {
        ScriptRun kernel = lab.run("--kernel-arg", "a=b");
        assertTrue(kernel.err().contains("the service did not keep kernel_arguments; it may be too old"), kernel::toString);
        ScriptRun ignored = lab.run("--name", "other", "--ignore-validations", "all");
        assertTrue(ignored.err().contains("this service is too old to ignore validations"), ignored::toString);
    }

    @Test
    @DisplayName("what can be sent to a service of 2022 fits its OpenAPI file too")
    void fitsOld() throws IOException {
        lab.done("--http-proxy", "http://p.example.com:1", "--ntp", "192.0.2.1", "--disk-encryption", "tpmv2", "--fips",
                "--mirror-registry", "m.example.com:5000", "--until", "ready");
        assertEquals(List.of(), faults(""));
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource(delimiter = '|', value = {"--http-proxy | ftp://x", "--ntp | a b", "--no-proxy | a b",
        "--kernel-arg | a b", "--mirror-registry | https://x", "--manifests | /nonexistent",
        "--trust-bundle | /nonexistent", "--static-network | /nonexistent", "--ignore-validations | All!"})
    @DisplayName("an option that makes no sense: exit 2 before any call")
    void badOption(String option, String value) {
        ScriptRun run = lab.run(option, value);
        assertEquals(Cli.USAGE, run.exit(), run::toString);
        assertEquals(List.of(), service.calls());
    }
}
