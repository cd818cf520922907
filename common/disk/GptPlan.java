package common.disk;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES BlockDevice.java
//SOURCES DataFileSystem.java
//SOURCES PartitionStep.java
//SOURCES PartitionSteps.java

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.Json;
import common.disk.BlockDevice.Partition;
import common.disk.BlockDevice.Use;

/**
 * How a disk gets its data partition: a GPT entry with a label that reaches to the end of the disk, XFS in it, mounted.
 * Every refusal comes while the plan is made, before anything is written; the steps are what is then run, and what
 * {@code --dry-run} prints.
 */
public record GptPlan(BlockDevice disk, Partition partition, Action action, List<PartitionStep> steps) {
    private static final long MIB = 1 << 20;
    /** What mkfs.xfs asks for at least. */
    private static final long SMALLEST = 300 * MIB;
    /** Sectors behind the last partition: UEFI reserves 16 KiB for the second table, and one sector for its header. */
    private static final long SECOND_TABLE = 16 << 10;

    /** CREATE: new partition; FORMAT: it has the label but no XFS yet; REUSE: all is there; MOUNTED: also mounted. */
    public enum Action { CREATE, FORMAT, REUSE, MOUNTED }

    /**
     * What the operator asked for.
     *
     * @param startSector in logical sectors of the disk; only looked at when size is null
     * @param size        in bytes, from the end of the disk; may be null
     * @param mount       where to mount it; null: not at all
     * @param force       overwrite a file system or partition table of another kind
     * @param fresh       make the file system of a partition with that label anew, whatever is in it
     * @param kernel      the oldest that is to mount it, see {@link DataFileSystem}
     */
    public record Request(String label, long startSector, Long size, Path mount, boolean force, boolean fresh,
            String kernel) {
        public Request {
            DataFileSystem.checkKernel(kernel);
        }
    }

    /** Reads the disk and decides; throws {@link Cli.Failure} for a disk that must not be touched. */
    public static GptPlan of(BlockDevice disk, Request request) {
        List<Use> uses = disk.uses(); // first: a disk in use may not even be readable
        boolean mounted = uses.stream().anyMatch(u -> u.mountedOn() != null && u.mountedOn().equals(request.mount));
        if (!uses.isEmpty() && !mounted) {
            throw refusal(disk, "in use: " + uses.get(0).how());
        }
        Set<String> signatures = new TreeSet<>(disk.signatures());
        boolean gpt = signatures.contains("gpt") && disk.hasTable();
        // the protective MBR is the first sector, of whatever size; the table is the second
        boolean half = !gpt && (signatures.contains("gpt") || signatures.equals(Set.of("PMBR")));
        if (half && !request.force) {
            throw refusal(disk, "it holds half of a GPT, and no table at its start for sectors of " + disk.sectorSize()
                    + " bytes (was it blanked, or made for another sector size?); restore it with gdisk, or --force makes "
                    + "a new one");
        }
        List<Partition> present = gpt ? disk.partitions() : List.of();
        List<Partition> labelled = present.stream().filter(p -> p.name().equals(request.label)).toList();
        if (labelled.size() > 1) {
            throw refusal(disk, labelled.size() + " partitions are labelled " + request.label + "; rename all but one");
        }
        for (Use use : uses) {
            if (labelled.isEmpty() || use.offset() != disk.offset(labelled.get(0)) || use.mountedOn() == null) {
                throw refusal(disk, "in use: " + use.how());
            }
        }
        if (mounted && request.fresh) {
            throw refusal(disk, "--fresh makes the file system anew, and it is mounted on " + request.mount
                    + "; unmount it first");
        }
        if (mounted) {
            return new GptPlan(disk, labelled.get(0), Action.MOUNTED, List.of());
        }
        if (gpt) {
            signatures.removeAll(Set.of("gpt", "PMBR"));
        }
        refuseForeign(disk, "it", signatures, request.force);
        refuseMountPoint(request.mount);
        if (labelled.size() == 1) {
            return existing(disk, labelled.get(0), request);
        }
        Partition partition = place(disk, present, request);
        List<PartitionStep> steps = new ArrayList<>();
        steps.add(addition(disk, partition, gpt, !signatures.isEmpty()));
        steps.addAll(use(disk, partition, true, DataFileSystem.mkfs(request.kernel, false), request.mount));
        return new GptPlan(disk, partition, Action.CREATE, steps);
    }

