//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES AssistedApi.java
//SOURCES AssistedLab.java
//SOURCES AssistedSimulator.java
//SOURCES ScriptRun.java
//SOURCES SimulatedHost.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("create-ai-cluster, with a plan of its hosts and networks,")
class AssistedHostsTest {
    private static final String FIVE = """
            api_vip: 192.168.126.253
            ingress_vip: 192.168.126.252
            hosts:
            - {name: m0, mac: '52:54:00:aa:bb:0c', role: master, disk: /dev/sda}
            - {name: m1, serial: SIM-1, role: master, labels: [rack=a, spare]}
            - {name: m2, role: master}
            - {name: w0, role: worker, extra_args: --save-partlabel data --append-karg rd.debug}
            - {name: w1, role: worker}
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
        service.servers = 5;
    }

    private Path file(String content) throws IOException {
        return Files.writeString(folder.resolve("p.yml"), content);
    }

    private JsonNode host(int index) {
        return service.onlyCluster().hosts.get(index).json;
    }

    /** What of the requests does not fit that year's OpenAPI file. */
    private List<String> faults(int year) {
        List<String> faults = new ArrayList<>();
        service.exchanges.stream().filter(e -> e.body() != null)
                .forEach(e -> faults.addAll(AssistedApi.requestFaults(e)));
        faults.removeIf(f -> !f.startsWith("swagger-" + year));
        return faults;
    }

    @ParameterizedTest(name = "service of {0}")
    @ValueSource(ints = {2022, 2026})
    @DisplayName("takes three and two to installed: by MAC address, serial number and as they boot, with virtual addresses")
    void threeAndTwo(int year) throws IOException {
        service.year = year;
        ScriptRun run = lab.done("--profile", file(FIVE));
        assertTrue(run.out().contains("virtual addresses: API 192.168.126.253, ingress 192.168.126.252"), run::toString);
        List<String> names = service.onlyCluster().hosts.stream().map(h -> h.name() + " " + h.json.path("role").asText())
                .toList();
        assertEquals(List.of("m2 master", "m1 master", "m0 master", "w0 worker", "w1 worker"), names);
        assertTrue(host(2).path("installation_disk_id").asText().endsWith("2222"));
        assertEquals("{\"rack\":\"a\",\"spare\":\"\"}", host(1).path("node_labels").asText());
        assertEquals("[\"--save-partlabel\",\"data\",\"--append-karg\",\"rd.debug\"]",
                host(3).path("installer_args").asText());
        assertEquals("192.168.126.0/24",
                service.onlyCluster().json.path("machine_networks").path(0).path("cidr").asText());
        assertEquals(List.of(), faults(year));
    }

    @Test
    @DisplayName("takes dual stack to installed: two networks of each kind, at registration")
    void dualStack() throws IOException {
        service.servers = 3;
        service.year = 2026;
        lab.done("--profile", file("""
                sno: false
                hosts_number: 3
                api_vips: [192.168.126.253, '2001:db8::253']
                ingress_vips: [192.168.126.252, '2001:db8::252']
                cluster_networks: [{cidr: 10.128.0.0/14, hostPrefix: 23}, {cidr: 'fd01::/48', hostPrefix: 64}]
                machine_networks: [{cidr: 192.168.126.0/24}, {cidr: '2001:db8::/64'}]
                service_networks: [172.30.0.0/16, 'fd02::/112']
                """.replace("hosts_number: 3\n", "")), "--nodes", "3");
        JsonNode cluster = service.onlyCluster().json;
        assertEquals(64, cluster.path("cluster_networks").path(1).path("host_prefix").asInt());
        assertEquals("fd02::/112", cluster.path("service_networks").path(1).path("cidr").asText());
        assertEquals("2001:db8::/64", cluster.path("machine_networks").path(1).path("cidr").asText());
        assertEquals("2001:db8::253", cluster.path("api_vips").path(1).path("ip").asText());
        assertEquals(List.of(), faults(2026));
    }

    @Test
    @DisplayName("sets installer arguments of each host before all have booted")
    void earlyArguments() throws IOException {
        AtomicInteger up = new AtomicInteger();
        service.fault = asked -> {
            if (asked.path().endsWith("/installer-args")) {
                up.compareAndSet(0, service.onlyCluster().up(lab.time.now()).size());
            }
            return null;
        };
        lab.done("--profile", file(FIVE));
        assertTrue(up.get() < 5, "the first had them when there were " + up);
    }

    @Test
    @DisplayName("changes nothing when it is run again")
    void again() throws IOException {
        lab.done("--profile", file(FIVE), "--until", "ready");
        long before = service.calls().stream().filter(c -> !c.startsWith("GET")).count();
        lab.done("--profile", file(FIVE), "--until", "ready");
        assertEquals(before, service.calls().stream().filter(c -> !c.startsWith("GET")).count());
    }

    @Test
    @DisplayName("names a host of the plan that has not booted, and those that have")
    void unknownHost() throws IOException {
        ScriptRun run = lab.run("--profile", file(FIVE.replace("bb:0c", "bb:ff")));
        assertEquals(Cli.FAILED, run.exit(), run::toString);
        assertTrue(run.err().contains("no host is 52:54:00:aa:bb:ff, which the parameter file has; there are sno1"),
                run::toString);
        assertEquals("52:54:00:aa:bb:0b", SimulatedHost.mac(1));
    }

    @ParameterizedTest(name = "{2}")
    @CsvSource(delimiter = '|', value = {"role: worker} | role: boss} | hosts: role boss",
        "name: m1 | name: m0 | hosts: m0 is there twice", "name: m2 | name: M_2 | hosts: name M_2",
        "name: m2 | bmc_url: x | hosts: bmc_url is not done here", "--save-partlabel data | | which the installer would",
        "rd.debug} | rd.debug --wipe} | the service takes no --wipe", "labels: [rack | labels: [ra ck | hosts: labels",
        "ingress_vip: 192.168.126.252 | base_dns_domain: a.b | --api-vip and --ingress-vip: both",
        "api_vip: 192.168.126.253 | api_vip: 192.168.126 | not an address"})
    @DisplayName("refuses a plan that makes no sense before any call")
    void badPlan(String right, String wrong, String words) throws IOException {
        ScriptRun run = lab.run("--profile", file(FIVE.replace(right, wrong == null ? "" : wrong)));
        assertEquals(Cli.USAGE, run.exit(), run::toString);
        assertTrue(run.err().contains(words), run::toString);
        assertEquals(List.of(), service.calls());
    }
}
