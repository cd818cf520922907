//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Packages.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../create-vm.java
//SOURCES ../lab/WebServer.java
//SOURCES ScriptRun.java
//SOURCES Scripts.java
//SOURCES ServedTree.java
//SOURCES VmProfile.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import common.cli.Cli;
import common.cli.Packages;
import common.cli.Proc;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** libvirt's own test driver stands in for a daemon: a network and a VM are there, and virsh is the real one. */
@Tag("fault")
@DisplayName("create-vm, before there is a VM,")
class CreateVmFaultTest {
    private static final String DRIVER = "test:///default";
    @TempDir
    static Path shared;
    private static WebServer nginx;

    @TempDir
    Path temp;

    @BeforeAll
    static void serve() throws IOException {
        Path root = Files.createDirectory(shared.resolve("container-images"));
        ServedTree.small(root).add("node.tar", "node", new byte[10_000]);
        nginx = WebServer.start(shared.resolve("nginx"), root);
    }

    @AfterAll
    static void stop() {
        nginx.close();
    }

    private Object[] args(String network, String more, Object... options) throws IOException {
        List<Object> args = new ArrayList<>(List.of("--profile", VmProfile.write(temp, network, more), "--accel", "tcg",
                "--artifacts", "127.0.0.1:" + nginx.port(), "--state", temp.resolve("vms")));
        Stream.of(options).forEach(args::add);
        return args.toArray();
    }

    private ScriptRun run(String network, String more, Object... options) throws IOException {
        return ScriptRun.of(new CreateVm(), args(network, more, options));
    }

    private void refused(int exit, String words, ScriptRun run) {
        assertAll(() -> assertEquals(exit, run.exit(), run::toString),
                () -> assertTrue(run.err().contains(words), run::toString),
                () -> assertFalse(Files.exists(temp.resolve("vms/" + VmProfile.NAME + "/target.qcow2"))));
    }

    @Test
    @DisplayName("asks for the artifact server when neither option nor environment names one")
    void noArtifacts() throws IOException {
        ScriptRun run = ScriptRun.of(new CreateVm(), "--profile", VmProfile.write(temp, "user", ""), "--backend",
                "qemu");
        refused(Cli.USAGE, "--artifacts HTTP_BASE, or ARTIFACTS or HTTP_IP", run);
    }

    @Test
    @DisplayName("names the profile that is not there, and one with a wrong type by its line")
    void profile() throws IOException {
        refused(Cli.FAILED, "no profile nowhere.yaml", ScriptRun.of(new CreateVm(), "--profile", "nowhere.yaml"));
        Path wrong = Files.writeString(temp.resolve("wrong.yaml"), "vm:\n  image: a\n  memory: much\n");
        refused(Cli.FAILED, "wrong.yaml:3: memory much", ScriptRun.of(new CreateVm(), "--profile", wrong));
    }

    @Test
    @DisplayName("names the image that is not there, and where to put it")
    void image() throws IOException {
        Path nowhere = temp.resolve("nowhere.qcow2");
        refused(Cli.FAILED, "--image " + nowhere, run("user", "", "--backend", "qemu", "--size", "1GiB", "--image",
                nowhere));
        refused(Cli.FAILED, "no image node.qcow2", run("user", "", "--backend", "qemu", "--size", "1GiB"));
    }

    @Test
    @DisplayName("says that the disk is too small for the set")
    void tooSmall() throws IOException {
        refused(Cli.FAILED, "too small: ", run("user", "", "--backend", "qemu", "--size", "50MiB"));
        refused(Cli.FAILED, "too small: ", run("user", "", "--backend", "qemu")); // the default start is at 57 GiB
    }

    @Test
    @DisplayName("says that the artifact server does not answer, or lacks the release")
    void server() throws IOException {
        Path profile = VmProfile.write(temp, "user", "");
        refused(Cli.FAILED, "cannot connect", ScriptRun.of(new CreateVm(), "--profile", profile, "--backend", "qemu",
                "--artifacts", "127.0.0.1:1"));
        refused(Cli.FAILED, "no release 4.11.0", run("user", "", "--backend", "qemu", "--release", "4.11.0"));
    }

    @Test
    @DisplayName("needs two disks and a network in the profile")
    void oneDisk() throws IOException {
        Path profile = Files.writeString(temp.resolve("plan.yaml"), "vm:\n  image: a\n  disks: [10]\n");
        refused(Cli.FAILED, "1 disks and 0 networks", ScriptRun.of(new CreateVm(), "--profile", profile, "--backend",
                "qemu", "--artifacts", "127.0.0.1:" + nginx.port(), "--accel", "tcg"));
    }

    @Test
    @DisplayName("names the package of qemu when that is not installed")
    void noQemu() throws IOException {
        String empty = Files.createDirectory(temp.resolve("bin")).toString();
        Proc.Result run = Scripts.program(CreateVm.class, args("user", "", "--backend", "qemu", "--size", "1GiB"))
                .env("PATH", empty).run();
        assertEquals(Cli.MISSING, run.exit(), run::toString);
        List<String> packages = List.copyOf(Packages.having(List.of("qemu-system-x86_64", "qemu-img")));
        assertTrue(run.err().contains("not installed: qemu-system-x86_64") && run.err().contains(packages.get(0))
                && run.err().contains(packages.get(1)), run::toString);
    }

    @Test
    @DisplayName("says that libvirt does not answer and what to do")
    void noLibvirt() throws IOException {
        String nowhere = "qemu+unix:///system?socket=" + temp.resolve("no-socket");
        refused(Cli.MISSING, "does not answer: ", run("user", "", "--backend", "libvirt", "--connect", nowhere,
                "--size", "1GiB"));
    }

