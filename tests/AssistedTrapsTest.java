//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES AssistedLab.java
//SOURCES AssistedRecordings.java
//SOURCES AssistedSimulator.java
//SOURCES HostedLogin.java
//SOURCES ScriptRun.java
//SOURCES SimulatedCluster.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import common.cli.Cli;
import common.cli.Json;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The traps of the real service, in the order in which its recordings list them. */
@DisplayName("create-ai-cluster, in a trap of the service:")
class AssistedTrapsTest {
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

    /** Answers such a call as recorded, whatever the service would say. */
    private void answer(String method, String path, String recording) {
        service.fault = asked -> asked.is(method, AssistedSimulator.BASE + path)
                ? AssistedSimulator.Answer.recorded(recording, AssistedRecordings.CLUSTER) : null;
    }

    private static void assertFails(ScriptRun run, String... words) {
        assertEquals(Cli.FAILED, run.exit(), run::toString);
        for (String word : words) {
            assertTrue(run.err().contains(word), run::toString);
        }
        assertEquals(1, run.err().lines().filter(l -> l.startsWith("error: ")).count(), run::toString);
    }

    private static void assertDone(ScriptRun run) {
        assertEquals(Cli.DONE, run.exit(), run::toString);
    }

    @Test
    @DisplayName("1a. an error body with code and reason is shown by its reason")
    void reason() {
        assertFails(lab.run("--openshift-version", "4.9.9"),
                "clusters: 400, Openshift version 9.9.9 for CPU architecture x86_64 is not supported");
    }

    @Test
    @DisplayName("1b. an error body with code and message is shown by its message")
    void message() {
        answer("POST", "/clusters", "01e-badcidr");
        assertFails(lab.run(), "clusters: 422, cluster_network_cidr in body should match");
    }

    @Test
    @DisplayName("2. the JSON of a 409 that is labelled as a file becomes no kubeconfig")
    void credentialsConflict() {
        answer("GET", "/clusters/{id}/downloads/credentials", "06e-cred-early");
        assertFails(lab.run(), "409, cluster " + AssistedRecordings.CLUSTER + " is in pending-for-input state");
        assertFalse(Files.exists(folder.resolve("kubeconfig.virt01")));
    }

    @Test
    @DisplayName("3. a setting that was accepted in silence and not kept is an error")
    void notKept() {
        service.fault = asked -> asked.path().endsWith("/installer-args")
                ? AssistedSimulator.Answer.json(201, service.onlyCluster().host()) : null;
        assertFails(lab.run(), "did not keep the installer args of host sno1.example.com");
    }

    @Test
    @DisplayName("4. a cluster that is being installed is cancelled before it is deleted")
    void deleteWhileInstalling() {
        assertDone(lab.run("--until", "ready"));
        lab.time.sleep(Duration.ofSeconds(30));
        service.onlyCluster().at(lab.time.now());
        assertTrue(service.onlyCluster().install(lab.time.now()));
        lab.time.sleep(Duration.ofSeconds(60));
        assertDone(lab.sub("delete", "--yes"));
        List<String> calls = service.calls();
        assertTrue(calls.indexOf("POST /clusters/" + AssistedRecordings.CLUSTER + "/actions/cancel")
                < calls.indexOf("DELETE /clusters/" + AssistedRecordings.CLUSTER));
        assertEquals(1, service.calls("DELETE /clusters/{id}"));
        assertTrue(service.clusters.isEmpty() && service.infraEnvs.isEmpty());
    }

    @Test
    @DisplayName("5. a preparation that fails goes back to ready, and is not waited for for ever")
    void preparationFails() {
        service.onRegister = cluster -> cluster.preparationFails = "Failed to prepare: no space for the release";
        assertFails(lab.run(), "preparation for installation failed, the cluster is ready again");
    }

    @Test
    @DisplayName("6. a refused installation shows the failed validations, not all of them")
    void installRefused() {
        answer("POST", "/clusters/{id}/actions/install", "06e-install-early");
        ScriptRun run = lab.run();
        assertFails(run, "Cluster is not ready for installation, User input required: "
                + "Single-node clusters must have a single control plane node and no workers.\n");
        assertFalse(run.toString().contains("The pull secret is set"));
    }

    @Test
    @DisplayName("7. states dip after a change: installation begins when they are well again")
    void statesDip() {
        ScriptRun run = lab.run();
        assertDone(run);
        assertTrue(run.out().matches("(?s).*machine network.*is insufficient.*cluster ready.*"), run::toString);
        assertEquals(1, service.calls("POST /clusters/{id}/actions/install"));
    }

    @Test
    @DisplayName("8. an override that the service did not take is found out by reading discovery.ign")
    void overrideNotTaken() {
        service.fault = asked -> asked.is("PATCH", AssistedSimulator.BASE + "/infra-envs/{id}")
                ? AssistedSimulator.Answer.recorded("10e-patch-ie-during", "") : null;
        assertFails(lab.run(), "discovery.ign of the service lacks var-mnt.mount, precache-images.service");
    }

