package common.vm;

//SOURCES ../cli/AtomicFile.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/Proc.java
//SOURCES DiskImage.java
//SOURCES Firmware.java
//SOURCES Accelerator.java
//SOURCES KcliPlan.java
//SOURCES RhcosImage.java
//SOURCES UserNetwork.java
//SOURCES VirtualMachine.java
//SOURCES VmFolder.java

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import common.cli.AtomicFile;
import common.cli.Cli;
import common.cli.Proc;
import okhttp3.HttpUrl;

/** A VM that is a QEMU process of this user, with no daemon: user-mode network, disks, pid and log in its folder. */
public final class QemuMachine implements VirtualMachine {
    private static final int LINES = 20;
    /** Its disks are removed next: it need not write back what they lack. */
    private static final int SECONDS_TO_END = 5;

    private final Spec order;
    private final UserNetwork network;

    public QemuMachine(Spec order) {
        this.order = order;
        this.network = UserNetwork.of(order.plan().nets().get(0));
    }

    @Override
    public void checkHost() {
        Proc.need(Accelerator.program(), "qemu-img", "ssh", "ssh-keygen");
        if (order.plan().uefi()) {
            Firmware.installed();
        }
    }

    @Override
    public State state() {
        return process().isPresent() ? State.RUNNING : Files.exists(disk(0)) ? State.OFF : State.ABSENT;
    }

    @Override
    public void create(RhcosImage image) throws IOException {
        for (int i = 0; i < order.plan().disks().size(); i++) {
            if (!Files.exists(disk(i))) {
                Path temp = order.folder().file(".disk.tmp");
                Proc.of(diskCommand(i, i == 0 ? image.file() : null, temp)).check();
                AtomicFile.rename(temp, disk(i));
            }
        }
        Path variables = order.folder().file("uefi-variables.fd");
        if (order.plan().uefi() && !Files.exists(variables)) {
            Path temp = order.folder().file(".uefi-variables.tmp");
            Files.copy(Firmware.installed().variables(), temp, StandardCopyOption.REPLACE_EXISTING);
            AtomicFile.rename(temp, variables);
        }
    }

    @Override
    public void start() throws IOException {
        int port = freePort();
        if (Files.exists(log())) {
            Files.move(log(), order.folder().file("serial.log.1"), StandardCopyOption.REPLACE_EXISTING);
        }
        AtomicFile.write(order.folder().file("ssh.port"), ("" + port).getBytes());
        Proc.of(argv(order, network, port)).timeout(Duration.ofMinutes(5)).check();
    }

    @Override
    public Endpoint ssh() throws IOException {
        return new Endpoint("127.0.0.1", Integer.parseInt(Files.readString(order.folder().file("ssh.port"))));
    }

    @Override
    public HttpUrl seen() {
        return network.seen(order.artifacts());
    }

    @Override
    public String shipped() {
        return disk(1).toString();
    }

    @Override
    public List<String> serial() throws IOException {
        return VmFolder.tail(log(), LINES);
    }

    @Override
    public String console() {
        return "serial log " + log();
    }

    @Override
    public void delete() throws IOException {
        Optional<ProcessHandle> process = process();
        process.ifPresent(QemuMachine::end);
        order.folder().delete();
    }

    @Override
    public List<String> preview(RhcosImage image) {
        Path file = image.here().orElse(image.cache().resolve(image.name()));
        return Stream.concat(IntStream.range(0, order.plan().disks().size())
                .mapToObj(i -> diskCommand(i, file, disk(i))), Stream.of(argv(order, network, 2222))).map(argv -> Proc.of(argv).shown()).toList();
    }

    /** The system's disk holds what differs from the image. */
    private List<String> diskCommand(int i, Path image, Path file) {
        KcliPlan.Disk disk = order.plan().disks().get(i);
        List<String> argv = new ArrayList<>(List.of("qemu-img", "create", "-q", "-f", "qcow2"));
        if (i == 0) {
            argv.addAll(List.of("-b", image.toString(), "-F", DiskImage.format(image)));
        } else if (!disk.thin()) {
            argv.addAll(List.of("-o", "preallocation=falloc"));
        }
        argv.addAll(List.of(file.toString(), disk.size() + "G"));
        return argv;
    }

