package common.vm;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/Proc.java
//SOURCES ../cli/ProgressOption.java
//SOURCES ../http/Http.java
//SOURCES ../oci/Digest.java
//SOURCES ../oci/DiskNames.java
//SOURCES Ssh.java

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;
import common.cli.Proc;
import common.cli.ProgressOption;
import common.oci.Digest;
import common.oci.DiskNames;
import okhttp3.HttpUrl;

/**
 * The runbook's steps inside the factory VM, over ssh as a user who may sudo without a password. The VM has no Java:
 * the scripts come with the node bundle. Each step finds what an earlier run left and goes on.
 */
public final class GuestStaging {
    private static final String FOLDER = "/var/tmp/create-vm";
    private static final String CERTIFICATES = "/run/create-vm-certificates"; // in memory
    private static final int SHOWN = 30;
    /**
     * Runs a script of the bundle. One that an earlier, broken connection left running is ended first: it holds the
     * partition's lock.
     */
    private static final String STEP = """
            old=$(cat /run/create-vm.pid 2>/dev/null) && grep -q create-vm /proc/$old/cmdline 2>/dev/null \
            && kill $old && while [ -e /proc/$old ]; do sleep 1; done; echo $$ >/run/create-vm.pid; exec "$@\"""";

    private static final String TRIAL_MOUNT = """
            set -e; blockdev --flushbufs "$1"; blockdev --flushbufs "$2"; \
            loop=$(losetup --find --show --read-only --offset "$3" --sizelimit "$4" "$2"); \
            trap 'losetup --detach "$loop"' EXIT; mount -t xfs -o ro,nosuid,nodev,nouuid "$loop" "$5"; umount "$5\"""";

    private final Ssh ssh;
    private final PrintStream text;

    /** Where the partition goes. Size in bytes, or first sector; both null: create-gpt-partition's default. */
    public record Place(String label, Long size, Long startSector) {
        private static final int SECTOR = 512;
        private static final long MIB = 1 << 20;

        /** Bytes of the partition on a disk of that many. */
        public long bytes(long disk) {
            return size != null ? size : disk - MIB - (startSector != null ? startSector : DiskNames.START_SECTOR) * SECTOR;
        }

        List<String> arguments() {
            return size != null ? List.of("--size", (size + MIB - 1) / MIB + "MiB")
                    : startSector != null ? List.of("--start-sector", "" + startSector) : List.of();
        }
    }

    /** Bytes of the mounted file system. */
    public record Space(long size, long used) {
    }

    public GuestStaging(Ssh ssh, PrintStream text) {
        this.ssh = ssh;
        this.text = text;
    }

    /** Copies the node bundle into the VM and unpacks it, unless it is there. */
    public void bundle(Path tar) throws IOException {
        String digest = Digest.of(tar).hex();
        String done = FOLDER + "/" + digest;
        if (ssh.command("test -e " + done).run().ok()) {
            return;
        }
        String unpack = "sudo rm -rf " + FOLDER + " && sudo mkdir -p " + FOLDER + "/node && sudo tar -xf - "
                + "--no-same-owner -C " + FOLDER + "/node && sudo touch " + done;
        Proc.Result result = ssh.command(unpack).stdin(tar).run();
        if (!result.ok()) {
            throw new Cli.Failure("the node bundle did not get into the VM: " + result.reason());
        }
    }

    /**
     * Makes, or finds, the partition and mounts it; create-gpt-partition's document.
     *
     * @param kernel version of the oldest that is to mount it
     */
    public JsonNode partition(Place place, String kernel) {
        List<String> args = new ArrayList<>(List.of("--device", "/dev/vdb", "--label", place.label(), "--mount",
                DiskNames.MOUNT, "--node-kernel", kernel));
        args.addAll(place.arguments());
        return run("create-gpt-partition", args);
    }

    /**
     * Fetches from the artifact server, by its address for the VM; curl-all's document.
     *
     * @param certDir for https, as {@link common.http.Http} has it: the VM gets a copy as long as it fetches; null for none
     */
    public JsonNode fetch(HttpUrl artifacts, String release, String mode, Path certDir) throws IOException {
        List<String> args = new ArrayList<>(List.of(artifacts.toString(), DiskNames.MOUNT, "--mode", mode));
        if (certDir != null) {
            certificates(certDir);
            args.addAll(List.of("--cert-dir", CERTIFICATES));
        }
        if (release != null) {
            args.addAll(List.of("--release", release));
        }
        JsonNode fetched = run("curl-all", withProgress(args));
        ssh.check("sudo rm -rf " + CERTIFICATES);
        return fetched;
    }