    @Test
    @DisplayName("9. \"unsupported config version\" may mean any mistake in the config, and the error says so")
    void unsupportedVersion() {
        answer("PATCH", "/infra-envs/{id}", "03e-badver34");
        assertFails(lab.run(), "unsupported config version (said of an invalid 3.2.0 config too");
    }

    @Test
    @DisplayName("10. a version that the service replaced in silence is an error, and leaves no cluster")
    void otherVersion() {
        assertFails(lab.run("--openshift-version", "4.10.7"), "the service has no OpenShift 4.10.7 and took 4.10.3");
        assertTrue(service.clusters.isEmpty());
    }

    @Test
    @DisplayName("11a. a registration whose answer got lost is not repeated blindly")
    void lostAnswer() {
        service.way = (asked, answer) -> asked.method().equals("POST") ? AssistedSimulator.lost() : answer;
        assertDone(lab.run("--until", "registered"));
        assertEquals(1, service.clusters.size());
        assertEquals(1, service.infraEnvs.size());
    }

    @Test
    @DisplayName("11b. of two clusters with the name none is taken; both are named")
    void twoOfTheName() {
        assertDone(lab.run("--until", "registered"));
        String twin = AssistedSimulator.newId();
        service.clusters.put(twin, new SimulatedCluster(twin, Json.object().put("name", "virt01"), "4.10.3",
                lab.time.now()));
        assertFails(lab.run(), "2 clusters are named virt01", AssistedRecordings.CLUSTER, twin);
    }

    @Test
    @DisplayName("11c. the infra-env of a cluster that is gone is not taken for that of a new one")
    void infraEnvOutlives() {
        assertDone(lab.run("--until", "registered"));
        service.clusters.clear();
        assertDone(lab.run("--until", "registered"));
        assertEquals(2, service.infraEnvs.size());
        assertEquals(2, service.infraEnvs.values().stream().map(e -> e.path("cluster_id")).distinct().count());
    }

    @Test
    @DisplayName("12. the installation disk is the one that --disk names, by path, serial or as the smallest")
    void disk() {
        ScriptRun byDefault = lab.run("--until", "ready");
        assertTrue(byDefault.out().contains("disk: /dev/sdb (HDD, 1000 GB, serial sim0002), chosen by the service"));
        assertTrue(byDefault.err().contains("has other disks too; --disk chooses"), byDefault::toString);
        for (String disk : List.of("smallest", "/dev/sdb", "sim0001")) {
            assertDone(lab.run("--until", "ready", "--disk", disk));
            assertEquals(disk.equals("/dev/sdb") ? "/dev/disk/by-id/wwn-0x3333333333333333"
                    : "/dev/disk/by-id/wwn-0x2222222222222222",
                    service.onlyCluster().host().path("installation_disk_id").asText());
        }
        assertFails(lab.run("--disk", "/dev/nope"),
                "no disk is /dev/nope; it has /dev/sda (SSD, 240 GB, serial sim0001)");
    }

    @Test
    @DisplayName("13. the kubeconfig is fetched after installed, with the ingress CA")
    void kubeconfigAfterInstalled() throws IOException {
        assertDone(lab.run());
        List<String> calls = service.calls();
        int first = calls.indexOf("GET /clusters/" + AssistedRecordings.CLUSTER
                + "/downloads/credentials?file_name=kubeconfig");
        String before = service.exchanges.get(first - 1).answer();
        assertTrue(before.contains("\"status\":\"installed\",\"status_info\":\"Cluster is installed\""), before);
        String ca = Files.readString(folder.resolve("kubeconfig.virt01"))
                .replaceFirst("(?s).*authority-data: (\\S+).*", "$1");
        assertTrue(AssistedRecordings.response("11-kubeconfig").contains(ca));
    }

    @Test
    @DisplayName("14. no HEAD is sent, every body has its type, and an unset time is not shown")
    void plainHttp() {
        ScriptRun run = lab.run("--iso", folder.resolve("d.iso"));
        assertDone(run);
        assertTrue(service.exchanges.stream().noneMatch(e -> e.method().equals("HEAD")));
        assertTrue(service.exchanges.stream()
                .allMatch(e -> e.body() == null || e.contentType().equals("application/json")));
        assertFalse(run.toString().matches("(?s).*(0001-|\\d{4,}h).*"), run::toString);
    }

    @Test
    @DisplayName("15. the hosted service's bearer token is renewed before it ends, while waiting")
    void tokenRenewed() throws IOException {
        HostedLogin login = new HostedLogin(lab.time);
        service.fault = login;
        service.onRegister = cluster -> cluster.stage = Duration.ofMinutes(8);
        Path token = Files.writeString(folder.resolve("token"), HostedLogin.OFFLINE + "\n");
        ScriptRun run = lab.run("--offline-token-file", token, "--sso-url", service.url() + "/token", "--verbose");
        assertDone(run);
        assertEquals(0, login.late);
        assertTrue(login.tokens.size() >= 3, login.tokens::toString);
        assertFalse(run.toString().contains("secret.signature") || run.toString().contains("bearer-secret"));
    }
}
