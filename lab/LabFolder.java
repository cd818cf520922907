//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/disk/MountEntry.java
//SOURCES LoopbackServer.java

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import common.cli.Cli;
import common.cli.Proc;
import common.disk.MountEntry;

/**
 * The one folder below which a lab has everything: its files, its mounts, and the pids of its servers. What ends,
 * unmounts or removes refuses a folder that has files and that no lab made.
 */
record LabFolder(Path path) {
    /** Shows that a folder is ours, so that it may be emptied. */
    private static final String MARKER = ".pre-staging-lab";
    private static final String RUN_ROOTS = "run-roots";
    private static final Pattern OURS = Pattern.compile(".*/(nginx|docker-registry|registry|qemu-system-x86_64)");

    /** A server or a virtual machine of an earlier or this run that is alive; port 0: it has none. */
    record Running(String name, ProcessHandle process, int port) {
    }

    LabFolder {
        path = path.toAbsolutePath().normalize();
    }

    Path www() {
        return path.resolve("www");
    }

    /** Image lists and registries.conf. */
    Path lists() {
        return path.resolve("lists");
    }

    Path disk() {
        return path.resolve("disk.img");
    }

    Path mountPoint() {
        return path.resolve("mnt");
    }

    /** Consoles of the nodes that the lab booted. */
    Path consoles() {
        return path.resolve("consoles");
    }

    Path sshKey() {
        return path.resolve("id_ed25519");
    }

    /** Where create-vm has its VMs. */
    Path vms() {
        return path.resolve("vms");
    }

    Path factoryVm() {
        return vms().resolve("factory.lab.example.com");
    }

    /** The disk that create-vm shipped. */
    Path stagedDisk() {
        return factoryVm().resolve("target.qcow2");
    }

    /** Where the partition's store.sqfs is mounted. */
    Path store() {
        return path.resolve("store");
    }

    /** Of the private containers-storage that images are loaded into. */
    Path storage() {
        return path.resolve("storage");
    }

    /** Of the one beside the mounted store. */
    Path emptyStorage() {
        return path.resolve("storage-beside-store");
    }

    /** Where {@link PrivateStorage} has its run roots: outside, since their paths must be short. */
    Path runRoots() throws IOException {
        return Files.readSymbolicLink(path.resolve(RUN_ROOTS));
    }

