//SOURCES ../common/cli/Cli.java
//SOURCES AssistedApi.java
//SOURCES AssistedLab.java
//SOURCES AssistedSimulator.java
//SOURCES ScriptRun.java
//SOURCES SimulatedCluster.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import common.cli.Cli;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("create-ai-cluster --add-hosts")
class AssistedDayTwoTest {
    private static final String IMPORT = "POST /clusters/import";
    private static final String INSTALL = "POST /infra-envs/{id}/hosts/{id}/actions/install";

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

    private SimulatedCluster dayTwo() {
        return service.clusters.values().stream().filter(c -> c.addsHosts).findFirst().orElseThrow();
    }

    private List<String> statuses() {
        return dayTwo().hosts.stream().map(h -> h.at(lab.time.now())).toList();
    }

    @Test
    @DisplayName("adds a worker to the installed cluster, with the installer arguments and the units of the first one")
    void added() {
        lab.done();
        ScriptRun run = lab.done("--add-hosts", "1");
        assertEquals(List.of("added-to-existing-cluster"), statuses());
        assertEquals("api.virt01.example.com", dayTwo().json.path("api_vip_dns_name").asText());
        assertEquals("[\"--save-partlabel\",\"data\",\"--copy-network\"]", dayTwo().host().path("installer_args").asText());
        assertTrue(dayTwo().host().path("ignition_config_overrides").asText().contains("precache-ocp-images.service"));
        assertTrue(run.err().concat(run.out()).contains("oc adm certificate approve"), run::toString);
    }

    @Test
    @DisplayName("sends what both versions of the service's API take")
    void valid() {
        lab.done();
        int before = service.exchanges.size();
        lab.done("--add-hosts", "1");
        Set<String> faults = new HashSet<>();
        new ArrayList<>(service.exchanges).subList(before, service.exchanges.size()).forEach(e -> {
            faults.addAll(AssistedApi.requestFaults(e));
            faults.addAll(AssistedApi.responseFaults(e));
        });
        assertEquals(Set.of(), faults);
    }

    @Test
    @DisplayName("run again registers and installs nothing twice; a second one joins the first")
    void again() {
        lab.done();
        lab.done("--add-hosts", "1");
        lab.done("--add-hosts", "1");
        assertEquals("1 1", service.calls(IMPORT) + " " + service.calls(INSTALL));
        service.servers = 2;
        lab.done("--add-hosts", "2");
        assertEquals(List.of("added-to-existing-cluster", "added-to-existing-cluster"), statuses());
        assertEquals("1 2", service.calls(IMPORT) + " " + service.calls(INSTALL));
    }

    @Test
    @DisplayName("goes on when the answers are lost after the work was done")
    void answersLost() {
        lab.done();
        Set<String> lost = new HashSet<>();
        service.way = (asked, answer) -> asked.method().equals("POST") && lost.add(asked.path()) ? AssistedSimulator.lost() : answer;
        lab.done("--add-hosts", "1");
        assertTrue(lost.stream().anyMatch(p -> p.endsWith("/actions/install")), lost::toString);
        assertEquals(List.of("added-to-existing-cluster"), statuses());
        assertEquals(2, service.clusters.size());
        assertEquals(2, service.infraEnvs.size());
    }

    @Test
    @DisplayName("waits until the cluster is installed: before, it is refused")
    void notInstalled() {
        lab.done("--until", "registered");
        ScriptRun run = lab.run("--add-hosts", "1");
        assertEquals(Cli.FAILED, run.exit(), run::toString);
        assertTrue(run.err().contains("hosts are added to one that is installed"), run::toString);
        assertEquals(0, service.calls(IMPORT));
    }

    @Test
    @DisplayName("a host that fails: the reason, and how it is tried again")
    void failed() {
        lab.done();
        service.way = (asked, answer) -> {
            service.clusters.values().stream().filter(c -> c.addsHosts).forEach(c -> c.hostFails = "the disk is read-only");
            return answer;
        };
        ScriptRun run = lab.run("--add-hosts", "1");
        assertEquals(Cli.FAILED, run.exit(), run::toString);
        assertTrue(run.err().contains("failed: the disk is read-only; take it out with the subcommand remove-host"), run::toString);
    }
}
