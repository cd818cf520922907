//SOURCES ../common/cli/Cli.java
//SOURCES AssistedLab.java
//SOURCES AssistedRecordings.java
//SOURCES AssistedSimulator.java
//SOURCES ScriptRun.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import common.cli.Cli;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("create-ai-cluster, run again")
class AssistedRerunTest {
    private static final String SECRET = "{\"auths\": {\"quay.io\": {\"auth\": \"bmV3OnNlY3JldA==\"}}}";
    private static final String KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIP9W830V7ah2AtMXj2z7DGBh2/1pijE9Fm0vXtCj7rwL a@b";

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

    @Test
    @DisplayName("with a corrected pull secret: cluster and infra-env get it, and it is said and not shown")
    void pullSecret() throws IOException {
        lab.done("--until", "registered");
        Path secret = Files.writeString(folder.resolve("new.json"), SECRET);
        ScriptRun run = lab.done("--pull-secret", secret);
        assertTrue(run.out().contains("register cluster: virt01 (" + AssistedRecordings.CLUSTER
                + "), there already, changed: pull_secret, OpenShift 4.10.3\n"), run::toString);
        assertTrue(run.out().contains("there already, changed: pull_secret\n"), run::toString);
        assertTrue(service.onlyCluster().pullSecret.contains("bmV3OnNlY3JldA=="));
        assertTrue(service.secrets.get(AssistedRecordings.INFRA_ENV).contains("bmV3OnNlY3JldA=="));
        assertFalse(run.toString().contains("bmV3OnNlY3JldA=="), run::toString);
    }

    @Test
    @DisplayName("with another ssh key and image type: both are changed, and hosts that are up must boot again")
    void keyAndImageType() throws IOException {
        lab.done("--until", "ready");
        Path key = Files.writeString(folder.resolve("new.pub"), KEY);
        Path profile = Files.writeString(folder.resolve("p.yml"), "minimal: false\n");
        ScriptRun run = lab.done("--until", "ready", "--ssh-key", key, "--profile", profile);
        assertTrue(run.out().contains("changed: ssh_public_key, OpenShift"), run::toString);
        assertTrue(run.out().contains("changed: image_type, ssh_authorized_key\n"), run::toString);
        assertTrue(run.err().contains("hosts that are up have booted the ISO as it was"), run::toString);
        assertEquals(KEY, service.onlyCluster().json.path("ssh_public_key").asText());
        assertEquals("full-iso", service.infraEnvs.get(AssistedRecordings.INFRA_ENV).path("type").asText());
    }

    @Test
    @DisplayName("with the same in another form, it changes nothing")
    void sameContent() throws IOException {
        lab.done("--until", "registered");
        Path spaced = Files.writeString(folder.resolve("spaced.json"),
                Files.readString(lab.pullSecret).replace(":", " :\n ").replace("cloud. :\n", "cloud."));
        long before = service.calls().stream().filter(c -> !c.startsWith("GET")).count();
        lab.done("--until", "registered", "--pull-secret", spaced);
        assertEquals(before, service.calls().stream().filter(c -> !c.startsWith("GET")).count());
    }

    @Test
    @DisplayName("after installation with other settings: refused, by their names")
    void tooLate() throws IOException {
        lab.done();
        ScriptRun run = lab.run("--ssh-key", Files.writeString(folder.resolve("new.pub"), KEY));
        assertEquals(Cli.FAILED, run.exit(), run::toString);
        assertTrue(run.err().contains("cluster virt01 is installed and can be changed no more, but has other settings "
                + "than are given: ssh_public_key"), run::toString);
    }

    @Test
    @DisplayName("a change that the service does not keep is an error")
    void notKept() throws IOException {
        lab.done("--until", "registered");
        service.fault = asked -> asked.is("PATCH", AssistedSimulator.BASE + "/clusters/{id}")
                ? AssistedSimulator.Answer.json(201, service.onlyCluster().json) : null;
        ScriptRun run = lab.run("--ssh-key", Files.writeString(folder.resolve("new.pub"), KEY));
        assertTrue(run.err().contains("did not keep of virt01"), run::toString);
        assertEquals(List.of(), service.calls().stream().filter(c -> c.contains("/actions/")).toList());
    }
}
