//SOURCES ../common/cli/Proc.java
//SOURCES ../common/disk/PartitionLabel.java
//SOURCES ../common/ignition/IgnitionFiles.java
//SOURCES ../common/node/NodeTar.java
//SOURCES ../common/oci/Descriptor.java
//SOURCES ../common/oci/Digest.java
//SOURCES ../common/oci/DiskNames.java
//SOURCES ../common/oci/ImageList.java
//SOURCES ../common/oci/Manifest.java
//SOURCES ../common/storage/ContainersStorage.java
//SOURCES ../common/storage/Loader.java
//SOURCES ../container-images/stage-node.java
//SOURCES ../lab/CorpusLayer.java
//SOURCES ../lab/LabNode.java
//SOURCES ../lab/NodeImage.java
//SOURCES NodeBoot.java
//SOURCES NodePartition.java
//SOURCES RenderedConfig.java
//SOURCES Repository.java
//SOURCES ScriptRun.java
//SOURCES SiteStandIns.java
//SOURCES TestImages.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import common.cli.Proc;
import common.disk.PartitionLabel;
import common.ignition.IgnitionFiles.Mode;
import common.node.NodeTar;
import common.oci.Descriptor;
import common.oci.Digest;
import common.oci.DiskNames;
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
        TestImages.Layer base = ai.layer(CorpusLayer.of("base", 1, 50_000, null));
        agentImage = add(ai, ai.manifest(Manifest.OCI, base));
        ocp = new TestImages(content.resolve("ocp-images"), null);
        daemon = ocp.manifest(Manifest.OCI, ocp.layer(CorpusLayer.of("daemon", 2, 1000, null)));
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
    @DisplayName("in discovery without the partition: one clear line, status 4, and the agent waits no longer than 30 s")
    void missingPartition() throws IOException {
        Map<String, String> report = standIns().discovery(Mode.STORE, PartitionLabel.DATA)
                .fact("refused", "curl --silent --max-time 20 http://127.0.0.1:22700/v2/; echo $?")
                .live(image, folder, "missing");
        assertAll(() -> assertEquals("failed 4", report.get("data")),
                () -> assertEquals("no staged images: no partition is labelled data after 20 s, see lsblk -o NAME,PARTLABEL",
                        report.get("lines")),
                () -> assertEquals("inactive 0", report.get("loader")),
                () -> assertEquals("7", report.get("refused"), "curl: the registry's port is closed"),
                () -> assertEquals("active", report.get("agent")),
                () -> assertTrue(searched(report) < 30_000_000, report.get("search")),
                () -> assertEquals("0", report.get("cycles")));
    }

    /** The disk is an NVMe one with sectors of 4096 bytes. The installer's part is written from coreos-installer's. */
    @Test
    @DisplayName("in discovery the disk is an installer's: it reads, writes and mounts it, and images and files stay right")
    void installer() throws IOException {
        Path both = copy("both");
        Files.copy(store(), both.resolve("store.sqfs"));
        Path disk = NodePartition.raw(folder, "installer", 4096, PartitionLabel.DATA, both);
        NodeBoot boot = standIns().discovery(Mode.STORE, PartitionLabel.DATA).program("installer", """
                disk=/dev/nvme0n1
                busy() { # what the agent and coreos-installer call busy
                    lsblk --noheadings --raw --output MOUNTPOINT,FSTYPE $disk | grep -e '^/' -e '\\[SWAP' -e _member
                    ls /sys/block/${disk#/dev/}/holders /sys/block/${disk#/dev/}/${disk#/dev/}p*/holders | grep -v ':$' | grep .
                }
                check() { # images run, and what is on the partition is right
                    podman run --rm --network=none --pull=never %1$s /usr/bin/hello
                    echo 3 >/proc/sys/vm/drop_caches
                    (cd /run/precache/data/blobs/sha256 && for f in *; do echo "$f  $f"; done | sha256sum --check --quiet) &&
                        (cd /run/precache/data && sha256sum --check --quiet /run/before) && echo right
                    rm -rf /run/copy; skopeo copy --quiet --src-tls-verify=false docker://127.0.0.1:22700/%2$s dir:/run/copy &&
                        echo served
                }
                (cd /run/precache/data && find node -type f -exec sha256sum {} + >/run/before)
                echo "busy: $(busy)."
                blockdev --rereadpt $disk && echo reread
                entry=$(sfdisk --dump $disk | sed -n 's/^.*p1 : //p')
                dd if=/dev/urandom of=$disk bs=1M count=90 conv=fsync status=none
                { echo label: gpt; for i in 1 2 3 4; do echo "size=20MiB, name=part$i"; done; echo "$entry"; } |
                    sfdisk --quiet --wipe-partitions never $disk >/run/sfdisk 2>&1 && echo partitioned || cat /run/sfdisk
                udevadm settle
                mkfs.ext4 -q ${disk}p3 && mkfs.ext4 -q ${disk}p4 && mount ${disk}p3 /mnt && mkdir /mnt/boot &&
                    mount ${disk}p4 /mnt/boot && echo mounted
                check
                cp /usr/bin/ps /mnt && umount -R /mnt && blockdev --rereadpt $disk && echo unmounted
                check
                echo "label: $(sfdisk --part-label $disk 5)"
                """.formatted(daemonImage, agentImage)).fact("installer", "bash /usr/local/bin/installer 2>&1");
        Map<String, String> report = boot.live(image, folder, "installer", "-drive", "file=" + disk
                + ",if=none,id=nvme,format=raw,cache=unsafe", "-device", "nvme,drive=nvme,serial=lab,"
                + "logical_block_size=4096,physical_block_size=4096");
        Files.delete(disk);
        assertAll(() -> assertEquals("active 0", report.get("data")),
                () -> assertEquals("active 0", report.get("loader")),
                () -> assertTrue(report.get("lines").matches("partition data on /dev/nvme0n1 is at /run/precache/data "
                        + "1 images in the store at /var/lib/precache/store .* 1 loaded, 0 already there, 0 failed .*"),
                        report.get("lines")),
                () -> assertEquals("busy: . reread partitioned mounted pre-staged right served unmounted pre-staged right served label: data",
                        report.get("installer")),
                () -> assertEquals(agentImage, report.get("seen")),
                () -> assertEquals("0", report.get("cycles")));
    }

    /** The paths are real ones of the kernel's multipath target; what multipathd does is done by a service. */
    @Test
    @DisplayName("in discovery a disk on two paths is one disk and outlives a path; a loader that hangs is ended, and the "
            + "agent starts")
    void multipath() throws IOException {
        Path hanging = copy("hanging");
        Files.delete(hanging.resolve("node/bin/extract-initial")); // a hard link
        Files.writeString(hanging.resolve("node/bin/extract-initial"), "sleep infinity & wait\n");
        Path disk = NodePartition.raw(folder, "multipath", 512, RenderedConfig.ODD, hanging);
        NodeBoot boot = standIns().discovery(Mode.LOAD, RenderedConfig.ODD).service("multipathd.service", """
                [Unit]
                Description=Stand-in of multipathd
                DefaultDependencies=no
                After=systemd-udev-trigger.service

                [Service]
                Type=oneshot
                RemainAfterExit=yes
                ExecStart=/usr/bin/bash /usr/local/bin/multipath

                [Install]
                WantedBy=sysinit.target
                """).program("multipath", """
                until [ -e /dev/sda1 ] && [ -e /dev/sdb1 ]; do sleep 0.2; done
                udevadm settle
                modprobe dm-multipath
                dmsetup create mpatha --uuid mpath-lab --table "0 $(blockdev --getsz /dev/sda) multipath 0 0 1 1 \
                    round-robin 0 2 1 $(cat /sys/block/sda/dev) 1000 $(cat /sys/block/sdb/dev) 1000"
                kpartx -a /dev/mapper/mpatha
                partx --delete /dev/sda
                """).dropin("precache-images.service", "[Service]\nTimeoutStartSec=4\n")
                .property("hung", "precache-images.service", "Result")
                .fact("backing", "losetup --noheadings --list --output BACK-FILE $(findmnt -no SOURCE /run/precache/data)")
                .fact("path", "ls /sys/block | grep '^sd'; echo 1 >/sys/block/sda/device/delete; "
                        + "echo 3 >/proc/sys/vm/drop_caches; ls /sys/block | grep '^sd'; cd /run/precache/data/blobs/sha256; "
                        + "for f in *; do echo $f $f; done | sha256sum --check --quiet && echo right");
        List<String> qemu = new ArrayList<>(List.of("-device", "virtio-scsi-pci"));
        for (String path : List.of("a", "b")) {
            qemu.addAll(List.of("-drive", "file=" + disk + ",if=none,id=" + path + ",format=raw,cache=unsafe,file.locking=off",
                    "-device", "scsi-hd,drive=" + path + ",serial=lab,share-rw=on"));
        }
        Map<String, String> report = boot.live(image, folder, "multipath", qemu.toArray(String[]::new));
        Files.delete(disk);
        assertAll(() -> assertEquals("active 0", report.get("data")),
                () -> assertEquals("partition " + RenderedConfig.ODD + " on /dev/dm-0 is at /run/precache/data",
                        report.get("lines")),
                () -> assertEquals("/dev/dm-0", report.get("backing")),
                () -> assertEquals("timeout", report.get("hung")),
                () -> assertEquals("active", report.get("agent")),
                () -> assertEquals("sda sdb sdb right", report.get("path")));
    }

    @Test
    @DisplayName("when installed: loads before the services that need images, the pull service ends without a "
            + "registry, the second boot loads nothing")
    void installed() throws IOException {
        Path root = LabNode.overlay(image.disk(), folder.resolve("installed-root.qcow2"));
        Path disk = NodePartition.disk(folder, "installed", PartitionLabel.DATA, content);
        NodeBoot boot = standIns().pointer(Mode.LOAD);
        Map<String, String> first = boot.installed(folder, "first", root, disk);
        assertAll(() -> assertEquals("active 0", first.get("loader")),
                () -> assertTrue(first.get("lines").contains(" 2 loaded, 0 already there, 0 failed of 2 images"),
                        first.get("lines")),
                () -> assertFacts(first),
                () -> assertEquals("disabled", first.get("enabled")));
        Map<String, String> second = standIns().pointer(Mode.LOAD).installed(folder, "second", root, disk);
        assertAll(() -> assertEquals("inactive 0", second.get("loader")),
                () -> assertEquals("partition data on /dev/vdb is at /run/precache/data", second.get("lines")),
                () -> assertFacts(second));
    }

    @Test
    @DisplayName("when installed with a store that lacks an image: takes those in the store, loads the one; precache-off gives "
            + "the partition back, once no container runs from the store")
    void mixed() throws IOException {
        Path lacking = copy("lacking");
        Files.copy(store(), lacking.resolve("store.sqfs"));
        for (Descriptor blob : daemon.layers()) {
            Files.delete(lacking.resolve("blobs/sha256").resolve(blob.digest().hex()));
        }
        Path root = LabNode.overlay(image.disk(), folder.resolve("mixed-root.qcow2"));
        Path disk = NodePartition.disk(folder, "mixed", PartitionLabel.DATA, lacking);
        Map<String, String> report = standIns().pointer(Mode.STORE).fact("off", """
                export $(cat /run/precache/store.env)
                container=$(podman create %s none); podman mount $container >/dev/null # it has no program, and runs none
                precache-off 2>&1 | grep -o '^containers run from'; findmnt -no TARGET /run/precache/data
                podman umount $container >/dev/null; podman rm $container >/dev/null; unset STORAGE_OPTS
                precache-off; findmnt /run/precache/data /var/lib/precache/store
                ls /etc/crio/crio.conf.d /etc/containers/registries.conf.d | grep precache
                losetup --list --noheadings; blockdev --rereadpt /dev/vdb && echo free
                systemctl is-enabled precache-{data,ocp-images}.service precache-registry.socket
                curl --silent http://127.0.0.1:22700/v2/ || echo closed""".formatted(daemonImage))
                .installed(folder, "mixed", root, disk);
        assertAll(() -> assertEquals("active 0", report.get("loader")),
                () -> assertTrue(report.get("lines").matches("partition data on /dev/vdb is at /run/precache/data "
                        + "1 images in the store at /var/lib/precache/store .* 1 loaded, 1 already there, 0 failed of 2 "
                        + "images.*"), report.get("lines")),
                () -> assertFacts(report),
                () -> assertEquals(hostConf(), report.get("conf")),
                () -> assertEquals("[crio] storage_option = [\"overlay.imagestore=/var/lib/precache/store\"]",
                        report.get("crio")),
                () -> assertEquals("disabled", report.get("enabled")),
                () -> assertEquals("containers run from /run/precache/data off: nothing uses the partition free disabled "
                        + "disabled disabled closed", report.get("off")));
    }

    private static void assertFacts(Map<String, String> report) {
        assertAll(() -> assertEquals("active", report.get("pull")),
                () -> assertEquals("200", report.get("early"), "who asks before the registry runs waits for it"),
                () -> assertEquals(daemonImage, report.get("killed"), "podman pulls, though the registry was killed"),
                () -> assertEquals("site.example.com/mirror 1", report.get("mirrors")),
                () -> assertEquals("[crio.image] pinned_images = [\"quay.io/openshift-release-dev/ocp-v4.0-art-dev*\"]",
                        report.get("pins")),
                () -> assertEquals(daemon.descriptor().digest().toString(), report.get("daemon")),
                () -> assertEquals(daemonImage + " " + otherImage, report.get("seen")),
                () -> assertEquals("0", report.get("cycles")));
    }

    /** Microseconds for which the agent waited for us; the rest of an emulated boot takes its own time. */
    private static long searched(Map<String, String> report) {
        String[] times = report.get("search").split(" ");
        return Long.parseLong(times[0]) - Long.parseLong(times[1]);
    }

    /** What the node's storage.conf is without us. */
    private static String hostConf() throws IOException {
        return Digest.of(Repository.ROOT.resolve("lab/node/root/etc/containers/storage.conf")).hex();
    }

    private static SiteStandIns standIns() {
        return new SiteStandIns(agentImage, daemonImage, otherImage);
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
            Files.writeString(root.resolve(DiskNames.STORE_NAMES), daemonImage + "\n"); // as build-store leaves it
            Proc.of("mksquashfs", root.toString(), store.toString(), "-no-progress", "-quiet").check();
            Proc.of("rm", "-r", runRoot.toString()).check();
        }
        return store;
    }
}
