//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/vm/Accelerator.java

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import common.cli.Cli;
import common.cli.Proc;
import common.vm.Accelerator;

/**
 * A running lab node: QEMU with software emulation, which works on every machine (see common/vm/Accelerator). It has no network unless it is given an ssh port, and no
 * console but a file. Closing it is pulling the plug.
 */
final class LabNode implements AutoCloseable {
    static final List<String> PROGRAMS = List.of("qemu-system-x86_64", "qemu-img", "setsid");

    private static final Pattern LOST = Pattern.compile("LAB-NODE-EMERGENCY|Kernel panic|in emergency mode");
    private static final int SHOWN_LINES = 25;

    private final Machine machine;
    private final Process qemu;

    /**
     * What to boot and what is plugged in; {@code null} or 0: nothing. The first of the virtio disks, qcow2, is
     * {@code /dev/vda}. {@code iso} is preferred to the disks. {@code config}, an Ignition configuration, is for a boot
     * from disk. {@code sshPort} of 127.0.0.1 leads to the guest's sshd; the guest itself reaches nothing. {@code more}:
     * further arguments of QEMU.
     */
    record Machine(String name, Path folder, Path iso, List<Path> disks, Path config, int sshPort, List<String> more) {
        static Machine live(String name, Path folder, Path iso, Path... disks) {
            return new Machine(name, folder, iso, List.of(disks), null, 0, List.of());
        }

        static Machine installed(String name, Path folder, Path config, Path... disks) {
            return new Machine(name, folder, null, List.of(disks), config, 0, List.of());
        }

        Machine withSsh(int port) {
            return new Machine(name, folder, iso, disks, config, port, more);
        }

        Machine with(List<String> arguments) {
            return new Machine(name, folder, iso, disks, config, sshPort, arguments);
        }

        Path serial() {
            return folder.resolve(name + ".serial.log");
        }

        List<String> argv() {
            List<String> argv = new ArrayList<>(List.of("qemu-system-x86_64", "-name", name, "-machine", "pc",
                    "-accel", Accelerator.TCG.argument(), "-cpu", Accelerator.TCG.cpu, "-smp", "2",
                    "-m", iso == null ? "3072" : "8192", // a live system unpacks images into memory
                    "-nodefaults", "-display", "none", "-no-reboot", "-serial", "file:" + serial(),
                    "-object", "rng-random,filename=/dev/urandom,id=rng", "-device", "virtio-rng-pci,rng=rng"));
            if (iso != null) {
                argv.addAll(List.of("-drive", "file=" + iso + ",if=none,id=iso,media=cdrom,readonly=on",
                        "-device", "ide-cd,drive=iso,bootindex=0"));
            }
            for (int i = 0; i < disks.size(); i++) {
                argv.addAll(List.of("-drive", "file=" + disks.get(i) + ",if=none,id=disk" + i
                        + ",format=qcow2,cache=unsafe", "-device", "virtio-blk-pci,drive=disk" + i + ",bootindex="
                        + (i + 1)));
            }
            if (config != null) {
                argv.addAll(List.of("-fw_cfg", "name=opt/com.coreos/config,file=" + config));
            }
            if (sshPort != 0) {
                argv.addAll(List.of("-netdev", "user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:" + sshPort + "-:22",
                        "-device", "virtio-net-pci,netdev=net,romfile="));
            }
            argv.addAll(more);
            return argv;
        }
    }

    private LabNode(Machine machine, Process qemu) {
        this.machine = machine;
        this.qemu = qemu;
    }

    /** In a session of its own: Ctrl-C reaches the script, which closes the node. */
    static LabNode boot(Machine machine) throws IOException {
        Proc.need(PROGRAMS.toArray(String[]::new));
        Files.deleteIfExists(machine.serial());
        List<String> argv = new ArrayList<>(List.of("setsid"));
        argv.addAll(machine.argv());
        argv.set(1, Proc.find(argv.get(1)).orElseThrow().toString());
        return new LabNode(machine, Proc.of(argv).background(machine.folder().resolve(machine.name() + ".qemu.log")));
    }

    /** A new disk over an image, which is only read: each boot finds it as it was. */
    static Path overlay(Path image, Path disk) {
        Proc.of("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", image.toAbsolutePath().toString(),
                disk.toString()).check();
        return disk;
    }

    long pid() {
        return qemu.pid();
    }

    /** What the serial console has shown so far, lines end with a line feed alone. */
    String serial() throws IOException {
        Path log = machine.serial();
        return Files.exists(log) ? new String(Files.readAllBytes(log), StandardCharsets.UTF_8).replace("\r", "") : "";
    }

    /**
     * Waits until the serial console shows it. A {@link Cli.Failure}, at once when the node is lost (kernel panic,
     * emergency mode, Ignition failed) or off, else at the deadline; the console's last lines go to stderr.
     */
    Matcher await(String regex, Duration deadline) throws IOException {
        Pattern pattern = Pattern.compile(regex, Pattern.MULTILINE);
        long end = System.nanoTime() + deadline.toNanos();
        while (true) {
            boolean off = !qemu.isAlive();
            String serial = serial();
            Matcher matcher = pattern.matcher(serial);
            if (matcher.find()) {
                return matcher;
            }
            if (off || LOST.matcher(serial).find()) {
                awaitOff(Duration.ofSeconds(30));
                throw failure("the node " + (off ? "is off" : "failed") + " before it showed \"" + regex + "\"");
            }
            if (System.nanoTime() > end) {
                throw failure("after " + deadline.toSeconds() + " s the node has not shown \"" + regex + "\"");
            }
            pause();
        }
    }

    /** Waits until the node has powered itself off; whether it has. */
    boolean awaitOff(Duration deadline) {
        try {
            return qemu.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw new Cli.Failure(Cli.INTERRUPTED, "interrupted while a node ran", e);
        }
    }

    @Override
    public void close() {
        qemu.destroyForcibly();
        qemu.onExit().join();
    }

    private Cli.Failure failure(String what) throws IOException {
        List<String> lines = serial().lines().toList();
        lines.subList(Math.max(0, lines.size() - SHOWN_LINES), lines.size()).forEach(System.err::println);
        return new Cli.Failure(machine.name() + ": " + what + "; its console: " + machine.serial());
    }

    private static void pause() {
        try {
            Thread.sleep(200);
        } catch (InterruptedException e) {
            throw new Cli.Failure(Cli.INTERRUPTED, "interrupted while a node started", e);
        }
    }
}
