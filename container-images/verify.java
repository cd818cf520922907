///usr/bin/env LC_ALL=C.UTF-8 jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/JsonOption.java
//SOURCES ../common/cli/LockFile.java
//SOURCES ../common/cli/Progress.java
//SOURCES ../common/cli/ProgressOption.java
//SOURCES ../common/disk/TrialMount.java
//SOURCES ../common/inventory/ArtifactTree.java
//SOURCES ../common/inventory/Inventory.java
//SOURCES ../common/inventory/InventorySignature.java
//SOURCES ../common/inventory/StagingMode.java
//SOURCES ../common/verify/Expected.java
//SOURCES ../common/verify/Fault.java
//SOURCES ../common/verify/Findings.java
//SOURCES ../common/verify/Verification.java

import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.util.Locale;

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.Json;
import common.cli.JsonOption;
import common.cli.LockFile;
import common.cli.Progress;
import common.cli.ProgressOption;
import common.disk.TrialMount;
import common.inventory.ArtifactTree;
import common.inventory.Inventory;
import common.inventory.InventorySignature;
import common.inventory.StagingMode;
import common.verify.Expected;
import common.verify.Fault;
import common.verify.Findings;
import common.verify.Verification;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "verify", description = "Checks image sets byte by byte, in the factory and on site: images complete, "
        + "every digest right, inventory, node/ and store as they should be, no secret among them. Changes nothing "
        + "without --sign.",
        footer = {"", "Examples, at the factory gate and on the node:",
            "  jbang verify.java /srv/www/container-images --sign factory.pem",
            "  bash /var/mnt/node/bin/verify /var/mnt --public-key factory-public.pem"})
class Verify extends Cli.Command {
    @Parameters(paramLabel = "FOLDER", description = "container-images, or where the data partition is mounted.")
    Path folder;

    @Option(names = "--against", paramLabel = "FILE", description = "The inventory (default: FOLDER/inventory.json).")
    Path against;

    @Option(names = "--mode", paramLabel = "auto|load|store|both", description = "How the disk was staged, whatever its "
            + "staged.json says (auto, the default with --public-key: both if the inventory has a store, else load).")
    StagingMode mode;

    @Option(names = "--release", paramLabel = "VERSION", description = "The release that the disk is for, whatever its "
            + "staged.json says; needed with --public-key when the inventory has several.")
    String release;

    @Option(names = "--deep", description = "Also unpack every layer and compare it with its image's diff_ids, and "
            + "read every file in the store image. Takes about five times as long.")
    boolean deep;

    @Mixin
    ProgressOption progress;

    @Mixin
    JsonOption json;

    @ArgGroup
    Key key = new Key();

    private static class Key {
        @Option(names = "--sign", paramLabel = "KEY", description = "Enter node.tar and store.sqfs in the inventory if "
                + "they are not, and sign it when all is well, with an Ed25519 key (PEM, mode 0600).")
        Path sign;

        @Option(names = "--public-key", paramLabel = "KEY", description = "Check the inventory's signature, too.")
        Path check;
    }

    public static void main(String... args) {
        System.exit(Cli.run(new Verify(), args));
    }

    @Override
    public Integer call() throws IOException {
        long begun = System.nanoTime();
        if (!Files.isDirectory(folder)) {
            throw new Cli.Failure("no folder " + folder + "; is the data partition mounted?");
        }
        if (key.sign == null) {
            ArtifactTree tree = ArtifactTree.at(folder);
            warnOfOwnVerifier(tree.root());
            return verified(tree, null, begun);
        }
        PrivateKey secret = InventorySignature.privateKey(key.sign);
        if (ArtifactTree.at(folder).partition()) {
            throw new Cli.Failure(Cli.USAGE, folder + " is a data partition; --sign container-images on the factory "
                    + "server, curl-all brings the signature");
        }
        Inventory.complete(folder); // so that it can be signed; of a folder that is not whole no earlier signature stays
        Files.deleteIfExists(folder.resolve(Inventory.SIGNATURE));
        Path blobs = folder.resolve("blobs");
        try (LockFile pull = Files.isDirectory(blobs) ? LockFile.tryTake(blobs.resolve(".lock")).orElseThrow(() ->
                new Cli.Failure("a pull is writing to " + blobs + "; sign when it has ended")) : null) {
            return verified(ArtifactTree.at(folder), secret, begun);
        }
    }

