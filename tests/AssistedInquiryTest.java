//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/oci/Digest.java
//SOURCES ../common/oci/Manifest.java
//SOURCES AssistedLab.java
//SOURCES AssistedRecordings.java
//SOURCES AssistedSimulator.java
//SOURCES ScriptRun.java
//SOURCES TestImages.java
//SOURCES TestTar.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.Json;
import common.oci.Digest;
import common.oci.Manifest;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("create-ai-cluster asks the service:")
class AssistedInquiryTest {
    private static final List<String> IMAGES = List.of("quay.io/edge-infrastructure/assisted-installer:v2.4.1",
            "quay.io/edge-infrastructure/assisted-installer-agent:v2.4.1",
            "quay.io/edge-infrastructure/assisted-installer-controller:v2.4.1",
            "quay.io/openshift-release-dev/ocp-release:4.10.3-x86_64",
            "quay.io/openshift-release-dev/ocp-v4.0-art-dev@sha256:" + "ab".repeat(32));

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

    /** A staged tree with a set of these images, as far as its index and inventory go, and the blobs of the release image. */
    private Path inventory(List<String> images) throws IOException {
        Path set = Files.createDirectories(folder.resolve("tree/ai-images"));
        TestImages made = new TestImages(set, null);
        Manifest release = made.list(made.manifest(Manifest.DOCKER, made.layer("base", 1000), made.layer(TestTar.file(
                "release-manifests/image-references", "{\"spec\": {\"tags\": [{\"name\": \"must-gather\", \"from\": {\"name\": \""
                + IMAGES.get(4) + "\"}}]}}", 0644))));
        ObjectNode index = Json.object();
        images.forEach(ref -> index.withArray("manifests").addObject().put("digest", release.descriptor().digest().toString())
                .putObject("annotations").put("org.opencontainers.image.ref.name", ref));
        Files.write(set.resolve("index.json"), Json.pretty(index));
        ObjectNode inventory = Json.object().put("version", 1);
        inventory.putArray("sets");
        inventory.putArray("files").addObject().put("path", "ai-images/index.json")
                .put("size", Files.size(set.resolve("index.json")))
                .put("sha256", Digest.of(set.resolve("index.json")).hex()).put("kind", "set");
        return Files.write(folder.resolve("tree/inventory.json"), Json.pretty(inventory));
    }

    @Test
    @DisplayName("--inventory: images of the service that are not staged are named before anything is installed")
    void missing() throws IOException {
        ScriptRun run = lab.run("--inventory", inventory(IMAGES.subList(0, 3))); // without the release nobody knows must-gather
        assertEquals(Cli.FAILED, run.exit(), run::toString);
        assertTrue(run.err().contains("lacks what the service will use: " + IMAGES.get(3) + "; stage it"), run::toString);
        assertEquals(0, service.calls("POST /clusters/{id}/actions/install"));
        ScriptRun all = lab.done("--until", "registered", "--inventory", inventory(IMAGES));
        assertTrue(all.out().contains("staged images: 5 of the service are there"), all::toString);
    }

    @Test
    @DisplayName("--inventory: the must-gather image of the release's payload, too, which the agent pulls")
    void mustGather() throws IOException {
        ScriptRun run = lab.run("--inventory", inventory(IMAGES.subList(0, 4)));
        assertEquals(Cli.FAILED, run.exit(), run::toString);
        assertTrue(run.err().contains("lacks what the service will use: " + IMAGES.get(4) + "; stage it"), run::toString);
    }

    @Test
    @DisplayName("--inventory: an index.json that is not the listed one is refused")
    void tampered() throws IOException {
        Path inventory = inventory(IMAGES);
        Files.writeString(folder.resolve("tree/ai-images/index.json"), "{}");
        assertTrue(lab.run("--inventory", inventory).err().contains("ai-images/index.json is not the one that it lists"));
    }

    @Test
    @DisplayName("wait ends with the installation, and at once when there is none")
    void waits() {
        lab.done("--until", "ready");
        assertTrue(lab.sub("wait").err().contains("is ready: no installation is under way"));
        service.onlyCluster().at(lab.time.now());
        service.onlyCluster().install(lab.time.now());
        lab.time.sleep(Duration.ofMinutes(1));
        ScriptRun run = lab.sub("wait");
        assertEquals(Cli.DONE, run.exit(), run::toString);
        assertTrue(run.out().contains("[OK]    installed: virt01"), run::toString);
    }

    @Test
    @DisplayName("events shows them all")
    void events() {
        lab.done();
        ScriptRun run = lab.sub("events");
        assertTrue(run.out().matches("(?s)2026-\\S+ info: Successfully registered cluster\n.*"), run::toString);
        assertEquals(2, AssistedRecordings.parse(lab.sub("events", "--json").out()).path("events").size());
    }

    @Test
    @DisplayName("download writes discovery.ign, install-config and logs, for their owner alone")
    void downloads() throws IOException {
        lab.done("--until", "registered");
        for (String what : List.of("discovery.ign", "install-config", "logs")) {
            ScriptRun run = lab.sub("download", what, folder);
            assertEquals(Cli.DONE, run.exit(), run::toString);
            Path file = Path.of(run.out().strip().replaceFirst(".*: ", ""));
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        }
        assertTrue(Files.readString(folder.resolve("install-config.yaml.virt01")).contains("baseDomain: example.com"));
        assertTrue(Files.readString(folder.resolve("discovery.ign.virt01")).contains("precache-images.service"));
        assertEquals(Cli.USAGE, lab.sub("download", "nope", folder).exit());
    }
}