    private static void refuseForeign(BlockDevice disk, String where, Set<String> signatures, boolean force) {
        String holds = where + " holds " + String.join(", ", signatures);
        if (signatures.stream().anyMatch(s -> s.endsWith("_member"))) {
            throw refusal(disk, "in use by LVM or RAID: " + holds + "; take it out of its group or array first");
        }
        if (!signatures.isEmpty() && !force) {
            throw refusal(disk, holds + "; --force overwrites that");
        }
    }

    private static void refuseMountPoint(Path mount) {
        if (mount != null && Files.exists(mount) && !Files.isDirectory(mount)) {
            throw new Cli.Failure(mount + ": not a folder; nothing was written");
        }
        BlockDevice.mountedOn(mount).ifPresent(source -> {
            throw new Cli.Failure(mount + ": " + source + " is mounted there; nothing was written");
        });
    }

    private static GptPlan existing(BlockDevice disk, Partition p, Request request) {
        String name = "partition " + p.number() + " labelled " + request.label;
        String content = disk.content(p).orElse("");
        boolean node = disk.regularFile() || disk.hasNode(p);
        if (content.equals("xfs") && !request.fresh) {
            return new GptPlan(disk, p, Action.REUSE, use(disk, p, !node, List.of(), request.mount));
        }
        refuseForeign(disk, name, content.isEmpty() ? Set.of() : Set.of(content), request.force || request.fresh);
        if (disk.size(p) < SMALLEST) {
            throw refusal(disk, name + " has " + human(disk.size(p)) + ", XFS needs 300 MiB");
        }
        List<String> mkfs = DataFileSystem.mkfs(request.kernel, !content.isEmpty());
        return new GptPlan(disk, p, Action.FORMAT, use(disk, p, !node, mkfs, request.mount));
    }

    /** Sectors per MiB: sgdisk moves a start down to a multiple of it, 2048 on disks with 512-byte sectors. */
    public static long alignment(BlockDevice disk) {
        return MIB / disk.sectorSize();
    }

    /** Where a new partition goes. The range is checked here: sfdisk would keep an unaligned start. */
    public static Partition place(BlockDevice disk, List<Partition> present, Request request) {
        long align = alignment(disk);
        long end = (disk.size() - SECOND_TABLE - disk.sectorSize()) / disk.sectorSize() / align * align;
        long asked = request.size == null ? request.startSector : end - request.size / disk.sectorSize();
        long start = Math.floorDiv(asked, align) * align;
        String from = "start sector " + start + " (" + human((double) start * disk.sectorSize()) + ")";
        if (start >= end) {
            throw refusal(disk, from + " is beyond its end (" + human(disk.size())
                    + "); lower --start-sector or use --size");
        }
        if (start < align) {
            throw refusal(disk, "the first MiB is the partition table's and the disk has " + human(disk.size())
                    + ": " + (request.size == null ? "--start-sector is at least " + align : "lower --size"));
        }
        for (Partition p : present) {
            if (p.end() > start) {
                throw refusal(disk, from + " to the end overlaps partition " + p.number() + " (sectors " + p.start()
                        + " to " + (p.end() - 1) + ")");
            }
        }
        if ((end - start) * disk.sectorSize() < SMALLEST) {
            throw refusal(disk, "from " + from + " only " + human((end - start) * (double) disk.sectorSize())
                    + " are left, XFS needs 300 MiB");
        }
        Set<Integer> taken = present.stream().map(Partition::number).collect(Collectors.toSet());
        int number = 1;
        while (taken.contains(number)) {
            number++;
        }
        if (!present.isEmpty() && number > disk.tableLength()) {
            throw refusal(disk, "its partition table has room for " + disk.tableLength() + " entries, and all are used; "
                    + "remove one, or make a larger table (gdisk: x, s)");
        }
        return new Partition(number, start, end - start, request.label);
    }