    /** Makes the folder, or empties one that an earlier run left; refuses others and one whose lab is up. */
    void prepare() throws IOException {
        if (!running().isEmpty()) {
            throw new Cli.Failure("the lab in " + path + " is up; end it with: lab.java down --dir " + path);
        }
        release();
        delete();
        Files.createDirectories(path.getParent());
        Files.createDirectory(path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.createFile(path.resolve(MARKER));
        Files.createSymbolicLink(path.resolve(RUN_ROOTS), Files.createTempDirectory("lab"));
        Files.createDirectories(www());
        Files.createDirectories(mountPoint());
        Files.createDirectories(store());
    }

    void remember(String name, LoopbackServer server) throws IOException {
        Files.writeString(path.resolve(name + ".pid"), server.pid() + " " + server.port());
    }

    void remember(String name, long pid) throws IOException {
        Files.writeString(path.resolve(name + ".pid"), pid + " 0");
    }

    /** A pid counts only while its process still is one of our server programs: pids are given out again. */
    List<Running> running() throws IOException {
        List<Running> running = new ArrayList<>();
        for (Path file : pidFiles()) {
            String[] words = Files.readString(file).strip().split(" ");
            String name = file.getFileName().toString().replace(".pid", "");
            int port = words.length > 1 ? Integer.parseInt(words[1]) : 0;
            ProcessHandle.of(Long.parseLong(words[0]))
                    .filter(p -> OURS.matcher(p.info().command().orElse("")).matches())
                    .ifPresent(p -> running.add(new Running(name, p, port)));
        }
        return running;
    }

    /** Ours and the one of the factory VM. */
    private List<Path> pidFiles() throws IOException {
        List<Path> files = new ArrayList<>();
        for (Path place : List.of(path, factoryVm())) {
            if (Files.isDirectory(place)) {
                try (Stream<Path> there = Files.list(place)) {
                    there.filter(f -> f.toString().endsWith(".pid")).sorted().forEach(files::add);
                }
            }
        }
        return files;
    }

    /** Mount points of the lab, the innermost first. */
    List<Path> mounts() throws IOException {
        List<Path> mounts = new ArrayList<>();
        Path runRoots = Files.isSymbolicLink(path.resolve(RUN_ROOTS)) ? runRoots() : path;
        for (MountEntry mount : MountEntry.list(MountEntry.OWN)) {
            Path point = mount.on();
            if (point.startsWith(path) || point.startsWith(runRoots)) {
                mounts.add(point);
            }
        }
        Collections.reverse(mounts);
        return mounts;
    }

    /** Leaves nothing running, mounted or attached; the files stay. Waits for dying programs that hold a mount. */
    void release() throws IOException {
        refuseForeign();
        for (Running server : running()) {
            server.process().destroy();
            server.process().onExit().join();
        }
        for (int i = 0; i < 50 && !mounts().isEmpty(); i++) {
            LockSupport.parkNanos(i * 10_000_000L);
            for (Path mount : mounts()) {
                Proc.of("umount", mount.toString()).run();
            }
        }
        for (String device : loopDevices()) {
            Proc.of("partx", "-d", device).run();
            Proc.of("losetup", "-d", device).run();
        }
        List<String> left = Stream.concat(mounts().stream().map(Path::toString), loopDevices().stream()).toList();
        if (!left.isEmpty()) {
            throw new Cli.Failure("still mounted or attached: " + String.join(", ", left) + "; umount, losetup -d");
        }
    }

    /** Removes the folder with all that is in it, after {@link #release}. */
    void delete() throws IOException {
        refuseForeign();
        if (Files.isSymbolicLink(path.resolve(RUN_ROOTS))) {
            Proc.of("rm", "-rf", "--one-file-system", runRoots().toString()).check();
        }
        Proc.of("rm", "-rf", "--one-file-system", path.toString()).check();
    }

    /** After {@link #release}, removes all that is in the folder but this. */
    void deleteExcept(Path kept) throws IOException {
        Path saved = Files.createTempDirectory(path.getParent(), "kept").resolve("kept");
        Files.move(kept, saved);
        delete();
        Files.createDirectories(path);
        Files.createFile(path.resolve(MARKER));
        Files.move(saved, kept);
        Files.delete(saved.getParent());
    }

    static void sparse(Path file, long bytes) throws IOException {
        try (RandomAccessFile disk = new RandomAccessFile(file.toFile(), "rw")) {
            disk.setLength(bytes);
        }
    }

    /** Bytes of the files below a folder. */
    static long size(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).mapToLong(f -> f.toFile().length()).sum();
        }
    }

    private void refuseForeign() throws IOException {
        if (Files.exists(path) && !Files.exists(path.resolve(MARKER))) {
            try (Stream<Path> there = Files.list(path)) {
                if (there.findAny().isPresent()) {
                    throw new Cli.Failure(path + " is not empty and no lab made it; name another folder with --dir");
                }
            }
        }
    }

    /** Those not about to vanish: somebody's mount namespace that has a copy of our mount may hold one for a while. */
    private List<String> loopDevices() {
        if (!Files.exists(disk())) {
            return List.of();
        }
        Proc losetup = Proc.of("losetup", "-n", "-O", "NAME,AUTOCLEAR", "-j", disk().toString());
        return losetup.run().out().lines().map(String::strip).filter(l -> l.endsWith(" 0"))
                .map(l -> l.split(" ")[0]).toList();
    }
}
