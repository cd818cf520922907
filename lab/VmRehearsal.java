//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/ignition/IgnitionFiles.java
//SOURCES ../common/oci/ImageList.java
//SOURCES Corpus.java
//SOURCES LabFolder.java
//SOURCES LabNode.java
//SOURCES LabScripts.java
//SOURCES LiveIso.java
//SOURCES LocalRegistry.java
//SOURCES NodeImage.java
//SOURCES SiteImages.java
//SOURCES SiteNode.java
//SOURCES StepTable.java
//SOURCES WebServer.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import common.cli.Cli;
import common.cli.Json;
import common.cli.Proc;
import common.ignition.IgnitionFiles.Mode;
import common.ignition.IgnitionFiles.Stage;
import common.oci.ImageList;

/**
 * The whole way with virtual machines: a factory VM is created, staged and shut down by create-vm; on site the
 * discovery ISO boots in RAM and the installed system boots from disk, each over the staged disk and with no network or
 * one that swallows all. There, stand-ins do what installs OpenShift. Consoles are kept as evidence.
 */
final class VmRehearsal {
    static final List<String> PROGRAMS = Stream.of(NodeImage.PROGRAMS, LabNode.PROGRAMS, List.of("ssh", "ssh-keygen",
            "/usr/share/OVMF/OVMF_CODE_4M.fd", "ignition-validate", "unsquashfs")).flatMap(List::stream).toList();

    /** Small: an emulated node takes up to half a second for each MB that it unpacks. */
    private static final Corpus IMAGES = Corpus.of(9, 0.2);
    private static final int INITIAL = Corpus.MULTI_ARCH + 1;
    private static final int BY_TAG = 7;
    private static final Duration BOOT = Duration.ofMinutes(15);

    /** The disk that create-vm's VM staged, in mode both, or one that this host staged, in mode store, and copied. */
    private enum Disk {
        BOTH, STORE_ONLY
    }

    /** A boot on site; {@code stopRegistry} as in {@link SiteNode}. */
    private record Boot(Stage stage, Mode mode, Disk disk, SiteNode.Network network, boolean stopRegistry) {
        String name() {
            return (stage == Stage.AI ? "discovery-" : "installed-") + mode.name().toLowerCase()
                    + (disk == Disk.BOTH ? "" : "-only") + (network == SiteNode.Network.NONE ? "" : "-swallowed");
        }
    }

    /** Each stage, mode, disk and network is there, and each stage's registry is stopped once. */
    private static final List<Boot> FEW = List.of(
            new Boot(Stage.AI, Mode.LOAD, Disk.BOTH, SiteNode.Network.NONE, true),
            new Boot(Stage.AI, Mode.STORE, Disk.STORE_ONLY, SiteNode.Network.SWALLOWS, false),
            new Boot(Stage.OCP, Mode.STORE, Disk.BOTH, SiteNode.Network.NONE, true),
            new Boot(Stage.OCP, Mode.LOAD, Disk.BOTH, SiteNode.Network.SWALLOWS, false));

    private final LabFolder folder;
    private final LabScripts scripts;
    private final boolean all;
    private final StepTable table = new StepTable();
    private NodeImage node;
    private Corpus.Published corpus;
    private SiteImages images;

    /** @param all to boot each stage in each mode, from each disk that has what it takes, with each network */
    VmRehearsal(LabFolder folder, LabScripts scripts, boolean all) {
        this.folder = folder;
        this.scripts = scripts;
        this.all = all;
    }

    /** As {@link Rehearsal#run}; the consoles stay. */
    void run() throws IOException {
        folder.prepare();
        Files.createDirectories(folder.consoles());
        try {
            table.step("the node image, made once", () -> {
                node = NodeImage.of(scripts.repository());
                return 0;
            });
            inTheFactory();
            onSite();
        } finally {
            Thread.interrupted(); // after Ctrl-C, the programs that clean up must still be waited for
            folder.release();
        }
        folder.deleteExcept(folder.consoles());
        table.print();
        System.out.printf("%nOn site, with no registry but the node's own and no network, all %d images answer and what "
                + "installs OpenShift gets them: loaded and from the store image, in discovery and on the first boot from "
                + "disk.%nThe nodes' consoles: %s%n", corpus.references().size(), folder.consoles());
    }

