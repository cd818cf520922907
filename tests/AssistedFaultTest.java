//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../create-ai-cluster.java
//SOURCES AssistedLab.java
//SOURCES AssistedRecordings.java
//SOURCES AssistedSimulator.java
//SOURCES HostedLogin.java
//SOURCES ScriptRun.java
//SOURCES Scripts.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

import common.cli.Cli;
import common.cli.Proc;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("fault")
@DisplayName("create-ai-cluster, when")
class AssistedFaultTest {
    @TempDir
    Path folder;
    @AutoClose
    private AssistedLab lab;

    @BeforeEach
    void start() throws IOException {
        lab = new AssistedLab(folder);
    }

    private static void assertFails(int exit, ScriptRun run, String... words) {
        assertEquals(exit, run.exit(), run::toString);
        for (String word : words) {
            assertTrue(run.toString().contains(word), run::toString);
        }
        assertEquals(1, run.err().lines().filter(l -> l.startsWith("error: ")).count(), run::toString);
    }

    @Test
    @DisplayName("nothing listens there: an error at once that names the address")
    void connectionRefused() throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        Instant before = lab.time.now();
        ScriptRun run = lab.run("--url", "127.0.0.1:" + port);
        assertFails(Cli.FAILED, run, "[ERROR] register cluster", "cannot connect to 127.0.0.1:" + port);
        assertTrue(Duration.between(before, lab.time.now()).toSeconds() < 10, "it tried again for long");
    }

    @ParameterizedTest(name = "{0} of each call for a minute while polling: it goes on")
    @ValueSource(ints = {503, -1})
    @DisplayName("the service is away")
    void awayForAMinute(int status) {
        AtomicReference<Instant> since = new AtomicReference<>();
        lab.service.fault = asked -> {
            if (asked.path().endsWith("/actions/install")) {
                since.set(lab.time.now().plusSeconds(30));
            }
            boolean away = since.get() != null && lab.time.now().isAfter(since.get())
                    && lab.time.now().isBefore(since.get().plusSeconds(60));
            return !away ? null : status < 0 ? AssistedSimulator.lost() : new AssistedSimulator.Answer(status, "", new byte[0]);
        };
        ScriptRun run = lab.run();
        assertEquals(Cli.DONE, run.exit(), run::toString);
        assertEquals(1, run.err().lines().filter(l -> l.contains("trying again")).count(), run::toString);
    }

    @Test
    @DisplayName("the service stays away: it gives up after minutes, and says how to go on")
    void awayForEver() {
        lab.service.fault = asked -> asked.method().equals("GET") && !lab.service.clusters.isEmpty()
                ? new AssistedSimulator.Answer(503, "", new byte[0]) : null;
        Instant before = lab.time.now();
        assertFails(Cli.FAILED, lab.run(), "503");
        assertTrue(Duration.between(before, lab.time.now()).toMinutes() >= 5);
    }

    @Test
    @DisplayName("a token is refused in the middle: it gets a new one and goes on")
    void tokenEnds() throws IOException {
        HostedLogin login = new HostedLogin(lab.time);
        lab.service.fault = asked -> {
            if (asked.path().endsWith("/actions/install") && login.tokens.size() == 1) {
                login.tokens.replaceAll((token, ends) -> Instant.MIN);
            }
            return login.apply(asked);
        };
        Path token = Files.writeString(folder.resolve("token"), HostedLogin.OFFLINE);
        ScriptRun run = lab.run("--offline-token-file", token, "--sso-url", lab.service.url() + "/token");
        assertEquals(Cli.DONE, run.exit(), run::toString);
        assertTrue(login.late > 0);
    }

    @Test
    @DisplayName("the service wants a login that was not given: an error that names the option")
    void loginWanted() {
        lab.service.fault = new HostedLogin(lab.time);
        assertFails(Cli.FAILED, lab.run(), "401, token is not valid; log in with --offline-token-file");
    }

    @Test
    @DisplayName("the offline token is refused: an error that says where to get one, without the token")
    void offlineTokenRefused() throws IOException {
        lab.service.fault = new HostedLogin(lab.time);
        Path token = Files.writeString(folder.resolve("token"), "x".repeat(40));
        ScriptRun run = lab.run("--offline-token-file", token, "--sso-url", lab.service.url() + "/token");
        assertFails(Cli.FAILED, run, "refuses the offline token; get a new one from https://console.redhat.com");
        assertFalse(run.toString().contains("xxxx"), run::toString);
    }

    @Test
    @DisplayName("a host fails: exit 1 with its status_info and the last events")
    void hostFails() {
        lab.service.onRegister = cluster -> cluster.hostFails = "Failed - failed to write image to disk: wiped?";
        assertFails(Cli.FAILED, lab.run(), "error: host sno1.example.com failed: Failed - failed to write image",
                "error: Host sno1.example.com: updated status from installing-in-progress to error",
                "the subcommand reset begins again");
    }

    @Test
    @DisplayName("a host never gets well: it says why in words, and after the time-out how to go on")
    void timeout() {
        lab.service.onRegister = cluster -> cluster.hostInsufficient = "Insufficient memory for role master";
        ScriptRun run = lab.run("--timeout", "10m");
        assertFails(Cli.FAILED, run, "host sno1.example.com is insufficient: Insufficient memory for role master\n",
                "timeout: 10m00s of waiting for 1 known host; run the same command again to go on");
        assertEquals(1, run.out().lines().filter(l -> l.contains("Insufficient memory")).count(), "said once");
    }

    @Test
    @DisplayName("another web server answers: an error that asks for the address")
    void html() {
        for (int status : List.of(200, 404)) {
            lab.service.fault = asked -> new AssistedSimulator.Answer(status, "text/html",
                    "<!DOCTYPE html><p>Welcome".getBytes(StandardCharsets.UTF_8));
            assertFails(Cli.FAILED, lab.run(), "is no JSON but a web page; is --url (AI_URL) the address");
        }
    }

    @Test
    @DisplayName("the name is taken by a cluster of another version or domain: an error, nothing is changed")
    void nameTaken() {
        lab.run("--until", "registered", "--openshift-version", "4.11.0");
        int before = lab.service.exchanges.size();
        assertFails(Cli.FAILED, lab.run(), "cluster virt01 is there with OpenShift 4.11.0, not 4.10.3; give another");
        assertFails(Cli.FAILED, lab.run("--openshift-version", "4.11.0", "--base-domain", "other.com"),
                "is there with domain example.com, not other.com");
        assertTrue(lab.service.exchanges.stream().skip(before).allMatch(e -> e.method().equals("GET")));
    }

    @Test
    @DisplayName("the machine network is none of the host's: an error before the service takes it")
    void wrongNetwork() {
        assertFails(Cli.FAILED, lab.run("--machine-network", "10.99.0.0/24"),
                "host sno1.example.com has no address in 10.99.0.0/24 but 192.168.126.10/24");
        assertEquals(0, lab.service.calls("PATCH /clusters/{id}"));
    }

    @Test
    @DisplayName("a wrong machine network was set before: the right one is set though the host is insufficient")
    void networkRepaired() {
        lab.run("--until", "registered");
        lab.service.onlyCluster().json.putArray("machine_networks").addObject().put("cidr", "10.99.0.0/24");
        ScriptRun run = lab.run();
        assertEquals(Cli.DONE, run.exit(), run::toString);
    }

    @Test
    @DisplayName("the cluster is deleted by somebody meanwhile: that is what it says")
    void deletedMeanwhile() {
        lab.service.fault = asked -> {
            if (asked.path().endsWith("/actions/install")) {
                lab.service.clusters.clear();
            }
            return null;
        };
        assertFails(Cli.FAILED, lab.run(), "cluster virt01 (" + AssistedRecordings.CLUSTER + ") is gone: somebody has "
                + "deleted it meanwhile; the same command registers a new one");
    }

    @Test
    @DisplayName("the service speaks of its state machine: the words are plain")
    void stateMachine() {
        lab.done("--until", "ready");
        lab.service.onlyCluster().at(lab.time.now());
        lab.service.onlyCluster().install(lab.time.now());
        lab.time.sleep(Duration.ofMinutes(1));
        lab.service.fault = asked -> asked.path().endsWith("/actions/cancel")
                ? AssistedSimulator.Answer.recorded("12e-cancel-installed", "") : null;
        assertFails(Cli.FAILED, lab.sub("cancel", "--yes"), "409, what is installed takes no cancel installation now");
    }

    @Test
    @DisplayName("Ctrl-C comes while it waits: the cluster stays, and it says so and how to go on")
    void interrupted() throws Exception {
        lab.service.onRegister = cluster -> cluster.hostInsufficient = "no";
        Path log = folder.resolve("log");
        Process script = Proc.of(Scripts.argv(CreateAiCluster.class, "--url", lab.service.url(), "--base-domain",
                "example.com", "--pull-secret", lab.pullSecret, "--ssh-key", lab.sshKey, "--discovery-patch",
                lab.discovery, "--pointer-patch", lab.pointer, "--kubeconfig-dir", folder, "--yes")).background(log);
        try {
            for (int i = 0; i < 600 && !Files.readString(log).contains("0 of 1 hosts"); i++) {
                Thread.sleep(100);
            }
            new ProcessBuilder("kill", "-INT", String.valueOf(script.pid())).start().waitFor();
            assertTrue(script.waitFor(60, TimeUnit.SECONDS));
        } finally {
            script.destroyForcibly();
        }
        String said = Files.readString(log);
        assertEquals(Cli.INTERRUPTED, script.exitValue(), said);
        assertTrue(said.contains("cluster virt01 (" + AssistedRecordings.CLUSTER + ") stays as it is"), said);
        assertTrue(said.contains("run the same command again to go on"), said);
        assertEquals(1, lab.service.clusters.size());
    }

    @Test
    @DisplayName("the service's certificate is of a private CA: --ca trusts it, without it the error names --ca")
    void privateCa() throws IOException {
        HeldCertificate ca = new HeldCertificate.Builder().certificateAuthority(0).build();
        HeldCertificate server = new HeldCertificate.Builder().signedBy(ca).addSubjectAlternativeName("127.0.0.1")
                .build();
        lab.close();
        lab = new AssistedLab(folder, new HandshakeCertificates.Builder().heldCertificate(server).build().sslContext());
        assertFails(Cli.FAILED, lab.run(), "TLS with 127.0.0.1", "give its CA certificate with --ca FILE");
        Path file = Files.writeString(folder.resolve("ca.pem"), ca.certificatePem());
        ScriptRun run = lab.run("--ca", file, "--iso", folder.resolve("d.iso"));
        assertEquals(Cli.DONE, run.exit(), run::toString);
    }
}
