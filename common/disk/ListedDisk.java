package common.disk;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/Proc.java
//SOURCES BlockDevice.java
//SOURCES GptPlan.java
//SOURCES PartitionLabel.java

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;
import common.cli.Proc;

/**
 * A disk as {@code lsblk --json --output-all --bytes} lists it, with what speaks against writing to it. lsblk of RHEL 8
 * (2.32) writes flags and numbers as strings and has one mount point a device; newer ones have their types, and all.
 *
 * @param bytes its size
 * @param wwn with the vendor's extension if it has one, e.g. {@code 0x5000c500a1b2c3d4}; "" like all that is not known
 * @param never why it is no candidate whatever it holds: removable, read-only, the boot medium
 * @param uses who has it or a part of it open; it is not overwritten
 * @param foreign what somebody else left on it; overwritten only for a serial number that was named
 * @param parts its partitions' nodes
 */
public record ListedDisk(Path path, long bytes, String model, String vendor, String serial, String wwn, String hctl,
        boolean rotational, List<String> never, List<String> uses, List<String> foreign, List<Path> parts) {
    /** Where a running system has what it booted from; CoreOS live mounts its ISO on /run/media/iso. */
    private static final Set<String> BOOTED_FROM = Set.of("/", "/boot", "/boot/efi", "/sysroot", "/usr", "/run/media/iso",
            "/run/initramfs/live", "/run/ephemeral");

    /** All disks of this host. */
    static JsonNode lsblk() {
        Proc lsblk = Proc.of("lsblk", "--json", "--output-all", "--bytes");
        return Json.parse(lsblk.check().getBytes(StandardCharsets.UTF_8), lsblk.shown());
    }

    /**
     * The disks of such a document; loop devices, CD drives and what has no medium are none.
     *
     * @param label of a partition that is ours
     */
    public static List<ListedDisk> of(JsonNode document, PartitionLabel label) {
        List<ListedDisk> disks = new ArrayList<>();
        for (JsonNode disk : document.path("blockdevices")) {
            if (text(disk, "type").equals("disk") && disk.path("size").asLong() > 0
                    && !text(disk, "name").matches("(zram|ram|nbd)\\d+")) {
                disks.add(disk(disk, label));
            }
        }
        return disks;
    }

    private static ListedDisk disk(JsonNode disk, PartitionLabel label) {
        ListedDisk listed = new ListedDisk(path(disk), disk.path("size").asLong(), text(disk, "model"), text(disk, "vendor"),
                text(disk, "serial"), text(disk, "wwn").toLowerCase(Locale.ROOT), text(disk, "hctl"), flag(disk, "rota"),
                new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        if (flag(disk, "rm") || text(disk, "tran").equals("usb")) {
            listed.never.add("removable");
        }
        if (flag(disk, "ro")) {
            listed.never.add("read-only");
        }
        String table = text(disk, "pttype");
        if (!table.isEmpty() && !table.equals("gpt") && disk.path("children").isEmpty()) {
            listed.foreign.add("foreign partition table: " + table);
        }
        listed.look(disk, label);
        return listed;
    }

    /** At a device and all that is on top of it. */
    private void look(JsonNode device, PartitionLabel label) {
        String node = path(device).toString();
        Stream.concat(device.path("mountpoints").valueStream(), Stream.of(device.path("mountpoint")))
                .map(m -> m.asText("")).filter(m -> !m.isEmpty()).distinct().forEach(on -> {
                    if (BOOTED_FROM.contains(on)) {
                        never.add("boot medium: the running system has " + node + " on " + on);
                    } else {
                        uses.add(on.equals("[SWAP]") ? "swap: " + node : "mounted: " + node + " on " + on);
                    }
                });
        boolean partition = text(device, "type").equals("part");
        if (partition) {
            parts.add(path(device));
        }
        String content = text(device, "fstype");
        boolean ours = partition && text(device, "partlabel").equals(label.name());
        if (content.equals("mpath_member")) {
            uses.add("multipath member: " + node);
        } else if (!content.isEmpty() && !(ours && content.equals("xfs"))) {
            foreign.add(word(content) + ": " + node + (word(content).startsWith("foreign") ? " has " + content : ""));
        } else if (content.isEmpty() && partition && !ours && device.path("children").isEmpty()) {
            foreign.add("foreign partition: " + node);
        }
        for (JsonNode child : device.path("children")) {
            String type = text(child, "type");
            if (!type.equals("part")) {
                String kind = type.startsWith("raid") || type.equals("linear") ? "RAID" : type.equals("lvm") ? "LVM"
                        : type.equals("crypt") ? "LUKS" : type.equals("mpath") ? "multipath" : "in use";
                uses.add(kind + ": " + node + " is held by " + text(child, "name"));
            }
            look(child, label);
        }
    }

    private static String word(String content) {
        return content.equals("LVM2_member") ? "LVM member" : content.equals("crypto_LUKS") ? "LUKS"
                : content.endsWith("_raid_member") ? "RAID member"
                : content.endsWith("_member") ? content.replace("_member", "") + " member" : "foreign file system";
    }

    /** The commands that give up what is on it, its partitions' content first; none when nothing foreign is. */
    public List<Proc> wiping() {
        List<Proc> commands = new ArrayList<>();
        if (!foreign.isEmpty()) {
            if (!parts.isEmpty()) {
                List<String> wipefs = new ArrayList<>(List.of("wipefs", "--all", "--quiet"));
                parts.forEach(p -> wipefs.add(p.toString()));
                commands.add(Proc.of(wipefs));
                commands.add(Proc.of("partx", "--delete", path.toString()));
            }
            commands.add(Proc.of("wipefs", "--all", "--quiet", path.toString()));
        }
        return commands;
    }

    /**
     * Gives that up, for a partition. Throws {@link Cli.Failure} before anything is written when the disk is in use after
     * all, or cannot hold the partition.
     */
    public void wipe(GptPlan.Request partition) {
        List<Proc> commands = wiping();
        if (!commands.isEmpty()) {
            GptPlan.place(BlockDevice.of(path), List.of(), partition);
            BlockDevice.of(path).uses().stream().findFirst().ifPresent(use -> {
                throw new Cli.Failure(path + ": in use: " + use.how() + "; nothing was written");
            });
        }
        commands.forEach(Proc::check);
    }

    /** What a person would tell it by. */
    public String shown() {
        return String.format(Locale.ROOT, "%s %.1f GB", path, bytes / 1e9) + words(" vendor ", vendor) + words(" model ", model)
                + words(" serial ", serial) + words(" wwn ", wwn) + words(" hctl ", hctl);
    }

    private static String words(String name, String value) {
        return value.isEmpty() ? "" : name + value;
    }

    private static Path path(JsonNode device) {
        String path = text(device, "path"); // lsblk has it since 2.33
        return Path.of(!path.isEmpty() ? path : "/dev/" + text(device, "name"));
    }

    private static String text(JsonNode device, String key) {
        return device.path(key).asText("").strip();
    }

    private static boolean flag(JsonNode device, String key) {
        return device.path(key).asText("").matches("true|1");
    }
}
