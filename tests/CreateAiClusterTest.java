//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/ignition/IgnitionOverride.java
//SOURCES ../create-ai-cluster.java
//SOURCES AssistedApi.java
//SOURCES AssistedLab.java
//SOURCES AssistedRecordings.java
//SOURCES AssistedSimulator.java
//SOURCES HostedLogin.java
//SOURCES ScriptRun.java
//SOURCES Scripts.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Proc;
import common.ignition.IgnitionOverride;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("create-ai-cluster")
class CreateAiClusterTest {
    private static final Pattern STATES = Pattern.compile("\"(status|current_stage)\":\"[^\"]*\"");

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

    /** The steps on the screen, without their results. */
    private static List<String> steps(ScriptRun run) {
        return run.out().lines().filter(l -> l.startsWith("[OK]")).map(l -> l.substring(8).replaceFirst(":.*", ""))
                .toList();
    }

    @Test
    @DisplayName("takes a server to installed, each step one line, in the original's order")
    void installs() {
        ScriptRun run = lab.done();
        assertEquals(List.of("register cluster", "register infra-env", "discovery override", "ISO", "hosts known",
                "installer args", "host override", "disk", "machine network", "cluster ready", "install", "installed",
                "credentials", "console"), steps(run));
        assertTrue(run.out().contains("installing 16%, sno1.example.com: Installing 20%, 1m20s\n"), run::toString);
        JsonNode host = service.onlyCluster().host();
        assertEquals("[\"--save-partlabel\",\"data\",\"--copy-network\"]", host.path("installer_args").asText());
        assertTrue(host.path("ignition_config_overrides").asText().contains("precache-ocp-images.service"));
        assertTrue(service.onlyCluster().json.path("machine_networks").toString().contains("\"192.168.126.0/24\""));
    }

    @Test
    @DisplayName("every request and every answer fits both OpenAPI files of the service")
    void fitsSpecification() {
        lab.done("--iso", folder.resolve("d.iso"), "--disk", "smallest");
        assertEquals(Cli.DONE, lab.sub("status").exit());
        assertEquals(Cli.DONE, lab.sub("delete", "--yes").exit());
        Set<String> seen = new HashSet<>();
        List<String> faults = new ArrayList<>();
        service.exchanges.stream().filter(e -> e.path().startsWith("/api")).forEach(e -> {
            String states = STATES.matcher(e.answer()).results().map(MatchResult::group).collect(Collectors.joining());
            if (seen.add(e.method() + e.path() + e.body() + states)) { // other polls differ in times only
                faults.addAll(AssistedApi.requestFaults(e));
                faults.addAll(AssistedApi.responseFaults(e));
            }
        });
        assertEquals(List.of(), faults);
        assertTrue(seen.size() > 25, seen.size() + " exchanges");
    }

    @Test
    @DisplayName("the simulator's answers are those of the real service: its recordings fit as well, and badly")
    void recordingsFit() {
        for (JsonNode e : AssistedRecordings.all()) {
            boolean cut = e.has("response_truncated_from");
            AssistedApi.Exchange exchange = new AssistedApi.Exchange(e.path("method").asText(),
                    AssistedSimulator.BASE + e.path("path").asText(), "application/json", e.path("request").textValue(),
                    e.path("status").asInt(), e.path("content_type").asText(), e.path("response").asText());
            if (e.path("status").asInt() < 300 && !cut) {
                assertEquals(List.of(), AssistedApi.responseFaults(exchange), e.path("name").asText());
            }
            if (e.path("status").asInt() == 422) {
                assertFalse(AssistedApi.requestFaults(exchange).isEmpty(), e.path("name").asText());
            }
        }
    }

    @Test
    @DisplayName("discovery.ign as recorded proves the override that was sent, and misses another")
    void provesOverride() {
        JsonNode merged = AssistedRecordings.json("04-discovery");
        JsonNode sent = AssistedRecordings.parse(AssistedRecordings.get("03-override").path("request").asText());
        IgnitionOverride override = IgnitionOverride.of(sent.path("ignition_config_override").asText(), "sent");
        assertEquals(List.of(), override.missingIn(merged));
        assertEquals(List.of("var-mnt.mount", "x.service"),
                IgnitionOverride.of(AssistedLab.units("x.service", "data"), "x").missingIn(merged));
    }

