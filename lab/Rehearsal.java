//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES Corpus.java
//SOURCES CorpusLayer.java
//SOURCES LabFolder.java
//SOURCES LabScripts.java
//SOURCES LocalRegistry.java
//SOURCES LoopbackServer.java
//SOURCES PrivateStorage.java
//SOURCES StepTable.java
//SOURCES TwoWays.java
//SOURCES WebServer.java

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import common.cli.Cli;
import common.cli.Json;
import common.cli.Proc;

/**
 * The whole way of the images on one machine: registry -> artifact server -> data partition -> containers-storage, on site
 * both by loading them and by mounting them as a store image.
 */
final class Rehearsal {
    static final long DISK_BYTES = 4L << 30;

    private final LabFolder folder;
    private final LabScripts scripts;
    private final Corpus images;
    private final StepTable table = new StepTable();
    private final TwoWays ways = new TwoWays();
    private Corpus.Published corpus;
    private PrivateStorage storage;
    private long onServer;
    private double packing;

    Rehearsal(LabFolder folder, LabScripts scripts, Corpus images) {
        this.folder = folder;
        this.scripts = scripts;
        this.images = images;
    }

    /**
     * Throws a {@link Cli.Failure} at the first step that fails. Then, too, nothing is left running or mounted; the
     * files stay to be looked at, until the next run or {@code down}.
     */
    void run() throws IOException {
        folder.prepare();
        try {
            storage = PrivateStorage.in(folder.storage(), folder.runRoots());
            inTheFactory();
            onSite();
            if (storage.isOverlay()) { // only overlay knows additional image stores
                onSiteFromTheStore();
            }
        } finally {
            Thread.interrupted(); // after Ctrl-C, the programs that clean up must still be waited for
            folder.release();
        }
        folder.delete();
        report();
    }

    private void inTheFactory() throws IOException {
        try (LocalRegistry registry = LocalRegistry.start(folder.path().resolve("registry"));
                WebServer web = WebServer.start(folder.path().resolve("web"), folder.www())) {
            folder.remember("registry", registry);
            folder.remember("web", web);
            table.step("push made-up images to the local registry", () -> {
                corpus = images.publish(registry.port(), folder.lists());
                return corpus.uniqueBytes();
            });
            table.step("pull the discovery images", () -> script(scripts.pullInitial(), registry));
            table.step("pull the ocp images", () -> script(scripts.pullOcp(), registry));
            onServer = LabFolder.size(folder.www());
            if (storage.isOverlay()) {
                packing = table.step("pack all images into a store image", () -> {
                    script(scripts.buildStore(), null);
                    return Files.size(folder.www().resolve("store.sqfs"));
                });
            }
            table.step("partition, format and mount the disk", () -> {
                LabFolder.sparse(folder.disk(), DISK_BYTES);
                return script(scripts.createPartition(), null);
            });
            String mode = storage.isOverlay() ? "both" : "load";
            table.step("download onto the partition", () -> script(scripts.curlAll(web.port(), mode), web));
            table.step("unmount", () -> {
                Proc.of("umount", folder.mountPoint().toString()).check();
                return 0;
            });
        }
        folder.release();
    }

    private void onSite() throws IOException {
        table.step("mount read-only; servers are gone", () -> {
            Proc.of("mount", "-o", "ro,loop,offset=" + partitionStart(), folder.disk().toString(),
                    folder.mountPoint().toString()).check();
            return 0;
        });
        double seconds = table.step("load the discovery images", () -> script(scripts.extractInitial(), null))
                + table.step("load the ocp images", () -> script(scripts.extractOcp(), null));
        ways.loaded(new TwoWays.Way(seconds, LabFolder.size(folder.mountPoint().resolve("blobs")),
                LabFolder.size(folder.storage())));
        answersAndRuns("loaded", storage);
    }

    /** With a containers-storage that has nothing yet. */
    private void onSiteFromTheStore() throws IOException {
        Path file = folder.mountPoint().resolve("store.sqfs");
        PrivateStorage own = PrivateStorage.in(folder.emptyStorage(), folder.runRoots()).with(folder.store());
        double seconds = table.step("mount the store image and list its images", () -> {
            Proc.of("mount", "-t", "squashfs", "-o", "ro,loop", file.toString(), folder.store().toString()).check();
            own.podman("images", "--digests").check();
            return 0;
        });
        ways.mounted(new TwoWays.Way(seconds, Files.size(file), LabFolder.size(folder.emptyStorage())), packing);
        answersAndRuns("mounted", own);
    }

    private void answersAndRuns(String how, PrivateStorage images) throws IOException {
        table.step("podman image exists, for every reference, " + how, () -> {
            List<String> missing = Stream.concat(corpus.references().stream(), Stream.of(Corpus.FURTHER_TAG))
                    .filter(r -> !images.has(r)).toList();
            if (!missing.isEmpty()) {
                throw new Cli.Failure("not in containers-storage: " + String.join(", ", missing));
            }
            return 0;
        });
        table.step("run a container without network, " + how, () -> {
            String said = images.runContainer(corpus.references().get(Corpus.MULTI_ARCH)).strip();
            if (!said.equals(CorpusLayer.GREETING)) {
                throw new Cli.Failure("the container said: " + said + "; expected: " + CorpusLayer.GREETING);
            }
            return 0;
        });
    }

    /** Runs a product script as a person would; returns the bytes that the server sent meanwhile. */
    private long script(List<String> argv, LoopbackServer server) throws IOException {
        long before = sent(server);
        Proc script = Proc.of(argv);
        script.env("CONTAINERS_STORAGE_CONF", storage.conf().toString());
        System.out.println("$ " + script.shown());
        int exit = script.show();
        if (exit != Cli.DONE) {
            throw new Cli.Failure("exit code " + exit + ": " + script.shown());
        }
        return sent(server) - before;
    }

    private static long sent(LoopbackServer server) throws IOException {
        return server == null ? 0 : server.requests().stream().filter(r -> r.method().equals("GET"))
                .mapToLong(LoopbackServer.Request::bytes).sum();
    }

    private long partitionStart() {
        byte[] json = Proc.of("sfdisk", "--json", folder.disk().toString()).check().getBytes(StandardCharsets.UTF_8);
        return Json.parse(json, "sfdisk --json").at("/partitiontable/partitions/0/start").asLong() * 512;
    }

    private void report() {
        table.print();
        System.out.printf("%nOn the artifact server: %s MB. The original's layout, a tarball per image: about %s MB.%n",
                StepTable.mb(onServer), StepTable.mb(corpus.listedBytes()));
        if (storage.isOverlay()) {
            System.out.println();
            ways.print();
            System.out.println();
        }
        System.out.printf("All %d images answer and a container ran, with no registry and no network.%n",
                corpus.references().size());
    }
}
