package common.line;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/Proc.java
//SOURCES ../disk/ListedDisk.java
//SOURCES Check.java
//SOURCES LineProfile.java
//SOURCES ServerIdentity.java

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;
import common.cli.Proc;
import common.disk.ListedDisk;

/** Whether a server is what its line's profile says, before anything of it is written. */
public final class Preflight {
    /** efivarfs: four bytes of attributes, then 1 or 0 (UEFI specification, section 3.3). */
    private static final String SECURE_BOOT = "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
    private static final int SPEED_MIB = 256;
    private static final int BLOCK_MIB = 4;

    private final Path root;
    private final LineProfile profile;

    /** {@code root}: of the file system with /sys and /proc. */
    public Preflight(Path root, LineProfile profile) {
        this.root = root;
        this.profile = profile;
    }

    /**
     * All that needs no disk.
     *
     * @param there the artifact server's time; null when it does not tell
     */
    public List<Check> server(ServerIdentity identity, Instant here, Instant there) throws IOException {
        return List.of(serial(identity), memory(), link(), secureBoot(), clock(here, there));
    }

    /** Those of the disk that is to be staged; {@code write}: its speed is measured, too, where it is blank. */
    public List<Check> disk(ListedDisk disk, boolean write) {
        return List.of(size(disk), health(smart(disk.path())), speed(disk, write));
    }

    private Check serial(ServerIdentity identity) {
        String pattern = profile.values().get("serial");
        boolean passes = identity.hasSerial() && (pattern == null || identity.serial().matches(pattern));
        return Check.of("serial", passes, identity.serial().isEmpty() ? "none" : identity.serial(),
                pattern == null ? "a serial number" : pattern);
    }

    /** What is installed; MemTotal of /proc/meminfo lacks what the kernel took for itself. */
    private Check memory() throws IOException {
        String wanted = profile.words("memoryGigabytes", "at least ", " GiB");
        Path blocks = root.resolve("sys/devices/system/memory");
        String block = ServerIdentity.text(blocks.resolve("block_size_bytes"));
        if (!block.matches("[0-9a-f]{1,15}")) {
            return Check.unknown("memory", "the kernel does not tell", wanted);
        }
        long bytes = 0;
        try (DirectoryStream<Path> all = Files.newDirectoryStream(blocks, "memory[0-9]*")) {
            for (Path ignored : all) {
                bytes += Long.parseLong(block, 16);
            }
        }
        return Check.of("memory", bytes >> 30 >= profile.number("memoryGigabytes"), gib(bytes), wanted);
    }

    private Check link() throws IOException {
        String wanted = profile.words("linkMegabits", "at least ", " Mbit/s");
        long fastest = -1;
        String which = "no card has a link";
        Path cards = root.resolve("sys/class/net");
        if (Files.isDirectory(cards)) {
            try (DirectoryStream<Path> all = Files.newDirectoryStream(cards, c -> Files.exists(c.resolve("device"))
                    && ServerIdentity.text(c.resolve("carrier")).equals("1"))) {
                for (Path card : all) {
                    String speed = ServerIdentity.text(card.resolve("speed")); // -1, or nothing, of a virtual card
                    long megabits = speed.matches("\\d{1,9}") ? Long.parseLong(speed) : 0;
                    if (megabits > fastest) {
                        fastest = megabits;
                        which = card.getFileName() + (megabits == 0 ? ", of unknown speed" : " " + megabits + " Mbit/s");
                    }
                }
            }
        }
        return fastest == 0 ? Check.unknown("link", which, wanted)
                : Check.of("link", fastest > 0 && fastest >= profile.number("linkMegabits"), which,
                wanted.isEmpty() ? "a link" : wanted);
    }

    private Check secureBoot() throws IOException {
        String wanted = profile.words("secureBoot", "", "");
        Path variable = root.resolve(SECURE_BOOT);
        String found = "no UEFI";
        if (Files.exists(root.resolve("sys/firmware/efi"))) {
            byte[] value = Files.exists(variable) ? Files.readAllBytes(variable) : new byte[0];
            found = value.length == 5 && value[4] == 1 ? "enabled" : "disabled";
        }
        return Check.of("secure boot", wanted.isEmpty() || found.equals(wanted)
                || wanted.equals("disabled") && found.equals("no UEFI"), found, wanted);
    }

    private Check clock(Instant here, Instant there) {
        String wanted = profile.words("clockSeconds", "at most ", " s off");
        if (there == null) {
            return Check.unknown("clock", "the artifact server does not tell its time", wanted);
        }
        long off = Math.abs(Duration.between(there, here).toSeconds());
        return Check.of("clock", wanted.isEmpty() || off <= profile.number("clockSeconds"), off + " s off", wanted);
    }

    private Check size(ListedDisk disk) {
        return Check.of("disk size", disk.bytes() >> 30 >= profile.number("diskGigabytes"), gib(disk.bytes()),
                profile.words("diskGigabytes", "at least ", " GiB"));
    }

    /** smartctl's report of a disk of any kind, NVMe included (smartctl(8), --json); null where it is not installed. */
    private static JsonNode smart(Path disk) {
        if (Proc.find("smartctl").isEmpty()) {
            return null;
        }
        Proc.Result said = Proc.of("smartctl", "--json", "--health", disk.toString()).timeout(Duration.ofMinutes(1)).run();
        try {
            return Json.parse(said.out().getBytes(StandardCharsets.UTF_8), "smartctl");
        } catch (Cli.Failure e) {
            return null; // its exit code tells of the disk, too: not all but 0 is a failure of its own
        }
    }

    Check health(JsonNode smart) {
        String wanted = profile.words("health", "health ", "");
        if (smart == null) {
            return Check.unknown("disk health", "no smartctl here", wanted);
        }
        JsonNode passed = smart.at("/smart_status/passed");
        return passed.isBoolean() ? Check.of("disk health", passed.asBoolean(), passed.asBoolean() ? "passed" : "failing", wanted)
                : Check.unknown("disk health", "the disk does not tell", wanted);
    }

    /** Of a blank disk, at its end, where the partition will be; what is on any other disk is not touched. */
    private Check speed(ListedDisk disk, boolean write) {
        String wanted = profile.words("writeMegabytes", "at least ", " MB/s");
        if (wanted.isEmpty() || !write) {
            return new Check("write speed", Check.Outcome.UNKNOWN, "not measured", wanted);
        }
        if (!disk.foreign().isEmpty() || !disk.parts().isEmpty() || disk.bytes() >> 20 < 2 * SPEED_MIB) {
            return new Check("write speed", Check.Outcome.UNKNOWN, "not measured: the disk is not blank", wanted);
        }
        long at = (disk.bytes() >> 20) / BLOCK_MIB - SPEED_MIB / BLOCK_MIB - 1;
        long begun = System.nanoTime();
        Proc.of("dd", "if=/dev/zero", "of=" + disk.path(), "bs=" + BLOCK_MIB + "M", "seek=" + at, "count=" + SPEED_MIB / BLOCK_MIB,
                "oflag=direct", "conv=fsync,notrunc", "status=none").timeout(Duration.ofMinutes(5)).check();
        double megabytes = (SPEED_MIB << 20) / 1e6 / ((System.nanoTime() - begun) / 1e9);
        return Check.of("write speed", megabytes >= profile.number("writeMegabytes"),
                String.format(Locale.ROOT, "%.0f MB/s", megabytes), wanted);
    }

    private static String gib(long bytes) {
        return String.format(Locale.ROOT, "%.1f GiB", bytes / (double) (1 << 30));
    }
}
