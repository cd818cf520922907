//SOURCES ../common/cli/Cli.java
//SOURCES AssistedLab.java
//SOURCES AssistedRecordings.java
//SOURCES AssistedSimulator.java
//SOURCES ScriptRun.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

import common.cli.Cli;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("fault")
@DisplayName("create-ai-cluster over a bad link:")
class AssistedLinkTest {
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

    /** Installed, of one cluster and one infra-env, and nothing was changed twice. */
    private void assertInstalledOnce() {
        ScriptRun run = lab.done();
        assertTrue(run.out().contains("[OK]    installed"), run::toString);
        assertEquals(1, service.clusters.size());
        assertEquals(1, service.infraEnvs.size());
    }

    /** The calls that the service itself answered and that change something. */
    private List<String> changes() {
        return service.calls().stream().filter(c -> !c.startsWith("GET")).toList();
    }

    @ParameterizedTest(name = "{0} with a web page")
    @ValueSource(ints = {502, 503, 504})
    @DisplayName("a proxy that does not reach the service at first, whatever the call, is waited for")
    void proxyPages(int status) {
        Set<String> seen = new HashSet<>();
        service.fault = asked -> seen.add(asked.method() + asked.path()) ? AssistedSimulator.page(status) : null;
        assertInstalledOnce();
        seen.clear();
        assertEquals(Cli.DONE, lab.sub("delete", "--yes").exit());
        assertTrue(service.clusters.isEmpty() && service.infraEnvs.isEmpty());
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(ints = {-1, 504})
    @DisplayName("a change whose answer got lost is looked for, and not sent again")
    void lostAnswers(int status) {
        service.way = (asked, answer) -> asked.method().equals("GET") ? answer
                : status < 0 ? AssistedSimulator.lost() : AssistedSimulator.page(status);
        Set<String> sent = new HashSet<>();
        List<String> twice = new ArrayList<>();
        service.fault = asked -> {
            if (!asked.method().equals("GET") && !sent.add(asked.method() + asked.path() + asked.body())) {
                twice.add(asked.method() + asked.path());
            }
            return null;
        };
        assertInstalledOnce();
        assertEquals(List.of(), twice);
        assertEquals(Cli.DONE, lab.sub("delete", "--yes").exit());
        assertTrue(service.clusters.isEmpty() && service.infraEnvs.isEmpty());
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(longs = {1, 2, 3, 4, 5})
    @DisplayName("5 s for each call, and three of ten fail, before or after the work is done: installed, once")
    void threeOfTen(long seed) {
        Random dice = new Random(seed);
        service.perRequest = Duration.ofSeconds(5);
        service.fault = asked -> dice.nextInt(100) >= 15 ? null
                : dice.nextBoolean() ? AssistedSimulator.lost() : AssistedSimulator.page(503);
        service.way = (asked, answer) -> dice.nextInt(100) >= 15 ? answer
                : dice.nextBoolean() ? AssistedSimulator.lost() : AssistedSimulator.page(504);
        assertInstalledOnce();
    }

    @Test
    @DisplayName("the service restarts at every step, and is away for a minute: installed, once")
    void restarts() {
        Map<String, Instant> since = new HashMap<>();
        service.fault = asked -> {
            Instant now = lab.time.now();
            since.putIfAbsent(asked.method() + asked.path(), now);
            return now.isBefore(since.get(asked.method() + asked.path()).plusSeconds(60)) ? AssistedSimulator.lost()
                    : null;
        };
        assertInstalledOnce();
        assertEquals(changes().stream().distinct().toList(), changes());
    }

    @Test
    @DisplayName("a proxy that never reaches the service is given up after minutes, by its status")
    void proxyForEver() {
        service.fault = asked -> AssistedSimulator.page(503);
        Instant before = lab.time.now();
        ScriptRun run = lab.run();
        assertEquals(Cli.FAILED, run.exit(), run::toString);
        assertTrue(run.err().contains("503, a web page: the proxy or route before the service"), run::toString);
        assertTrue(Duration.between(before, lab.time.now()).toMinutes() >= 5);
    }

    @Test
    @DisplayName("delete ends clean after any answer was lost, whatever is gone already")
    void deleteResumes() {
        for (int lost = 1; lost <= 4; lost++) {
            lab.done("--until", "ready");
            int[] left = {lost};
            service.way = (asked, answer) -> asked.method().equals("DELETE") && --left[0] == 0
                    ? new AssistedSimulator.Answer(403, "text/html", "<html>".getBytes()) : answer; // and we stop
            ScriptRun first = lab.sub("delete", "--yes");
            service.way = (asked, answer) -> answer;
            assertEquals(lost < 4 ? Cli.FAILED : Cli.DONE, first.exit(), first::toString);
            ScriptRun again = lab.sub("delete", "--yes");
            assertEquals(Cli.DONE, again.exit(), again::toString);
            assertTrue(service.clusters.isEmpty() && service.infraEnvs.isEmpty(), again::toString);
        }
    }

    @Test
    @DisplayName("delete finds the infra-env of a cluster that is gone by its name, and leaves that of another")
    void deleteFindsInfraEnv() {
        lab.done("--until", "registered", "--name", "other");
        lab.done("--until", "registered");
        service.clusters.values().removeIf(c -> c.json.path("name").asText().equals("virt01"));
        ScriptRun run = lab.sub("delete", "--yes");
        assertTrue(run.out().contains("no cluster and 1 infra-env"), run::toString);
        assertEquals(List.of("other_infra-env"),
                service.infraEnvs.values().stream().map(e -> e.path("name").asText()).toList());
    }

    @Test
    @DisplayName("delete removes a host that comes back meanwhile")
    void hostComesBack() {
        lab.done("--until", "ready");
        boolean[] came = new boolean[1];
        service.fault = asked -> {
            if (asked.is("DELETE", AssistedSimulator.BASE + "/infra-envs/{id}") && !came[0]) {
                came[0] = true;
                return AssistedSimulator.Answer.recorded("12e-del-ie-bound", "");
            }
            return null;
        };
        assertEquals(Cli.DONE, lab.sub("delete", "--yes").exit());
        assertTrue(came[0] && service.infraEnvs.isEmpty());
    }

    @Test
    @DisplayName("a spare host is named with what tells it apart, and remove-host takes it out")
    void removeHost() {
        service.servers = 2;
        ScriptRun run = lab.run();
        assertTrue(run.err().contains("2 hosts have booted the ISO of a cluster with 1: sno1.example.com ("
                + AssistedRecordings.HOST + ", serial SIM-5ae56fe8, 52:54:00:aa:bb:0a), node2 ("), run::toString);
        assertTrue(run.err().contains("with the subcommand remove-host"), run::toString);
        assertTrue(lab.sub("remove-host", "node9", "--yes").err().contains("no host is node9; there are sno1"));
        service.servers = 1;
        assertEquals(Cli.DONE, lab.sub("remove-host", "52:54:00:AA:BB:0b", "--yes").exit());
        lab.done();
    }
}
