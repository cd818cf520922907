package common.disk;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/Proc.java
//SOURCES MountEntry.java

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;
import common.cli.Proc;

/**
 * A disk, or a regular file in the role of one: its size, its partitions, who uses it. Nothing here writes. Partitions
 * count in logical sectors of the disk, everything else in bytes.
 */
public record BlockDevice(Path path, boolean regularFile, int sectorSize, long size) {
    private static final Path SYSFS = Path.of("/sys/class/block");
    /** The unit of all sizes in sysfs, whatever the disk's own sector is. */
    private static final int SYSFS_SECTOR = 512;
    private static final Set<String> SYSTEM = Set.of("boot", "sysroot", "usr");

    /** An entry of the GPT; {@code name} is its partition label. */
    public record Partition(int number, long start, long sectors, String name) {
        public long end() {
            return start + sectors;
        }
    }

    /**
     * Something that has the disk or a part of it open.
     *
     * @param offset    where that part begins, in bytes from the start of the disk
     * @param how       for a person, such as {@code /dev/vdb1 is mounted on /var/mnt}
     * @param mountedOn null if it is not a mount
     */
    public record Use(long offset, String how, Path mountedOn) {
    }

    /** Looks at a disk or file; symlinks (/dev/disk/by-id) are followed. Exit code 4 when there is none. */
    public static BlockDevice of(Path given) {
        try {
            Path path = given.toRealPath();
            int type = (Integer) Files.getAttribute(path, "unix:mode") & 0170000; // S_IFMT of inode(7)
            if (type == 0100000) {
                return new BlockDevice(path, true, SYSFS_SECTOR, Files.size(path));
            }
            Path sysfs = SYSFS.resolve(path.getFileName());
            if (type != 0060000 || !Files.exists(sysfs)) {
                throw new Cli.Failure(path + ": neither a disk nor a regular file; `lsblk` lists the disks");
            }
            if (Files.exists(sysfs.resolve("partition"))) {
                throw new Cli.Failure(path + ": a partition; name the disk it is on");
            }
            if (number(sysfs.resolve("ro")) != 0) {
                throw new Cli.Failure(path + ": read-only");
            }
            long sectors = number(sysfs.resolve("size"));
            if (sectors == 0) {
                throw new Cli.Failure(Cli.MISSING, path + ": no disk in it; `lsblk` lists the disks");
            }
            return new BlockDevice(path, false, (int) number(sysfs.resolve("queue/logical_block_size")),
                    sectors * SYSFS_SECTOR);
        } catch (NoSuchFileException e) {
            throw new Cli.Failure(Cli.MISSING, given + ": no such device or file; `lsblk` lists the disks");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The device node of a partition: {@code /dev/vdb1}, but {@code /dev/nvme0n1p1}. A regular file has none. */
    public Path node(int partition) {
        String disk = path.toString();
        return Path.of(disk + (Character.isDigit(disk.charAt(disk.length() - 1)) ? "p" : "") + partition);
    }

    /** Whether the kernel has a node for the partition, and at its place: it may still know an older table. */
    public boolean hasNode(Partition p) {
        Path start = SYSFS.resolve(node(p.number).getFileName()).resolve("start");
        return Files.exists(node(p.number)) && Files.exists(start) && number(start) * SYSFS_SECTOR == offset(p);
    }

    public long offset(Partition p) {
        return p.start * sectorSize;
    }

    public long size(Partition p) {
        return p.sectors * sectorSize;
    }

    /** Types of all signatures outside of partitions, as wipefs calls them; a GPT is {@code gpt} and {@code PMBR}. */
    public Set<String> signatures() {
        return Proc.of("wipefs", "--no-act", "--parsable", path.toString()).check().lines()
                .filter(line -> !line.startsWith("#")).map(line -> line.substring(line.lastIndexOf(',') + 1))
                .collect(Collectors.toSet());
    }

    /** Whether sfdisk reads a partition table at the disk's start: of a GPT the copy at its end may be all there is. */
    public boolean hasTable() {
        Proc.Result dump = Proc.of("sfdisk", "--dump", path.toString()).run();
        return dump.ok() && dump.out().contains("label: gpt");
    }

    /** How many entries the GPT has room for; sfdisk names it where it is not 128. */
    public int tableLength() {
        return Proc.of("sfdisk", "--dump", path.toString()).check().lines().filter(l -> l.startsWith("table-length:"))
                .map(l -> Integer.parseInt(l.replaceAll("\\D", ""))).findFirst().orElse(128);
    }

    /** What sfdisk reads from the GPT. */
    public List<Partition> partitions() {
        Proc sfdisk = Proc.of("sfdisk", "--json", path.toString());
        JsonNode table = Json.parse(sfdisk.check().getBytes(StandardCharsets.UTF_8), sfdisk.shown())
                .path("partitiontable");
        List<Partition> partitions = new ArrayList<>();
        for (JsonNode p : table.path("partitions")) {
            String number = p.path("node").asText().replaceFirst(".*?(\\d+)$", "$1");
            partitions.add(new Partition(Integer.parseInt(number), p.path("start").asLong(), p.path("size").asLong(),
                    p.path("name").asText("")));
        }
        return partitions;
    }

    /** What is in a partition, as blkid calls it ({@code xfs}, {@code LVM2_member}); needs no node. */
    public Optional<String> content(Partition p) {
        Proc.Result blkid = Proc.of("blkid", "--probe", "--offset", "" + offset(p), "--size", "" + size(p),
                "--output", "export", path.toString()).run();
        if (blkid.exit() == 2) { // blkid(8): nothing found
            return Optional.empty();
        }
        return Optional.of(blkid.out().lines().filter(line -> line.startsWith("TYPE=")).map(line -> line.substring(5))
                .findFirst().orElse("something that blkid is not sure of"));
    }

    /** All mounts, swap, holders (LVM, RAID, device mapper) and loop devices on the disk and its partitions. */
    public List<Use> uses() {
        List<MountEntry> mounts = Stream.of(MountEntry.OWN, Path.of("/proc/1/mountinfo")).flatMap(f -> MountEntry.list(f).stream())
                .distinct().toList(); // the host's mounts too, when this runs in a namespace of its own
        return regularFile ? loops(path, 0, mounts) : uses(SYSFS.resolve(path.getFileName()), 0, mounts);
    }

    /** What is mounted on the folder itself: the source as in mountinfo. */
    public static Optional<String> mountedOn(Path folder) {
        return MountEntry.list(MountEntry.OWN).stream().filter(m -> m.on().equals(folder)).map(MountEntry::source)
                .reduce((below, above) -> above);
    }

    private static List<Use> uses(Path sysfs, long offset, List<MountEntry> mounts) {
        Path node = Path.of("/dev").resolve(sysfs.getFileName());
        List<Use> uses = new ArrayList<>();
        String device = text(sysfs.resolve("dev"));
        for (MountEntry m : mounts) {
            if (m.device().equals(device) || m.source().equals(node.toString())) { // btrfs has device numbers of its own
                boolean system = m.on().getNameCount() == 0 || SYSTEM.contains(m.on().getName(0).toString());
                uses.add(new Use(offset, (system ? "it holds the running system: " : "") + node + " is mounted on "
                        + m.on(), m.on()));
            }
        }
        if (lines("/proc/swaps").anyMatch(line -> line.startsWith(node + " "))) {
            uses.add(new Use(offset, node + " is swap space", null));
        }
        for (Path holder : children(sysfs.resolve("holders"), "*")) {
            uses.add(new Use(offset, node + " is held by " + holder.getFileName() + " (LVM, RAID, multipath)", null));
        }
        uses.addAll(loops(node, offset, mounts));
        for (Path child : children(sysfs, sysfs.getFileName() + "*")) {
            if (Files.exists(child.resolve("partition"))) {
                uses.addAll(uses(child, offset + number(child.resolve("start")) * SYSFS_SECTOR, mounts));
            }
        }
        return uses;
    }

    private static List<Use> loops(Path backing, long offset, List<MountEntry> mounts) {
        List<Use> uses = new ArrayList<>();
        for (Path loop : children(SYSFS, "loop*")) {
            Path file = loop.resolve("loop/backing_file");
            if (Files.exists(file) && text(file).equals(backing.toString())) {
                long start = offset + number(loop.resolve("loop/offset"));
                List<Use> deeper = uses(loop, start, mounts);
                Path node = Path.of("/dev").resolve(loop.getFileName());
                uses.addAll(!deeper.isEmpty() ? deeper : List.of(new Use(start,
                        backing + " is attached as " + node + " (to free it: losetup --detach " + node + ")", null)));
            }
        }
        return uses;
    }

    private static Stream<String> lines(String file) {
        return text(Path.of(file)).lines();
    }

    private static List<Path> children(Path folder, String glob) {
        List<Path> children = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder, glob)) {
            stream.forEach(children::add);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return children;
    }

    private static long number(Path file) {
        return Long.parseLong(text(file));
    }

    private static String text(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