    @Test
    @DisplayName("says that libvirt does not let this user in, and who may")
    void forbidden() throws IOException {
        Path socket = temp.resolve("libvirt-sock");
        try (ServerSocketChannel listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listening.bind(UnixDomainSocketAddress.of(socket));
            Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rwx------"));
            ScriptRun run = Scripts.withoutRoot(CreateVm.class, args("user", "", "--backend", "libvirt", "--connect",
                    "qemu+unix:///system?socket=" + socket, "--size", "1GiB"));
            refused(Cli.MISSING, "Permission denied", run);
            refused(Cli.MISSING, "be root or in the group libvirt", run);
        }
    }

    @Test
    @DisplayName("takes qemu when libvirt does not answer and none is named")
    void auto() throws IOException {
        String nowhere = "qemu+unix:///system?socket=" + temp.resolve("no-socket");
        ScriptRun run = run("user", "", "--connect", nowhere, "--size", "1GiB", "--dry-run");
        assertTrue(run.exit() == Cli.DONE && run.out().contains("qemu-system-x86_64 -name"), run::toString);
    }

    private ScriptRun inDriver(String network, Object... options) throws IOException {
        return run(network, "  pool: default-pool\n", Stream.concat(Stream.of("--backend", "libvirt", "--connect",
                DRIVER, "--size", "1GiB"), Stream.of(options)).toArray());
    }

    @Test
    @DisplayName("names the networks and the pools that libvirt has when the profile's is none of them")
    void noNetwork() throws IOException {
        refused(Cli.MISSING, "no active network baremetal at " + DRIVER + "; virsh net-list shows: default",
                inDriver("baremetal"));
        refused(Cli.MISSING, "no active storage pool default at " + DRIVER + "; virsh pool-list shows: default-pool",
                run("user", "", "--backend", "libvirt", "--connect", DRIVER, "--size", "1GiB"));
    }

    @Test
    @DisplayName("says that a VM on a network of libvirt does not reach this host's loopback")
    void loopback() throws IOException {
        refused(Cli.USAGE, "the VM cannot reach the artifact server at 127.0.0.1", inDriver("default"));
    }

    @Test
    @DisplayName("leaves a VM of that name alone that it did not make, in libvirt")
    void collision() throws IOException {
        ScriptRun run = inDriver("user", "--name", "test", "--force");
        refused(Cli.FAILED, "that create-vm did not make", run);
        assertTrue(Proc.of("virsh", "-c", DRIVER, "domstate", "test").check().contains("running"));
    }

    @Test
    @DisplayName("leaves disks of that name alone that it did not make, in its folder")
    void foreignDisk() throws IOException {
        Path disk = Files.createDirectories(temp.resolve("vms/" + VmProfile.NAME)).resolve("system.qcow2");
        Files.writeString(disk, "precious");
        refused(Cli.FAILED, "that create-vm did not make", run("user", "", "--backend", "qemu", "--size", "1GiB",
                "--force"));
        assertEquals("precious", Files.readString(disk));
        refused(Cli.FAILED, "create-vm made no VM", run("user", "", "--backend", "qemu", "--delete"));
        assertEquals("precious", Files.readString(disk));
    }

    /** What an earlier run left of a VM. */
    private Path made(String name, String backend) throws IOException {
        Path vm = Files.createDirectories(temp.resolve("vms").resolve(name));
        Files.writeString(vm.resolve("vm.json"), "{\"backend\":\"" + backend + "\",\"connect\":\"" + DRIVER + "\"}");
        return vm;
    }

    @Test
    @DisplayName("--delete kills a QEMU that does not hear SIGTERM")
    void deafQemu() throws IOException {
        Path vm = made(VmProfile.NAME, "qemu");
        Process deaf = new ProcessBuilder("bash", "-c", "trap '' TERM; echo; while :; do sleep 1; done", "qemu", "-pidfile",
                vm.resolve("qemu.pid").toString(), "-daemonize").start();
        try {
            assertEquals('\n', deaf.getInputStream().read()); // from now on it is deaf
            Files.writeString(vm.resolve("qemu.pid"), deaf.pid() + "\n");
            ScriptRun run = run("user", "", "--backend", "qemu", "--delete");
            assertEquals("0 false false", run.exit() + " " + deaf.isAlive() + " " + Files.exists(vm), run::toString);
        } finally {
            deaf.destroyForcibly();
        }
    }

    @Test
    @DisplayName("--delete by a member of libvirt's group ends well although the log of the console is root's")
    void rootsLog() throws IOException {
        String name = "create-vm-test-" + ProcessHandle.current().pid();
        Path vm = made(name, "libvirt");
        Path log = Path.of("/var/log/libvirt/qemu/" + name + "-serial.log");
        Files.createDirectories(log.getParent());
        Files.writeString(log, "");
        try {
            Proc.of("chown", "-R", "65534", vm.getParent().toString()).check();
            Files.setPosixFilePermissions(temp, PosixFilePermissions.fromString("rwx--x--x"));
            ScriptRun run = Scripts.withoutRoot(CreateVm.class, args("user", "  pool: default-pool\n", "--name", name,
                    "--backend", "libvirt", "--connect", DRIVER, "--delete"));
            assertEquals("0 false", run.exit() + " " + Files.exists(vm), run::toString);
            assertTrue(run.err().contains(log + " stays: root alone may remove it"), run::toString);
        } finally {
            Files.delete(log);
        }
    }
}
