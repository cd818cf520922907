///usr/bin/env LC_ALL=C.UTF-8 jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES common/cli/Json.java
//SOURCES common/cli/Cli.java
//SOURCES common/cli/DryRunOption.java
//SOURCES common/cli/JsonOption.java
//SOURCES common/cli/ProgressOption.java
//SOURCES common/disk/PartitionLabel.java
//SOURCES common/http/ArtifactServer.java
//SOURCES common/http/CertDirOption.java
//SOURCES common/inventory/StagingMode.java
//SOURCES common/oci/Digest.java
//SOURCES common/offline/OfflineOptions.java
//SOURCES common/offline/PlaceOptions.java
//SOURCES common/release/ReleaseModel.java
//SOURCES common/staging/StagingRequest.java
//SOURCES common/vm/Accelerator.java
//SOURCES common/vm/Backend.java
//SOURCES common/vm/FactoryVm.java
//SOURCES common/vm/GuestStaging.java
//SOURCES common/vm/KcliPlan.java
//SOURCES common/vm/RhcosImage.java
//SOURCES common/vm/Ssh.java
//SOURCES common/vm/VirtualMachine.java
//SOURCES common/vm/VmFolder.java

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.DryRunOption;
import common.cli.Json;
import common.cli.JsonOption;
import common.cli.ProgressOption;
import common.disk.PartitionLabel;
import common.http.ArtifactServer;
import common.http.CertDirOption;
import common.inventory.StagingMode;
import common.oci.Digest;
import common.offline.OfflineOptions;
import common.offline.PlaceOptions;
import common.release.ReleaseModel;
import common.staging.StagingRequest;
import common.vm.Accelerator;
import common.vm.Backend;
import common.vm.FactoryVm;
import common.vm.GuestStaging;
import common.vm.KcliPlan;
import common.vm.RhcosImage;
import common.vm.Ssh;
import common.vm.VirtualMachine;
import common.vm.VmFolder;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "create-vm",
        description = {"Creates the factory VM, stages the images on its second disk, and shuts it down.",
            "Run it again after a failure: it finds the VM, the partition and the blobs, and goes on."},
        footer = {"", "Examples:", "  ./jbang create-vm.java --artifacts 192.0.2.2 --release 4.10.3 --dry-run",
            "  ./jbang create-vm.java --offline --disk sda.qcow2 --artifacts 192.0.2.2 --copy-to /dev/sdb /dev/sdc"})
class CreateVm extends Cli.Command {
    @Option(names = "--profile", paramLabel = "FILE", defaultValue = "profile-sno-rhcos.yaml",
            description = "kcli plan with the VM (default: ${DEFAULT-VALUE}).")
    private Path profile;

    @Option(names = "--name", paramLabel = "VM", description = "Its name (default: as in the profile).")
    private String name;

    @Option(names = "--backend", paramLabel = "auto|libvirt|qemu", defaultValue = "auto",
            description = "What runs it; auto: libvirt if it answers, else qemu (default: ${DEFAULT-VALUE}).")
    private Backend backend;

    @Option(names = "--connect", paramLabel = "URI", defaultValue = "qemu:///system",
            description = "libvirt's address (default: ${DEFAULT-VALUE}).")
    private String connect;

    @Option(names = "--accel", paramLabel = "auto|kvm|tcg", defaultValue = "auto",
            description = "auto: kvm where a guest really runs on it, else tcg, software emulation.")
    private Accelerator.Choice accel;

    @Option(names = "--artifacts", paramLabel = "HTTP_BASE", defaultValue = "${ARTIFACTS:-${HTTP_IP}}",
            description = "Where container-images is served (default: $ARTIFACTS, $HTTP_IP).")
    private String artifacts;

    @Option(names = "--release", paramLabel = "VERSION", description = "4.10.3, say; needed when there are several.")
    private String release;

    @ArgGroup
    private PlaceOptions place = new PlaceOptions();

    @Option(names = "--label", paramLabel = "NAME", defaultValue = PartitionLabel.DEFAULT,
            description = "Partition label (default: ${DEFAULT-VALUE}).")
    private String label;

    @Option(names = "--mode", paramLabel = "auto|load|store|both", defaultValue = "auto",
            description = "What is staged, see curl-all (default: ${DEFAULT-VALUE}).")
    private StagingMode mode;

    @Option(names = "--image", paramLabel = "FILE", description = "Disk image (default: the profile's).")
    private Path image;

    @Option(names = "--mirror", paramLabel = "URL", defaultValue = "${RHCOS_MIRROR}",
            description = "Folder with the image and sha256sum.txt (default: Red Hat's, by the image's name).")
    private String mirror;

    @Option(names = "--ssh-key", paramLabel = "FILE", description = "Private key; FILE.pub is beside it.")
    private Path sshKey;

    @Option(names = "--state", paramLabel = "DIR", description = "Where VMs keep their key, log, and with qemu disks.")
    private Path state;

    @Option(names = "--timeout", paramLabel = "SECONDS", defaultValue = "900",
            description = "How long to wait for ssh (default: ${DEFAULT-VALUE}).")
    private long timeout;

    @ArgGroup(exclusive = false)
    private OfflineOptions offline;

    @Option(names = "--keep-running", description = "Do not shut it down at the end.")
    private boolean keepRunning;

    @Option(names = "--force", description = "Make it anew; removes only what this script created.")
    private boolean force;

    @Option(names = "--delete", description = "Remove the VM and its disks, if this script created them, and end.")
    private boolean delete;

    @Mixin
    private CertDirOption certificates;

