package common.disk;

//SOURCES ../cli/Cli.java
//SOURCES ListedDisk.java

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

import common.cli.Cli;

/**
 * Which of a server's disks is meant, in the words of Metal3's {@code rootDeviceHints} (baremetal-operator,
 * baremetalhost_types.go): {@code model} and {@code vendor} are parts of the disk's own, {@code minSizeGigabytes} is the
 * least number of GiB, all others are equal to the disk's. All hints must match, and exactly one disk; there is no default.
 */
public final class DiskHints {
    private static final Set<String> NAMES = Set.of("deviceName", "hctl", "model", "vendor", "serialNumber",
            "minSizeGigabytes", "wwn", "wwnWithExtension", "wwnVendorExtension", "rotational");
    /** {@code 0x} and 16 digits: udev's ID_WWN is that much of ID_WWN_WITH_EXTENSION. */
    private static final int WWN = 18;

    private final Map<String, String> hints;
    private final UnaryOperator<String> links;

    private DiskHints(Map<String, String> hints, UnaryOperator<String> links) {
        this.hints = hints;
        this.links = links;
    }

    /**
     * Why a disk is not the one.
     *
     * @param mismatches hints that it does not match, and why it is no candidate; empty: it is meant
     */
    public record Verdict(ListedDisk disk, List<String> mismatches) {
        boolean isMeant() {
            return mismatches.isEmpty();
        }

        /** A line for a person: the disk, and the reasons or that it is the one. */
        public String shown() {
            List<String> reasons = new ArrayList<>(mismatches);
            reasons.addAll(disk.uses());
            reasons.addAll(disk.foreign());
            return disk.shown() + ": " + (isMeant() ? "matches" : "no")
                    + (reasons.isEmpty() ? "" : "; " + String.join("; ", reasons));
        }
    }

    /**
     * Throws {@link Cli.Failure} with exit code 2 when there is none, or one that Metal3 does not know.
     *
     * @param links what a path of udev's (/dev/disk/by-path/...) leads to; it changes from boot to boot
     */
    public static DiskHints of(Map<String, String> hints, UnaryOperator<String> links) {
        if (hints.isEmpty()) {
            throw new Cli.Failure(Cli.USAGE, "no hint: one of " + String.join(", ", new TreeSet<>(NAMES))
                    + " tells which disk is meant");
        }
        hints.forEach((name, value) -> {
            if (!NAMES.contains(name)) {
                throw new Cli.Failure(Cli.USAGE, "hint " + name + ": not one of " + String.join(", ", new TreeSet<>(NAMES)));
            }
            String expected = switch (name) {
                case "minSizeGigabytes" -> "[1-9]\\d{0,8}";
                case "rotational" -> "true|false";
                case "deviceName" -> "/dev/.+";
                default -> "(?s).*\\S.*";
            };
            if (!value.matches(expected)) {
                throw new Cli.Failure(Cli.USAGE, "hint " + name + "=" + value + ": expected " + switch (name) {
                    case "minSizeGigabytes" -> "a number of GiB";
                    case "rotational" -> "true or false";
                    case "deviceName" -> "a path below /dev";
                    default -> "a value";
                });
            }
        });
        return new DiskHints(new LinkedHashMap<>(hints), links);
    }

    /** Each disk, and whether it is meant. */
    public List<Verdict> verdicts(List<ListedDisk> disks) {
        return disks.stream().map(this::verdict).toList();
    }

    private Verdict verdict(ListedDisk disk) {
        List<String> mismatches = new ArrayList<>(disk.never());
        hints.forEach((name, value) -> {
            String has = has(name, disk);
            boolean matches = switch (name) {
                case "model", "vendor" -> has.contains(value);
                case "minSizeGigabytes" -> disk.bytes() >> 30 >= Long.parseLong(value);
                case "deviceName" -> has.equals(links.apply(value));
                case "wwn", "wwnWithExtension", "wwnVendorExtension" -> has.equalsIgnoreCase(value);
                default -> has.equals(value);
            };
            if (!matches) {
                mismatches.add(name + " is " + (has.isEmpty() ? "not known" : has) + ", not " + value);
            }
        });
        return new Verdict(disk, mismatches);
    }

    private static String has(String name, ListedDisk disk) {
        String wwn = disk.wwn();
        boolean extended = wwn.matches("0x[0-9a-f]{32}");
        return switch (name) {
            case "deviceName" -> disk.path().toString();
            case "hctl" -> disk.hctl();
            case "model" -> disk.model();
            case "vendor" -> disk.vendor();
            case "serialNumber" -> disk.serial();
            case "minSizeGigabytes" -> String.valueOf(disk.bytes() >> 30);
            case "wwn" -> extended ? wwn.substring(0, WWN) : wwn;
            case "wwnWithExtension" -> wwn;
            case "wwnVendorExtension" -> extended ? "0x" + wwn.substring(WWN) : "";
            default -> String.valueOf(disk.rotational());
        };
    }

    /**
     * The one disk that is meant and may be written. Throws {@link Cli.Failure} otherwise: a line that says why, and
     * below it one for each disk.
     *
     * @param wipe serial numbers of disks whose foreign content is given up
     */
    public ListedDisk choose(List<ListedDisk> disks, Set<String> wipe) {
        List<Verdict> verdicts = verdicts(disks);
        List<ListedDisk> meant = verdicts.stream().filter(Verdict::isMeant).map(Verdict::disk).toList();
        if (meant.size() != 1) {
            throw refusal((meant.isEmpty() ? "no disk matches" : meant.size() + " disks match") + " the hints " + this, verdicts);
        }
        ListedDisk disk = meant.get(0);
        if (!disk.uses().isEmpty()) {
            throw refusal(disk.path() + ": " + disk.uses().get(0), verdicts);
        }
        if (!disk.foreign().isEmpty() && !(wipe.contains(disk.serial()) && !disk.serial().isEmpty())) {
            throw refusal(disk.path() + ": " + disk.foreign().get(0) + (disk.serial().isEmpty()
                    ? " (a disk without a serial number is not wiped)" : " (only --wipe " + disk.serial() + " gives that up)"),
                    verdicts);
        }
        return disk;
    }

    private static Cli.Failure refusal(String why, List<Verdict> verdicts) {
        String disks = verdicts.isEmpty() ? "none" : String.join(" | ", verdicts.stream().map(Verdict::shown).toList());
        return new Cli.Failure(verdicts.isEmpty() ? Cli.MISSING : Cli.FAILED, why + "; nothing was written; disks: " + disks);
    }

    @Override
    public String toString() {
        return hints.toString();
    }
}
