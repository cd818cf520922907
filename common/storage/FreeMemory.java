package common.storage;

//SOURCES ../cli/Cli.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import common.cli.Cli;

/** How much memory a system has left, where images that are unpacked go into memory: a live system's root is in RAM. */
final class FreeMemory {
    private static final Pattern AVAILABLE = Pattern.compile("(?m)^MemAvailable: +(\\d+) kB$");

    private FreeMemory() {
    }

    /** In bytes, what new programs may take without swapping; {@code meminfo} has the form of /proc/meminfo, proc(5). */
    static long bytes(Path meminfo) throws IOException {
        Matcher available = AVAILABLE.matcher(Files.readString(meminfo));
        if (!available.find()) {
            throw new Cli.Failure(meminfo + " does not say what memory is available; load without --spare-memory");
        }
        return Long.parseLong(available.group(1)) << 10;
    }
}
