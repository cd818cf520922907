//SOURCES ../common/cli/Proc.java
//SOURCES ../common/disk/PartitionLabel.java
//SOURCES ../common/ignition/IgnitionFiles.java
//SOURCES ../common/node/NodeTar.java
//SOURCES ../common/oci/Descriptor.java
//SOURCES ../common/oci/Digest.java
//SOURCES ../common/oci/ImageList.java
//SOURCES ../common/oci/Manifest.java
//SOURCES ../common/storage/ContainersStorage.java
//SOURCES ../common/storage/Loader.java
//SOURCES ../container-images/stage-node.java
//SOURCES ../lab/LabNode.java
//SOURCES ../lab/NodeImage.java
//SOURCES NodeBoot.java
//SOURCES NodePartition.java
//SOURCES RenderedConfig.java
//SOURCES Repository.java
//SOURCES ScriptRun.java
//SOURCES TestImages.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

import common.cli.Proc;
import common.disk.PartitionLabel;
import common.ignition.IgnitionFiles.Mode;
import common.ignition.IgnitionFiles.Stage;
import common.node.NodeTar;
import common.oci.Descriptor;
import common.oci.Digest;
import common.oci.ImageList;
import common.oci.Manifest;
import common.storage.ContainersStorage;
import common.storage.Loader;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real boots, with the node bundle and images on a data partition and no network. */
@Tag("vm")
@DisplayName("A booted node")
class NodeBootTest {
    private static final String REPOSITORY = "quay.io/openshift-release-dev/ocp-v4.0-art-dev@";
    /** Prints those of its arguments that are images of this node. */
    private static final String SEEN = """
            for image; do
                podman image exists "$image" && echo "$image"
            done
            true
            """;

    @TempDir
    static Path folder;
    private static NodeImage image;
    private static Path content;
    private static TestImages ocp;
    private static String agentImage;
    private static Manifest daemon;
    private static String daemonImage;
    private static String otherImage;

    @BeforeAll
    static void stage() throws IOException {
        image = NodeImage.of(Repository.ROOT);
        content = Files.createDirectory(folder.resolve("content"));
        TestImages ai = new TestImages(content.resolve("ai-images"), null);
        TestImages.Layer base = ai.layer("base", 200_000);
        agentImage = add(ai, ai.manifest(Manifest.OCI, base));
        ocp = new TestImages(content.resolve("ocp-images"), null);
        daemon = ocp.manifest(Manifest.OCI, ocp.layer("daemon", 1000));
        daemonImage = add(ocp, daemon);
        otherImage = add(ocp, ocp.manifest(Manifest.DOCKER, base, ocp.layer("other", 1000)));
        ScriptRun run = ScriptRun.of(new StageNode(), content, "--target-glibc", "2.36");
        assertEquals(0, run.exit(), run::toString);
        NodeTar.unpack(content.resolve("node.tar"), content.resolve("node"));
        Files.delete(content.resolve("node.tar"));
    }

    private static String add(TestImages set, Manifest manifest) throws IOException {
        String reference = REPOSITORY + manifest.descriptor().digest();
        set.add(reference, manifest);
        return reference;
    }

    @Test
    @DisplayName("in discovery without the partition: one clear line, status 4, and the agent starts within 30 s")
    void missingPartition() throws IOException {
        Map<String, String> report = discovery(Mode.LOAD, PartitionLabel.DATA).live(image, folder, "missing");
        assertAll(() -> assertEquals("failed 4", report.get("loader")),
                () -> assertEquals("no images loaded: /dev/disk/by-partlabel/data is not mounted, "
                        + "see systemctl status var-mnt.mount", report.get("lines")),
                () -> assertEquals("1", report.get("timeouts")),
                () -> assertEquals("active", report.get("agent")),
                () -> assertTrue(delay(report) < 30_000_000, report.get("delay")),
                () -> assertEquals("0", report.get("cycles")));
    }

    @Test
    @DisplayName("in discovery with a damaged partition of another label: the same, without waiting for the device")
    void damagedPartition() throws IOException {
        Path disk = NodePartition.damaged(folder, "damaged", RenderedConfig.ODD);
        Map<String, String> report = discovery(Mode.LOAD, RenderedConfig.ODD).live(image, folder, "damaged", disk);
        assertAll(() -> assertEquals("failed 4", report.get("loader")),
                () -> assertEquals("no images loaded: " + RenderedConfig.ODD.device() + " is not mounted, "
                        + "see systemctl status var-mnt.mount", report.get("lines")),
                () -> assertEquals("0", report.get("timeouts")),
                () -> assertEquals("exit-code", report.get("mount")),
                () -> assertEquals("active", report.get("agent")));
    }