    @ParameterizedTest(name = "--until {0}")
    @ValueSource(strings = {"registered", "ready"})
    @DisplayName("a run goes on where the last one stopped, and sends nothing twice")
    void goesOn(String until) {
        List<String> first = steps(lab.done("--until", until));
        assertEquals(until.equals("ready") ? "cluster ready" : "ISO", first.get(first.size() - 1));
        lab.done();
        List<String> changes = service.calls().stream().filter(c -> !c.startsWith("GET")).toList();
        assertEquals(changes.stream().distinct().toList(), changes);
        assertEquals(1, service.clusters.size());
        assertEquals(1, service.infraEnvs.size());
    }

    @Test
    @DisplayName("a run that meets an installation waits for its end; a later one fetches the kubeconfig again")
    void joins() throws IOException {
        lab.done("--until", "ready");
        service.onlyCluster().at(lab.time.now());
        assertTrue(service.onlyCluster().install(lab.time.now()));
        lab.time.sleep(Duration.ofMinutes(1));
        assertEquals(List.of("register cluster", "installed", "credentials", "console"), steps(lab.done()));
        Files.delete(folder.resolve("kubeconfig.virt01"));
        lab.done();
        assertTrue(Files.exists(folder.resolve("kubeconfig.virt01")));
        assertEquals(0, service.calls("POST /clusters/{id}/actions/install"));
    }

    @Test
    @DisplayName("a failed preparation is tried again by the next run")
    void triesAgain() {
        service.onRegister = cluster -> cluster.preparationFails = "no";
        assertEquals(Cli.FAILED, lab.run().exit());
        service.onlyCluster().preparationFails = null;
        service.onlyCluster().forget();
        lab.done();
    }

    @Test
    @DisplayName("pauses on a terminal, without --yes, until somebody has mounted the ISO; there [OK] is green")
    void pauses() {
        service.perRequest = Duration.ofSeconds(1); // no host at the pause, well soon after
        service.fault = asked -> {
            service.perRequest = service.calls("GET /clusters/{id}") > 0 ? Duration.ofHours(1) : service.perRequest;
            return null;
        };
        String command = Proc.of(Scripts.argv(CreateAiCluster.class, "--url", service.url(), "--base-domain", "a.b",
                "--pull-secret", lab.pullSecret, "--ssh-key", lab.sshKey, "--discovery-patch", lab.discovery,
                "--pointer-patch", lab.pointer, "--kubeconfig-dir", folder, "--until", "ready")).shown();
        Proc.Result result = Proc.of("script", "-qec", command, "/dev/null").stdin("\n").run();
        assertEquals(Cli.DONE, result.exit(), result::toString);
        assertTrue(result.out().contains("Boot the server from the ISO, then press Enter."), result::toString);
        assertTrue(result.out().contains("\033[0;32m[OK]\033[0m    cluster ready"), result::toString);
    }

    @Test
    @DisplayName("--json: one document on stdout, the steps on stderr")
    void json() {
        ScriptRun run = lab.done("--json");
        JsonNode result = AssistedRecordings.parse(run.out());
        assertEquals("installed", result.path("status").asText());
        assertEquals(AssistedRecordings.CLUSTER, result.path("clusterId").asText());
        assertEquals(folder.resolve("kubeconfig.virt01").toString(), result.path("kubeconfig").asText());
        assertTrue(run.err().contains("[OK]    install: started"), run::toString);
        ScriptRun status = lab.sub("status", "--json");
        JsonNode hosts = AssistedRecordings.parse(status.out()).path("hosts");
        assertEquals("sno1.example.com", hosts.path(0).path("name").asText());
    }

    @Test
    @DisplayName("kubeconfig and password are readable by their owner only, whatever was there before")
    void modes() throws IOException {
        Files.writeString(folder.resolve("kubeconfig.virt01"), "old");
        lab.done();
        for (String name : List.of("kubeconfig.virt01", "kubeadmin-password.virt01")) {
            Path file = folder.resolve(name);
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        }
        assertEquals(AssistedRecordings.response("11-password"),
                Files.readString(folder.resolve("kubeadmin-password.virt01")));
    }

