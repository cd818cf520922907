//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

import common.cli.Cli;
import common.cli.Proc;

/** libvirt's daemon for a test, with a storage pool of its own; a daemon that runs already is used and stays. */
final class TestLibvirt implements AutoCloseable {
    private final Path folder;
    private final boolean ours;

    private TestLibvirt(Path folder, boolean ours) {
        this.folder = folder;
        this.ours = ours;
    }

    static TestLibvirt start(Path folder) throws IOException {
        Proc.need("virsh", "libvirtd", "virtlogd");
        Files.createDirectories(folder);
        boolean ours = !answers();
        if (ours) {
            Proc.of("virtlogd", "-d", "-p", folder.resolve("virtlogd.pid").toString()).check();
            Proc.of("libvirtd", "-d", "-p", folder.resolve("libvirtd.pid").toString()).check();
        }
        for (int i = 0; i < 600 && !answers(); i++) {
            pause();
        }
        TestLibvirt libvirt = new TestLibvirt(folder, ours);
        // where the user of libvirt's QEMUs may go, unlike a test's temporary folder
        Path pool = Files.createTempDirectory(Path.of("/var/tmp"), "create-vm-pool");
        Files.setPosixFilePermissions(pool, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.createSymbolicLink(folder.resolve("pool"), pool);
        libvirt.virsh("pool-create-as", libvirt.pool(), "dir", "--target", pool.toString());
        return libvirt;
    }

    String pool() throws IOException {
        return Files.readSymbolicLink(folder.resolve("pool")).getFileName().toString();
    }

    String virsh(String... args) {
        String[] argv = new String[args.length + 3];
        System.arraycopy(new String[] {"virsh", "--connect", "qemu:///system"}, 0, argv, 0, 3);
        System.arraycopy(args, 0, argv, 3, args.length);
        return Proc.of(argv).check();
    }

    private static boolean answers() {
        return Proc.of("virsh", "--connect", "qemu:///system", "version").run().ok();
    }

    private static void pause() {
        try {
            Thread.sleep(200);
        } catch (InterruptedException e) {
            throw new Cli.Failure(Cli.INTERRUPTED, "interrupted", e);
        }
    }

    /** By pid: other daemons of the host are none of ours. */
    @Override
    public void close() throws IOException {
        virsh("pool-destroy", pool());
        Proc.of("rm", "-rf", Files.readSymbolicLink(folder.resolve("pool")).toString()).check();
        for (String daemon : ours ? new String[] {"libvirtd", "virtlogd"} : new String[0]) {
            Path file = folder.resolve(daemon + ".pid");
            ProcessHandle.of(Long.parseLong(Files.readString(file).strip())).ifPresent(p -> {
                p.destroy();
                p.onExit().join();
            });
        }
    }
}