    @Mixin
    private ProgressOption progress;

    @Mixin
    private DryRunOption dryRun;

    @Mixin
    private JsonOption json;

    public static void main(String... args) {
        System.exit(Cli.run(new CreateVm(), args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (offline != null) {
            return offline.run(new OfflineOptions.Shared(artifacts, release, mode, label, place.startSector(),
                    place.size(), force, dryRun.isOn(), certificates.dir(), json), () -> KcliPlan.read(profile, name).disks());
        }
        KcliPlan plan = KcliPlan.read(profile, name);
        plan.warnings().forEach(Cli::warn);
        VmFolder folder = VmFolder.of(state, plan.name());
        Backend runs = backend.resolve(folder, connect);
        if (delete) {
            return delete(runs.open(new VirtualMachine.Spec(plan, folder, null, null), connect), folder);
        }
        if (artifacts == null || artifacts.isBlank()) {
            throw new Cli.Failure(Cli.USAGE, "where are the artifacts? --artifacts HTTP_BASE, or ARTIFACTS or HTTP_IP "
                    + "in the environment");
        }
        RhcosImage rhcos = new RhcosImage(plan.image(), image, mirror, RhcosImage.defaultCache(),
                certificates.dir());
        rhcos.here(); // --image names a file that is not there: said before anything is asked or made
        ArtifactServer server = ArtifactServer.at(artifacts, certificates.dir());
        StagingRequest staging = StagingRequest.of(server, release, mode);
        VirtualMachine.Spec order = new VirtualMachine.Spec(plan, folder, accel.resolve(), server.url(""));
        if (plan.disks().size() < 2) {
            throw new Cli.Failure(profile + ": " + plan.name() + " has one disk, and the second is the one that is staged; "
                    + "add it to disks");
        }
        staging.checkFits(place().bytes((long) plan.disks().get(1).size() << 30), "disk 2 of " + plan.name());
        VirtualMachine domain = runs.open(order, connect);
        if (dryRun.isOn()) {
            domain.preview(rhcos).forEach(json.text()::println);
            return Cli.DONE;
        }
        domain.checkHost();
        FactoryVm vm = new FactoryVm(domain, order, folder.key(sshKey));
        try (FileChannel lock = folder.lock()) {
            vm.claim(runs.document(connect), force);
            report(stage(vm, domain, rhcos, staging));
            return Cli.DONE;
        } catch (Cli.Failure | IOException e) {
            vm.sayWhatIsLeft();
            throw e;
        }
    }

    /** The runbook; the document about what is staged. */
    private ObjectNode stage(FactoryVm vm, VirtualMachine domain, RhcosImage rhcos, StagingRequest staging) throws IOException {
        Path bundle = vm.step("bundle", () -> staging.bundle(vm.folder().path()));
        vm.step("create", () -> vm.make(rhcos));
        Ssh ssh = vm.step("boot", () -> vm.boot(Duration.ofSeconds(timeout)));
        GuestStaging guest = new GuestStaging(ssh, json.text());
        vm.step("bundle", () -> guest.bundle(bundle));
        JsonNode partition = vm.step("partition", () -> guest.partition(place(),
                ReleaseModel.orOldest(staging.release()).kernel()));
        JsonNode fetched = vm.step("fetch", () -> guest.fetch(domain.seen(), release,
                staging.wanted().mode().toString(), certificates.dir()));
        vm.step("verify", guest::verify);
        GuestStaging.Space space = guest.space();
        vm.step("shutdown", () -> guest.unmount(partition));
        if (!keepRunning) {
            vm.step("shutdown", () -> vm.shutDown(guest));
        }
        ObjectNode document = Json.object().put("vm", vm.name()).put("disk", domain.shipped())
                .put("running", keepRunning);
        document.putObject("partition").put("label", label).put("bytes", partition.path("bytes").asLong())
                .put("startSector", partition.path("startSector").asLong()).put("size", space.size())
                .put("used", space.used());
        int images = 0;
        for (JsonNode set : fetched.path("sets")) {
            images += set.path("images").asInt();
        }
        document.put("release", fetched.path("release").asText(null)).put("images", images)
                .put("files", fetched.path("files").asInt())
                .put("inventory", staging.inventory().map(Digest::toString).orElse(null));
        vm.seconds().forEach(document.putObject("seconds")::put);
        return document;
    }

    private void report(ObjectNode document) throws IOException {
        JsonNode partition = document.get("partition");
        json.text().printf(Locale.ROOT, "Pre staged server ready to be delivered: %s%n"
                + "  partition %s: %.1f GB, %.1f GB of it used; %s, %s; inventory %s%n  seconds: %s%n",
                document.get("disk").asText(), label, partition.get("size").asLong() / 1e9,
                partition.get("used").asLong() / 1e9, Cli.count(document.get("images").asInt(), "image"),
                Cli.count(document.get("files").asInt(), "file"),
                document.get("inventory").asText("none"), document.get("seconds").toString().replaceAll("[{}\"]", ""));
        json.print(document);
    }

    private int delete(VirtualMachine domain, VmFolder folder) throws IOException {
        try (FileChannel lock = folder.lock()) {
            if (folder.document().isEmpty()) {
                throw new Cli.Failure("create-vm made no VM of that name on this host (" + folder.path() + ")");
            }
            domain.delete();
        }
        json.text().println("removed: VM " + folder.path().getFileName() + " with its disks");
        return Cli.DONE;
    }

    private GuestStaging.Place place() {
        return new GuestStaging.Place(label, place.size(), place.startSector());
    }
}