    @Test
    @DisplayName("no secret is in any output or in any file but those asked for")
    void secrets() throws IOException {
        HostedLogin login = new HostedLogin(lab.time);
        service.fault = login;
        Path token = Files.writeString(folder.resolve("token"), HostedLogin.OFFLINE);
        StringBuilder all = new StringBuilder();
        for (Object[] more : List.of(new Object[] {"--verbose"}, new Object[] {"--json"})) {
            List<Object> args = new ArrayList<>(List.of("--offline-token-file", token, "--sso-url",
                    service.url() + "/token", "--iso", folder.resolve("d.iso")));
            args.addAll(List.of(more));
            all.append(lab.run(args.toArray()));
        }
        Set<String> own = Set.of("pull-secret.json", "token", "kubeconfig.virt01", "kubeadmin-password.virt01");
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                all.append(own.contains(file.getFileName().toString()) ? "" : Files.readString(file));
            }
        }
        String password = AssistedRecordings.response("11-password");
        assertTrue(Files.readString(folder.resolve("kubeadmin-password.virt01")).contains(password));
        assertAll(Stream.of(AssistedLab.PASSWORD, HostedLogin.OFFLINE, "bearer-secret", password, "secret-image-token",
                "client-key-data").map(s -> () -> assertFalse(all.toString().contains(s), s)));
        String images = service.exchanges.stream().filter(e -> !e.path().startsWith(AssistedSimulator.BASE))
                .map(e -> e.path() + e.body()).collect(Collectors.joining());
        assertFalse(images.contains(AssistedLab.PASSWORD));
    }

    @Test
    @DisplayName("a label of its own comes from the units into the installer arguments")
    void label() throws IOException {
        Path discovery = lab.patch("d", "ignition_config_override", AssistedLab.units("x.service", "staged"));
        Path pointer = lab.patch("p", "config", AssistedLab.units("y.service", "staged"));
        lab.done("--until", "ready", "--discovery-patch", discovery, "--pointer-patch", pointer);
        assertEquals("[\"--save-partlabel\",\"staged\",\"--copy-network\"]",
                service.onlyCluster().host().path("installer_args").asText());
    }

    @Test
    @DisplayName("an aicli parameter file says what options do not; --url may have the API's path")
    void profile() throws IOException {
        Path file = Files.writeString(folder.resolve("params.yml"), """
                cluster: edge1
                base_dns_domain: example.net
                openshift_version: "4.10"
                sno: true
                minimal: false
                installer_args: [--save-partlabel, 'd*']
                machine_networks: [192.168.126.0/24]
                sno_disk: sda
                """);
        String url = service.url() + AssistedSimulator.BASE + "/";
        lab.done("--profile", file, "--base-domain", "example.org", "--url", url);
        JsonNode cluster = service.onlyCluster().json;
        assertEquals("edge1.example.org 4.10.3", cluster.path("name").asText() + "."
                + cluster.path("base_dns_domain").asText() + " " + cluster.path("openshift_version").asText());
        assertEquals("[\"--save-partlabel\",\"d*\"]", service.onlyCluster().host().path("installer_args").asText());
        assertTrue(service.onlyCluster().host().path("installation_disk_id").asText().endsWith("2222"));
        assertTrue(service.exchanges.stream().anyMatch(e -> String.valueOf(e.body()).contains("full-iso")));
        for (String bad : List.of("bmc_user: x", "openshift_version: 4.10", "network_type: OpenShiftSDN",
                "sno: false", "- a list")) {
            ScriptRun run = lab.run("--profile", Files.writeString(folder.resolve("bad.yml"), bad + "\n"));
            assertEquals(Cli.USAGE, run.exit(), run::toString);
            assertTrue(run.err().startsWith("error: " + folder.resolve("bad.yml")), run::toString);
        }
    }

    @Test
    @DisplayName("status, cancel, reset: what they say and do, and what they cannot")
    void subcommands() {
        assertTrue(lab.sub("status").err().contains("no cluster virt01 there"));
        lab.done("--until", "ready");
        ScriptRun early = lab.sub("cancel", "--yes");
        assertEquals(Cli.FAILED, early.exit());
        assertTrue(early.err().contains("is ready: there is no installation to cancel"), early::toString);
        service.onlyCluster().at(lab.time.now());
        service.onlyCluster().install(lab.time.now());
        lab.time.sleep(Duration.ofMinutes(2));
        ScriptRun status = lab.sub("status");
        assertTrue(status.out().contains("OpenShift 4.10.3: installing 16%\n"), status::toString);
        ScriptRun cancel = lab.sub("cancel", "--yes");
        assertEquals("[OK]    cancel: cancelled\n", cancel.out(), cancel::toString);
        assertTrue(lab.run().err().contains("is cancelled: "), "says what to do");
        assertEquals(Cli.DONE, lab.sub("reset", "--yes").exit());
        lab.done();
    }
}
