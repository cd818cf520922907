//SOURCES ../common/cli/Cli.java
//SOURCES AssistedLab.java
//SOURCES AssistedSimulator.java
//SOURCES ScriptRun.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;

import common.cli.Cli;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("create-ai-cluster, with several nodes,")
class AssistedNodesTest {
    @TempDir
    Path folder;
    @AutoClose
    private AssistedLab lab;
    private AssistedSimulator service;

    @BeforeEach
    void start() throws IOException {
        lab = new AssistedLab(folder);
        service = lab.service;
        service.servers = 3;
    }

    @ParameterizedTest(name = "service of {0}")
    @ValueSource(ints = {2022, 2026})
    @DisplayName("takes three to installed, with user-managed networking and no machine network")
    void threeNodes(int year) {
        service.year = year;
        ScriptRun run = lab.done("--nodes", "3");
        assertTrue(run.out().contains("hosts known: sno1.example.com, node2, node3\n"), run::toString);
        assertTrue(service.onlyCluster().json.path("machine_networks").isEmpty());
        service.onlyCluster().hosts.forEach(h -> assertEquals("[\"--save-partlabel\",\"data\",\"--copy-network\"]",
                h.json.path("installer_args").asText()));
    }

    @Test
    @DisplayName("sets a machine network that is given where the service takes one, else says to leave it out")
    void machineNetwork() {
        ScriptRun old = lab.run("--nodes", "3", "--machine-network", "192.168.126.0/24");
        assertEquals(Cli.FAILED, old.exit(), old::toString);
        assertTrue(old.err().contains("User Managed Networking but for a single node; leave out --machine-network"),
                old::toString);
        service.year = 2026;
        lab.done("--nodes", "3", "--machine-network", "192.168.126.0/24");
        assertEquals("192.168.126.0/24",
                service.onlyCluster().json.path("machine_networks").path(0).path("cidr").asText());
    }
}
