//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/ignition/IgnitionFiles.java
//SOURCES Corpus.java
//SOURCES LabFolder.java
//SOURCES LabNode.java
//SOURCES LabScripts.java
//SOURCES LiveIso.java
//SOURCES LocalRegistry.java
//SOURCES NodeImage.java
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

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.Json;
import common.cli.Proc;
import common.ignition.IgnitionFiles.Mode;

/**
 * The whole way with virtual machines: a factory VM is created, staged and shut down by create-vm; on site the
 * discovery ISO boots in RAM, once for each mode, and the installed system boots from disk, each over the staged disk
 * and with no network. Consoles are kept as evidence.
 */
final class VmRehearsal {
    static final List<String> PROGRAMS = Stream.of(NodeImage.PROGRAMS, LabNode.PROGRAMS, List.of("ssh", "ssh-keygen",
            "/usr/share/OVMF/OVMF_CODE_4M.fd", "ignition-validate", "unsquashfs")).flatMap(List::stream).toList();

    /** Small: an emulated node takes up to half a second for each MB that it unpacks. */
    private static final Corpus IMAGES = Corpus.of(9, 0.2);
    private static final int INITIAL = Corpus.MULTI_ARCH + 1;
    private static final Duration BOOT = Duration.ofMinutes(15);

    private final LabFolder folder;
    private final LabScripts scripts;
    private final StepTable table = new StepTable();
    private NodeImage node;
    private Corpus.Published corpus;

    VmRehearsal(LabFolder folder, LabScripts scripts) {
        this.folder = folder;
        this.scripts = scripts;
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
        System.out.printf("%nAll %d images answer on site, with no registry and no network: loaded, from the store"
                + " image, and on the first boot from disk.%nThe nodes' consoles: %s%n", corpus.references().size(),
                folder.consoles());
    }

    private void inTheFactory() throws IOException {
        try (LocalRegistry registry = LocalRegistry.start(folder.path().resolve("registry"));
                WebServer web = WebServer.start(folder.path().resolve("web"), folder.www())) {
            folder.remember("registry", registry);
            folder.remember("web", web);
            table.step("push made-up images to the local registry", () -> {
                corpus = IMAGES.publish(registry.port(), folder.lists());
                everyKindInBothLists();
                return corpus.uniqueBytes();
            });
            table.step("pull the initial images", () -> script(scripts.pullInitial()));
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
    }

    /** The initial images with one of OCI and one multi-arch, which the corpus has among the release's. */
    private void everyKindInBothLists() throws IOException {
        List<String> all = new ArrayList<>(Files.readAllLines(corpus.initialList()));
        all.addAll(Files.readAllLines(corpus.ocpList()));
        Files.write(corpus.initialList(), all.subList(0, INITIAL));
    }

    private void onSite() throws IOException {
        List<String> initial = references(0, INITIAL);
        for (Mode mode : Mode.values()) {
            String name = "discovery-" + mode.name().toLowerCase();
            table.step("on site, no network: discovery ISO, " + (mode == Mode.LOAD ? "images loaded" : "store image"),
                    () -> discovery(name, new SiteNode(scripts.repository(), mode, initial)));
        }
        List<String> ocp = references(Corpus.OCI, corpus.references().size());
        table.step("on site, no network: first boot from disk", () -> installed("installed",
                new SiteNode(scripts.repository(), Mode.LOAD, ocp)));
    }

    private long discovery(String name, SiteNode site) throws IOException {
        Path iso = folder.path().resolve(name + ".iso");
        LiveIso.embed(node.iso(), Json.pretty(site.discovery()), iso);
        return boot(LabNode.Machine.live(name, folder.consoles(), iso, staged(name)), site);
    }

    private long installed(String name, SiteNode site) throws IOException {
        Path config = folder.path().resolve(name + ".ign");
        ObjectNode document = site.installed();
        Json.write(config, document);
        Path system = LabNode.overlay(node.disk(), folder.path().resolve(name + "-system.qcow2"));
        return boot(LabNode.Machine.installed(name, folder.consoles(), config, system, staged(name)), site);
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

    /** The staged disk as it was shipped; what a node writes goes elsewhere. */
    private Path staged(String name) throws IOException {
        return LabNode.overlay(folder.stagedDisk(), folder.path().resolve(name + "-data.qcow2"));
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
