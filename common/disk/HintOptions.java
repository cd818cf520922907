package common.disk;

//SOURCES ../cli/Cli.java
//SOURCES DiskHints.java
//SOURCES ListedDisk.java
//SOURCES PartitionLabel.java

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

import common.cli.Cli;
import picocli.CommandLine.Option;

/** A disk by what it is, instead of by a name that changes from boot to boot (picocli argument group). */
public final class HintOptions {
    @Option(names = "--hint", required = true, arity = "1..*", paramLabel = "NAME=VALUE", description = "The disk by Metal3's "
            + "rootDeviceHints: deviceName, hctl, model, vendor, serialNumber, minSizeGigabytes, wwn, wwnWithExtension, "
            + "wwnVendorExtension, rotational. All must match, and exactly one disk.")
    private Map<String, String> hints = new LinkedHashMap<>();

    @Option(names = "--wipe", arity = "1..*", paramLabel = "SERIAL", description = "Give up what somebody else left on a disk "
            + "with this serial number, if it is the one that the hints match.")
    private Set<String> wipe = new LinkedHashSet<>();

    @Option(names = "--explain", description = "Print each disk and why it is the one or not, and do no more.")
    private boolean explain;

    public boolean isExplanation() {
        return explain;
    }

    /** Prints a line for each disk. */
    public void explain(PartitionLabel label, PrintStream text) {
        hints().verdicts(ListedDisk.of(ListedDisk.lsblk(), label)).forEach(v -> text.println(v.shown()));
    }

    /** The disk. Throws {@link Cli.Failure} when it is not exactly one, or must not be written. */
    public ListedDisk disk(PartitionLabel label) {
        return hints().choose(ListedDisk.of(ListedDisk.lsblk(), label), wipe);
    }

    private DiskHints hints() {
        return DiskHints.of(hints, HintOptions::target);
    }

    /** What a link of udev's leads to now; a path that is not there is itself. */
    public static String target(String path) {
        try {
            return Path.of(path).toRealPath().toString();
        } catch (IOException e) {
            return path;
        }
    }
}