    @Test
    @DisplayName("in discovery with a truncated store: loads instead, and the agent sees the images when it starts")
    void truncatedStore() throws IOException {
        Path half = copy("half");
        Path store = Files.copy(store(), half.resolve("store.sqfs"));
        try (RandomAccessFile file = new RandomAccessFile(store.toFile(), "rw")) {
            file.setLength(file.length() / 2);
        }
        Path disk = NodePartition.disk(folder, "truncated", PartitionLabel.DATA, half);
        Map<String, String> report = discovery(Mode.STORE, PartitionLabel.DATA).live(image, folder, "truncated", disk);
        assertAll(() -> assertEquals("active 0", report.get("loader")),
                () -> assertTrue(report.get("lines").matches("no image store at /run/precache/store, .* 1 loaded, .*"),
                        report.get("lines")),
                () -> assertEquals(agentImage, report.get("seen")),
                () -> assertEquals(hostConf(), report.get("conf")),
                () -> assertEquals("active", report.get("agent")));
    }

    @Test
    @DisplayName("when installed: loads before the services that need images, the pull service ends without a "
            + "registry, the second boot loads nothing")
    void installed() throws IOException {
        Path root = LabNode.overlay(image.disk(), folder.resolve("installed-root.qcow2"));
        Path disk = NodePartition.disk(folder, "installed", PartitionLabel.DATA, content);
        NodeBoot boot = pointer(Mode.LOAD);
        Map<String, String> first = boot.installed(folder, "first", root, disk);
        assertAll(() -> assertEquals("active 0", first.get("loader")),
                () -> assertTrue(first.get("lines").contains(" 2 loaded, 0 already there, 0 failed of 2 images"),
                        first.get("lines")),
                () -> assertFacts(first),
                () -> assertEquals("disabled", first.get("enabled")));
        Map<String, String> second = pointer(Mode.LOAD).installed(folder, "second", root, disk);
        assertAll(() -> assertEquals("inactive 0", second.get("loader")),
                () -> assertEquals("", second.get("lines")),
                () -> assertFacts(second));
    }

    @Test
    @DisplayName("when installed with a store that lacks an image: takes those in the store, loads the one")
    void mixed() throws IOException {
        Path lacking = copy("lacking");
        Files.copy(store(), lacking.resolve("store.sqfs"));
        for (Descriptor blob : daemon.blobs()) {
            Files.delete(lacking.resolve("blobs/sha256").resolve(blob.digest().hex()));
        }
        Path root = LabNode.overlay(image.disk(), folder.resolve("mixed-root.qcow2"));
        Path disk = NodePartition.disk(folder, "mixed", PartitionLabel.DATA, lacking);
        Map<String, String> report = pointer(Mode.STORE).installed(folder, "mixed", root, disk);
        assertAll(() -> assertEquals("active 0", report.get("loader")),
                () -> assertTrue(report.get("lines").matches("1 images in the store at /run/precache/store "
                        + ".* 1 loaded, 1 already there, 0 failed of 2 images.*"), report.get("lines")),
                () -> assertFacts(report),
                () -> assertEquals(hostConf(), report.get("conf")),
                () -> assertEquals("[crio] storage_option = [\"overlay.imagestore=/run/precache/store\"]",
                        report.get("crio")),
                () -> assertEquals("enabled", report.get("enabled")));
    }

    private static void assertFacts(Map<String, String> report) {
        assertAll(() -> assertEquals("active", report.get("pull")),
                () -> assertEquals("not pulled, it is here: " + daemonImage, report.get("pulled")),
                () -> assertEquals(daemon.descriptor().digest().toString(), report.get("daemon")),
                () -> assertEquals(daemonImage + " " + otherImage, report.get("seen")),
                () -> assertEquals("0", report.get("cycles")));
    }

    /** Microseconds from when the agent could have started to when it did. */
    private static long delay(Map<String, String> report) {
        String[] times = report.get("delay").split(" ");
        return Long.parseLong(times[0]) - Long.parseLong(times[1]);
    }

    /** What the node's storage.conf is without us. */
    private static String hostConf() throws IOException {
        return Digest.of(Repository.ROOT.resolve("lab/node/root/etc/containers/storage.conf")).hex();
    }

