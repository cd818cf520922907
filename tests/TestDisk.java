//SOURCES ../common/cli/Proc.java

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

import common.cli.Proc;

/** A sparse file as a disk, by itself or as a loop device, and what is on it. Closing it unmounts and detaches all. */
final class TestDisk implements AutoCloseable {
    static final long MIB = 1 << 20;

    final Path file;
    /** What a script is given: the file, or the loop device once there is one. */
    Path device;

    TestDisk(Path folder, long bytes) throws IOException {
        assertEquals(0, Files.getAttribute(Path.of("/proc/self"), "unix:uid"), "partition tests need root");
        file = folder.toRealPath().resolve("disk.img");
        device = file;
        grow(bytes);
    }

    void grow(long bytes) throws IOException {
        try (RandomAccessFile f = new RandomAccessFile(file.toFile(), "rw")) {
            f.setLength(bytes);
        }
    }

    TestDisk attach(String... options) {
        List<String> losetup = new ArrayList<>(List.of("losetup", "--find", "--show"));
        losetup.addAll(List.of(options));
        losetup.add(file.toString());
        device = Path.of(Proc.of(losetup).check().strip());
        return this;
    }

    /** A GPT with these partitions, one sfdisk line each; a loop device gets their nodes. */
    TestDisk gpt(String... partitions) {
        Proc.of("sfdisk", "--label", "gpt", device.toString()).stdin(String.join("\n", partitions) + "\n").check();
        if (!device.equals(file)) {
            Proc.of("partx", "--add", device.toString()).check();
        }
        return this;
    }

    Path node(int partition) {
        return Path.of(device + "p" + partition);
    }

    /** A line each: number, start, sectors, type and name; without what is random in it. */
    List<String> table() {
        return Proc.of("sfdisk", "--dump", device.toString()).check().lines().filter(line -> line.contains("start="))
                .map(line -> line.replaceFirst(".*?(\\d+) : ", "$1:").replaceFirst(", uuid=[^,]*", "").replace(" ", ""))
                .collect(Collectors.toList());
    }

    void write(long offset, byte[] bytes) throws IOException {
        try (RandomAccessFile f = new RandomAccessFile(file.toFile(), "rw")) {
            f.seek(offset);
            f.write(bytes);
        }
    }

    byte[] read(long offset, int bytes) throws IOException {
        try (RandomAccessFile f = new RandomAccessFile(file.toFile(), "r")) {
            byte[] read = new byte[bytes];
            f.seek(offset);
            f.readFully(read);
            return read;
        }
    }

    /** Of all data and of where the holes are: tells whether anything was written, and reads no holes. */
    String digest() {
        Proc.of("sync", device.toString()).run(); // writes through a loop device reach the file late
        Proc.of("sync", file.toString()).check();
        return Proc.of("sh", "-c", "tar --create --sparse --mtime=@0 --absolute-names \"$0\" | sha256sum",
                file.toString()).check();
    }

    /** What blkid finds at the offset; empty: nothing. */
    String typeAt(long offset) {
        return Proc.of("blkid", "--probe", "--offset", "" + offset, "--match-tag", "TYPE", "--output", "value",
                file.toString()).run().out().strip();
    }

    /** The mark of RAID metadata 0.90: in the last 64 KiB that begin at a multiple of 64 KiB. */
    TestDisk raidMember() throws IOException {
        write((Files.size(file) & -65536) - 65536, new byte[] {(byte) 0xfc, 0x4e, 0x2b, (byte) 0xa9});
        return this;
    }

    /** The mark of an LVM physical volume at the offset: label header of sector 1 with its checksum, all else zero. */
    TestDisk lvmMember(long offset) throws IOException {
        String label = "LABELONE\1\0\0\0\0\0\0\0s\254\250(\40\0\0\0LVM2 001";
        write(offset + 512, label.getBytes(StandardCharsets.ISO_8859_1));
        return this;
    }

    /**
     * A PATH on which lsblk lists this disk, with the serial number SN1: there are only loop devices here, which it calls so.
     *
     * @param content more of its members, such as children
     */
    String listed(Path folder, String content) throws IOException {
        Path bin = Files.createDirectories(folder.resolve("bin"));
        Path listing = Files.writeString(folder.resolve("lsblk.json"), "{\"blockdevices\": [{\"name\": \"loop\", \"type\": \"disk\", "
                + "\"path\": \"" + device + "\", \"serial\": \"SN1\", \"size\": " + Files.size(file) + content + "}]}");
        Files.writeString(bin.resolve("lsblk"), "#!/bin/sh\nexec cat " + listing + "\n");
        Files.setPosixFilePermissions(bin.resolve("lsblk"), PosixFilePermissions.fromString("rwxr-xr-x"));
        return bin + ":" + System.getenv("PATH");
    }

    /** The file system mounted on the folder itself; empty: none. */
    static String mountedOn(Path folder) {
        return Proc.of("findmnt", "--noheadings", "--output", "FSTYPE", "--mountpoint", folder.toString()).run()
                .out().strip();
    }

    List<String> loops() {
        return Proc.of("losetup", "--noheadings", "--output", "NAME", "--associated", file.toString()).check().lines()
                .map(String::strip).toList();
    }

    @Override
    public void close() throws IOException {
        for (String loop : loops()) {
            String name = Path.of(loop).getFileName().toString();
            try (DirectoryStream<Path> nodes = Files.newDirectoryStream(Path.of("/dev"), name + "{,p*}")) {
                for (Path node : nodes) {
                    Proc.of("umount", "--quiet", "--all-targets", node.toString()).run();
                    Proc.of("swapoff", node.toString()).run();
                }
            }
            Proc.of("partx", "--delete", loop).run();
            Proc.of("losetup", "--detach", loop).run();
        }
        assertEquals(List.of(), loops());
    }
}