    /** Checks all, and signs what was checked when there is a key and nothing wrong. */
    private int verified(ArtifactTree tree, PrivateKey secret, long begun) throws IOException {
        boolean stated = key.check != null || mode != null || release != null;
        Verification verification = new Verification(tree, new Expected(stated,
                mode, release),
                against == null ? null : against.toRealPath(),
                key.check == null ? null : InventorySignature.publicKey(key.check), deep);
        try (Progress progress = Progress.start("Verifying", verification.files(), verification.bytes())) {
            verification.run(progress);
        }
        if (tree.partition()) {
            trialMount(tree.root(), verification.findings());
        }
        boolean whole = verification.findings().wrong().isEmpty();
        if (whole && secret != null) {
            InventorySignature.sign(tree.root(), verification.inventoryBytes(), secret);
        }
        report(tree, verification, whole && secret != null, (System.nanoTime() - begun) / 1e9);
        return whole ? Cli.DONE : Cli.FAILED;
    }

    /** Mounts the partition once more as the node does, if it is one. */
    private static void trialMount(Path folder, Findings findings) throws IOException {
        TrialMount trial;
        try {
            trial = TrialMount.mountedOn(folder).orElse(null);
        } catch (Cli.Failure e) {
            findings.unchecked().add("that a node can mount it: " + e.getMessage());
            return;
        }
        try {
            if (trial != null) {
                trial.run();
            }
        } catch (Cli.Failure e) {
            findings.found().add(new Findings.Found(Fault.UNREADABLE, e.getMessage()));
        }
    }

    /** A program on the disk that it judges finds what befell the disk; whoever changed the disk could change it, too. */
    private void warnOfOwnVerifier(Path root) throws IOException {
        if (key.check != null && (isIn(root, System.getProperty("java.home"))
                || isIn(root, System.getProperty("java.class.path").split(File.pathSeparator)[0]))) {
            Cli.warn("this verifier is on the disk that it checks: it finds accidents, not attackers; against these "
                    + "run your own copy of it, with your own copy of the public key");
        }
    }

    private static boolean isIn(Path folder, String file) throws IOException {
        return Files.exists(Path.of(file)) && Path.of(file).toRealPath().startsWith(folder);
    }

    private void report(ArtifactTree tree, Verification verification, boolean signed, double seconds) throws IOException {
        Findings findings = verification.findings();
        PrintStream text = json.text();
        findings.wrong().forEach(f -> System.err.println("wrong: " + f));
        findings.unchecked().forEach(f -> text.println("not checked: " + f));
        findings.notes().forEach(text::println);
        verification.notStaged().forEach(k -> text.println("not staged: " + k));
        long free = tree.root().toFile().getUsableSpace(); // a FileStore is not to be had in a chroot
        boolean whole = findings.wrong().isEmpty();
        String of = verification.release() == null ? "" : " of release " + verification.release();
        text.printf(Locale.ROOT, "%s: %s; %s%s, %s, %.1f MB hashed in %.1f s, %.1f MB free%s%n", tree.root(),
                whole ? "whole" : Cli.count(findings.wrong().size(), "fault"), Cli.count(verification.images(), "image"), of,
                Cli.count(tree.blobs().size(), "blob"),
                verification.bytes() / 1e6, seconds, free / 1e6, signed ? "; inventory signed" : "");
        ObjectNode document = Json.object().put("folder", tree.root().toString()).put("partition", tree.partition())
                .put("whole", whole).put("release", verification.release()).put("signed", signed).put("images", verification.images())
                .put("blobs", tree.blobs().size()).put("bytes", verification.bytes()).put("freeBytes", free)
                .put("seconds", Math.round(seconds * 10) / 10.0).setAll(findings.json());
        verification.notStaged().forEach(document.putArray("notStaged")::add);
        json.print(document, whole ? Cli.DONE : Cli.FAILED);
    }
}