    private static NodeBoot discovery(Mode mode, PartitionLabel label) {
        NodeBoot boot = new NodeBoot(new RenderedConfig(Stage.AI, mode, label)).service("agent.service", """
                [Unit]
                Description=Stand-in of the agent

                [Service]
                Type=oneshot
                RemainAfterExit=yes
                ExecStart=/usr/bin/bash -c 'bash /usr/local/bin/seen %s >/run/seen'

                [Install]
                WantedBy=multi-user.target
                """.formatted(agentImage))
                .property("agent", "agent.service", "ActiveState").property("mount", "var-mnt.mount", "Result")
                .fact("delay", "systemctl show --value --property=InactiveExitTimestampMonotonic agent.service; "
                        + "systemctl show --value --property=ActiveEnterTimestampMonotonic basic.target")
                .fact("timeouts", "journalctl -b -o cat | grep -c 'Timed out waiting for device'");
        return common(boot, "precache-images");
    }

    /** The pull service has the commands of release 4.10, but the image is only inspected: it has no program in it. */
    private static NodeBoot pointer(Mode mode) {
        NodeBoot boot = new NodeBoot(RenderedConfig.of(Stage.OCP, mode));
        boot.service("machine-config-daemon-pull.service", """
                [Unit]
                Description=Stand-in of the Machine Config Operator's service

                [Service]
                Type=oneshot
                RemainAfterExit=yes
                ExecStart=/bin/sh -c '/bin/mkdir -p /run/bin'
                ExecStart=/bin/sh -c "while ! /usr/bin/podman pull --quiet '%1$s'; do sleep 1; done"
                ExecStart=/bin/sh -c "/usr/bin/podman image inspect --format '{{.Digest}}' '%1$s' > /run/bin/daemon.tmp"
                ExecStart=/bin/sh -c '/bin/mv /run/bin/daemon.tmp /run/bin/daemon'

                [Install]
                WantedBy=multi-user.target
                """.formatted(daemonImage)).service("nodeip-configuration.service", """
                [Unit]
                Description=Stand-in of the service that runs a container

                [Service]
                Type=oneshot
                RemainAfterExit=yes
                ExecStart=/usr/bin/bash -c 'bash /usr/local/bin/seen %s %s >/run/seen'

                [Install]
                WantedBy=multi-user.target
                """.formatted(daemonImage, otherImage))
                .property("pull", "machine-config-daemon-pull.service", "ActiveState")
                .fact("daemon", "cat /run/bin/daemon")
                .fact("pulled", "journalctl -b -u machine-config-daemon-pull.service -o cat | grep pulled")
                .fact("enabled", "systemctl is-enabled precache-ocp-images.service")
                .fact("crio", "cat /etc/crio/crio.conf.d/90-precache-store.conf");
        return common(boot, "precache-ocp-images");
    }

    private static NodeBoot common(NodeBoot boot, String loader) {
        return boot.program("seen", SEEN).fact("seen", "cat /run/seen")
                .fact("loader", "systemctl show --value --property=ActiveState " + loader + ".service; "
                        + "systemctl show --value --property=ExecMainStatus " + loader + ".service")
                .fact("lines", "journalctl -b -t " + loader + " -o cat")
                .fact("conf", "sha256sum </etc/containers/storage.conf | cut -d' ' -f1")
                .fact("cycles", "journalctl -b -o cat | grep -c 'ordering cycle'");
    }

    /** The partition's content once more, without a copy of its bytes. */
    private static Path copy(String name) {
        Path copy = folder.resolve("content-" + name);
        Proc.of("cp", "--archive", "--link", content.toString(), copy.toString()).check();
        return copy;
    }

    /** A store with the machine-config-daemon's image only. */
    private static Path store() throws IOException {
        Path store = folder.resolve("store.sqfs");
        if (!Files.exists(store)) {
            Path root = folder.resolve("store");
            Path runRoot = Files.createTempDirectory("run");
            Path list = Files.writeString(folder.resolve("list.txt"), daemonImage + "\n");
            ContainersStorage storage = new ContainersStorage(root, runRoot, null, folder);
            new Loader(storage, ocp.layout, ImageList.read(list), 0, System.err).load(1);
            Proc.of("umount", "--quiet", root.resolve("overlay").toString()).run();
            Proc.of("mksquashfs", root.toString(), store.toString(), "-no-progress", "-quiet").check();
            Proc.of("rm", "-r", runRoot.toString()).check();
        }
        return store;
    }
}