    private void certificates(Path dir) throws IOException {
        Path tar = Files.createTempFile("certificates", ".tar"); // of mode 0600: there may be a key in it
        try {
            boolean folder = Files.isDirectory(dir);
            Proc.of("tar", "--dereference", "-cf", tar.toString(), "-C", (folder ? dir : dir.toAbsolutePath().getParent()).toString(),
                    folder ? "." : dir.getFileName().toString()).check();
            Proc.Result result = ssh.command("sudo rm -rf " + CERTIFICATES + " && sudo mkdir -p -m 0700 " + CERTIFICATES
                    + " && sudo tar -xf - --no-same-owner -C " + CERTIFICATES).stdin(tar).run();
            if (!result.ok()) {
                throw new Cli.Failure("the certificates of --cert-dir did not get into the VM: " + result.reason());
            }
        } finally {
            Files.delete(tar);
        }
    }

    /** Reads everything back; verify's document. */
    public JsonNode verify() {
        return run("verify", withProgress(List.of(DiskNames.MOUNT)));
    }

    /** There is no terminal in the VM: what is said of it here is said of its scripts. */
    private static List<String> withProgress(List<String> args) {
        String style = ProgressOption.style().name().toLowerCase(Locale.ROOT);
        return style.equals("auto") ? args : Stream.concat(args.stream(), Stream.of("--progress", style)).toList();
    }

    public Space space() {
        String[] words = ssh.check("df -B1 --output=size,used " + DiskNames.MOUNT + " | tail -n 1").strip().split("\\s+");
        return new Space(Long.parseLong(words[0]), Long.parseLong(words[1]));
    }

    /**
     * Unmounts, and mounts once more as the node does ({@link common.disk.TrialMount}). What a mount of
     * containers-storage below left there goes, too: a plain umount would be busy.
     *
     * @param partition create-gpt-partition's document
     */
    public void unmount(JsonNode partition) {
        ssh.check("sudo umount -R " + DiskNames.MOUNT + " && sync");
        ssh.check(Proc.of("sudo", "/usr/bin/bash", "-c", TRIAL_MOUNT, "trial-mount", partition.path("partition").asText(),
                partition.path("device").asText(), partition.path("offset").asText(), partition.path("bytes").asText(),
                DiskNames.MOUNT).shown());
    }

    /** Tells it to, no more: the connection may break before the answer comes, and a guest that hangs gives none. */
    public void powerOff() {
        ssh.command("sudo timeout 60 systemctl --no-block poweroff").run();
    }

    private boolean isBack() {
        try {
            ssh.await(Duration.ofSeconds(20), () -> true);
            return true;
        } catch (Cli.Failure e) {
            if (e.exitCode == Cli.INTERRUPTED) {
                throw e;
            }
            return false;
        }
    }

    private JsonNode run(String script, List<String> args) {
        List<String> step = new ArrayList<>(List.of("sudo", "/usr/bin/bash", "-c", STEP, "create-vm",
                "/usr/bin/bash", FOLDER + "/node/bin/" + script));
        step.addAll(args);
        step.add("--json");
        text.println("VM: " + script + " " + String.join(" ", args));
        Proc.Result result = ssh.command(Proc.of(step).shown()).watch();
        if (result.exit() == Ssh.BROKEN && isBack()) { // a step finds what it did before
            result.out().lines().filter(l -> !l.isBlank()).limit(SHOWN).forEach(System.err::println);
            Cli.warn("the connection to the VM broke during " + script + ", or something ended it there; once more");
            result = ssh.command(Proc.of(step).shown()).watch();
        }
        if (result.exit() == Ssh.BROKEN) {
            throw new Cli.Failure("the connection to the VM broke during " + script);
        }
        if (!result.ok()) {
            throw new Cli.Failure(result.exit(), script + " in the VM ended with exit code " + result.exit()
                    + "; its reason is above", null);
        }
        return Json.parse(result.out().getBytes(StandardCharsets.UTF_8), script + " in the VM");
    }
}