    /** Adds the partition: to the GPT, or to a new one, which first removes something foreign if there is any. */
    static PartitionStep addition(BlockDevice disk, Partition p, boolean toGpt, boolean foreign) {
        List<String> argv = new ArrayList<>(List.of("sfdisk", "--wipe-partitions", "always"));
        argv.addAll(toGpt ? List.of("--append") : foreign ? List.of("--wipe", "always", "--label", "gpt")
                : List.of("--label", "gpt"));
        argv.add(disk.path().toString());
        // sfdisk reads the number from the digits before the colon, whatever name they end
        return new PartitionStep(argv, "partition%d : start=%d, size=%d, name=\"%s\"%n"
                .formatted(p.number(), p.start(), p.sectors(), p.name()));
    }

    /**
     * From an entry in the table to a mounted XFS.
     *
     * @param tell  whether the kernel has yet to hear of the partition
     * @param mkfs  the program and options that format it; empty: it stays as it is
     * @param mount null: not mounted
     */
    static List<PartitionStep> use(BlockDevice disk, Partition p, boolean tell, List<String> mkfs, Path mount) {
        List<PartitionStep> steps = new ArrayList<>();
        String device = disk.path().toString();
        String target = disk.regularFile() ? PartitionStep.LOOP : disk.node(p.number()).toString();
        boolean loop = disk.regularFile() && (mount != null || !mkfs.isEmpty());
        if (loop) { // at the offset: the partitions of a loop device outlive its detaching
            steps.add(PartitionStep.of("losetup", "--find", "--show", "--offset", "" + disk.offset(p),
                    "--sizelimit", "" + disk.size(p), device));
        } else if (tell) { // sfdisk itself tells only kernels that scan partitions
            steps.add(PartitionStep.of("partx", "--update", "--nr", "" + p.number(), device));
        }
        if (!mkfs.isEmpty()) {
            steps.add(new PartitionStep(Stream.concat(mkfs.stream(), Stream.of(target)).toList(), ""));
        }
        if (mount != null) {
            steps.add(PartitionStep.of("mkdir", "-p", mount.toString()));
            steps.add(PartitionStep.of("mount", "-o", "nosuid,nodev", target, mount.toString()));
        }
        if (loop) { // while it is mounted the kernel only notes it, and detaches at umount
            steps.add(PartitionStep.of("losetup", "--detach", target));
        }
        return steps;
    }

    /** Runs the steps; what each was to do is read back and compared with the plan. */
    public void run() throws InterruptedException {
        new PartitionSteps(disk, partition).run(steps);
    }

    /** One line about the partition. */
    public String summary(Path mount, boolean dryRun) {
        String what = disk.regularFile() ? "partition " + partition.number() + " of " + disk.path()
                : disk.node(partition.number()).toString();
        String verb = action == Action.MOUNTED ? "already there and mounted" : action == Action.REUSE ? "reused"
                : action == Action.FORMAT ? "formatted" : "created";
        return (dryRun && action != Action.MOUNTED ? "would be " : "") + verb + ": " + what + " \"" + partition.name()
                + "\", " + human(disk.size(partition)) + " XFS at byte " + disk.offset(partition) + " of "
                + human(disk.size()) + (mount == null ? ", not mounted" : ", mounted on " + mount);
    }

    /** The same for programs; {@code partition} is null while no device node shows it. Sectors are logical ones. */
    public ObjectNode document(Path mount, boolean dryRun) {
        ObjectNode document = Json.object().put("action", action.name().toLowerCase(Locale.ROOT)).put("dryRun", dryRun)
                .put("device", disk.path().toString()).put("sectorSize", disk.sectorSize())
                .put("number", partition.number())
                .put("startSector", partition.start()).put("sectors", partition.sectors())
                .put("offset", disk.offset(partition)).put("bytes", disk.size(partition)).put("label", partition.name())
                .put("mount", mount == null ? null : mount.toString())
                .put("partition", !disk.regularFile() ? disk.node(partition.number()).toString()
                        : mount == null ? null : BlockDevice.mountedOn(mount).orElse(null));
        steps.forEach(step -> document.withArray("commands").add(step.shown()));
        return document;
    }

    private static Cli.Failure refusal(BlockDevice disk, String why) {
        return new Cli.Failure(disk.path() + ": " + why + "; nothing was written");
    }

    public static String human(double bytes) {
        return bytes < 1024 * MIB ? String.format(Locale.ROOT, "%.1f MiB", bytes / MIB)
                : String.format(Locale.ROOT, "%.1f GiB", bytes / (1024 * MIB));
    }
}