    private void inTheFactory() throws IOException {
        try (LocalRegistry registry = LocalRegistry.start(folder.path().resolve("registry"));
                WebServer web = WebServer.start(folder.path().resolve("web"), folder.www())) {
            folder.remember("registry", registry);
            folder.remember("web", web);
            table.step("push made-up images to the local registry", () -> {
                corpus = IMAGES.publish(registry.port(), folder.lists());
                images = SiteImages.publish(registry.port(), corpus);
                writeLists();
                return corpus.uniqueBytes();
            });
            table.step("pull the discovery images", () -> script(scripts.pullInitial()));
            table.step("pull the ocp images", () -> script(scripts.pullOcp()));
            table.step("node bundle: a Java runtime and the scripts", () -> script(scripts.stageNode()));
            table.step("store image", () -> script(scripts.buildStore()));
            Proc.of("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder.sshKey().toString()).check();
            table.step("factory VM: create, stage, shut down", () -> {
                try {
                    return script(scripts.createVm(node.disk(), web.port()));
                } finally {
                    keepConsole();
                }
            });
        }
        folder.release();
        table.step("a second disk, staged by this host", () -> script(scripts.stageOffline(storeOnlyDisk())));
    }

    private Path storeOnlyDisk() {
        return folder.path().resolve("store-only.qcow2");
    }

    /** The initial list gets one image of OCI and one multi-arch, the other one what only an installation needs. */
    private void writeLists() throws IOException {
        List<String> initial = new ArrayList<>(Files.readAllLines(corpus.initialList()));
        List<String> ocp = new ArrayList<>(Files.readAllLines(corpus.ocpList()));
        initial.addAll(ocp);
        Files.write(corpus.initialList(), initial.subList(0, INITIAL));
        ocp.replaceAll(l -> l.equals(corpus.references().get(BY_TAG)) ? l + " " + SiteImages.ALWAYS_TAG : l);
        Stream.of(images.operatingSystem(), images.extensions()).forEach(i -> ocp.add(i + " " + ImageList.WHOLE));
        Files.write(corpus.ocpList(), ocp);
    }

    private void onSite() throws IOException {
        List<Boot> boots = all ? Stream.of(Stage.values()).flatMap(s -> Stream.of(SiteNode.Network.values())
                .flatMap(n -> every(s, n))).toList() : FEW;
        for (Boot boot : boots) {
            table.step("on site: " + boot.name(), () -> boot(boot));
        }
    }

    private static Stream<Boot> every(Stage stage, SiteNode.Network network) {
        boolean none = network == SiteNode.Network.NONE;
        return Stream.of(new Boot(stage, Mode.LOAD, Disk.BOTH, network, none),
                new Boot(stage, Mode.STORE, Disk.BOTH, network, none),
                new Boot(stage, Mode.STORE, Disk.STORE_ONLY, network, none));
    }

    private long boot(Boot boot) throws IOException {
        SiteNode site = new SiteNode(scripts.repository(), boot.stage, boot.mode, boot.network, images,
                boot.stage == Stage.AI ? references(0, INITIAL) : references(Corpus.OCI, corpus.references().size()),
                served(boot.disk), boot.stopRegistry);
        Path data = LabNode.overlay(boot.disk == Disk.BOTH ? folder.stagedDisk() : storeOnlyDisk(), folder.path().resolve(boot.name() + "-data.qcow2"));
        if (boot.stage == Stage.AI) {
            Path iso = folder.path().resolve(boot.name() + ".iso");
            LiveIso.embed(node.iso(), Json.pretty(site.config()), iso);
            return boot(LabNode.Machine.live(boot.name(), folder.consoles(), iso, data), site);
        }
        Path config = folder.path().resolve(boot.name() + ".ign");
        Json.write(config, site.config());
        Path system = LabNode.overlay(node.disk(), folder.path().resolve(boot.name() + "-system.qcow2"));
        return boot(LabNode.Machine.installed(boot.name(), folder.consoles(), config, system, data), site);
    }

    private long boot(LabNode.Machine machine, SiteNode site) throws IOException {
        try (LabNode booted = LabNode.boot(machine)) {
            folder.remember(machine.name(), booted.pid());
            booted.await("LAB-REPORT end$", BOOT);
            booted.serial().lines().filter(l -> l.contains("LAB-REPORT"))
                    .forEach(l -> System.out.println(l.substring(l.indexOf("LAB-REPORT"))));
            site.check(booted.serial());
        }
        return 0;
    }

    /** References that the registry serves with all layers: of a disk without layers only what no container runs from. */
    private List<String> served(Disk disk) {
        List<String> whole = List.of(images.operatingSystem(), images.extensions());
        return disk == Disk.STORE_ONLY ? whole : Stream.of(corpus.references(), List.of(Corpus.FURTHER_TAG,
                images.always()), whole).flatMap(List::stream).toList();
    }

    /** The multi-arch image by the digest of its list comes first: it is the one to run. */
    private List<String> references(int from, int to) {
        List<String> references = new ArrayList<>(corpus.references().subList(from, to));
        references.add(0, references.remove(Corpus.MULTI_ARCH - from));
        if (from == 0) {
            references.add(Corpus.FURTHER_TAG);
        }
        return references;
    }

    private long script(List<String> argv) {
        Proc script = Proc.of(argv);
        System.out.println("$ " + script.shown());
        int exit = script.show();
        if (exit != Cli.DONE) {
            throw new Cli.Failure("exit code " + exit + ": " + script.shown());
        }
        return 0;
    }

    private void keepConsole() throws IOException {
        Path log = folder.factoryVm().resolve("serial.log");
        if (Files.exists(log)) {
            Files.copy(log, folder.consoles().resolve("factory.serial.log"));
        }
    }
}