    /** The whole command line. No -no-reboot: CoreOS may reboot once when Ignition has changed kernel arguments. */
    static List<String> argv(Spec order, UserNetwork network, int sshPort) {
        KcliPlan plan = order.plan();
        VmFolder folder = order.folder();
        List<String> argv = new ArrayList<>(List.of(Accelerator.program(), "-name", plan.name(), "-machine", "q35",
                "-accel", order.accelerator().argument(), "-cpu", order.accelerator().cpu,
                "-smp", "" + plan.cpus(), "-m", "" + plan.memory(), "-nodefaults", "-display", "none",
                "-chardev", "file,id=serial,path=" + value(folder.file("serial.log")), "-serial", "chardev:serial",
                "-fw_cfg", "name=opt/com.coreos/config,file=" + value(order.config()),
                "-object", "rng-random,id=rng,filename=/dev/urandom", "-device", "virtio-rng-pci,rng=rng"));
        if (plan.uefi()) {
            argv.addAll(List.of("-drive", "if=pflash,unit=0,format=raw,readonly=on,file="
                    + value(Firmware.installed().code()), "-drive", "if=pflash,unit=1,format=raw,file="
                    + value(folder.file("uefi-variables.fd"))));
        }
        for (int i = 0; i < plan.disks().size(); i++) {
            argv.addAll(List.of("-drive", "if=none,id=disk" + i + ",format=qcow2,discard=unmap,file="
                    + value(disk(folder, i)), "-device", "virtio-blk-pci,drive=disk" + i
                    + (i == 0 ? ",bootindex=1" : "")));
        }
        for (int i = 0; i < plan.nets().size(); i++) {
            argv.addAll(List.of("-netdev", i == 0 ? network.restricted("net0", sshPort, order.artifacts())
                    : "user,id=net" + i + ",restrict=on", "-device", "virtio-net-pci,romfile=,netdev=net" + i + ",mac="
                    + order.macs().get(i)));
        }
        argv.addAll(List.of("-pidfile", folder.file("qemu.pid").toString(), "-daemonize"));
        return argv;
    }

    /** In a QEMU option a comma ends the value unless it is doubled. */
    private static String value(Path path) {
        return path.toString().replace(",", ",,");
    }

    private Path disk(int i) {
        return disk(order.folder(), i);
    }

    /** Asks it to end, and kills it when it does not: one that hangs in a device does not hear SIGTERM. */
    private static void end(ProcessHandle qemu) {
        try {
            qemu.destroy();
            try {
                qemu.onExit().get(SECONDS_TO_END, TimeUnit.SECONDS);
            } catch (TimeoutException e) {
                qemu.destroyForcibly();
                qemu.onExit().get(20, TimeUnit.SECONDS);
            }
        } catch (TimeoutException | ExecutionException e) {
            throw new Cli.Failure("QEMU, process " + qemu.pid() + ", does not end even when killed; its disks are kept. "
                    + "See dmesg, then run the same command again");
        } catch (InterruptedException e) {
            throw new Cli.Failure(Cli.INTERRUPTED, "interrupted", e);
        }
    }

    private static Path disk(VmFolder folder, int i) {
        return folder.file(i == 0 ? "system.qcow2" : i == 1 ? "target.qcow2" : "disk" + i + ".qcow2");
    }

    private Path log() {
        return order.folder().file("serial.log");
    }

    /** The QEMU of this VM: pids are given out again, so its command line has to name our pid file. */
    private Optional<ProcessHandle> process() {
        try {
            Path file = order.folder().file("qemu.pid");
            String pid = Files.readString(file).strip();
            String argv = Files.readString(Path.of("/proc", pid, "cmdline"));
            return argv.contains("\0" + file + "\0") ? ProcessHandle.of(Long.parseLong(pid)) : Optional.empty();
        } catch (IOException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            return socket.getLocalPort();
        }
    }
}
