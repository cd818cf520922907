package common.disk;

//SOURCES ../cli/Cli.java
//SOURCES ../cli/Proc.java

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import common.cli.Cli;
import common.cli.Proc;

/**
 * One mount, as the kernel lists it in {@code /proc/PID/mountinfo}: proc_pid_mountinfo(5).
 *
 * @param device MAJOR:MINOR
 * @param source what is mounted; for a person, since file systems without a device write what they like
 */
public record MountEntry(String device, Path on, String source) {
    public static final Path OWN = Path.of("/proc/self/mountinfo");

    /** The kernel's seq_escape: blank, tab, newline, backslash and, in a source, {@code #}, three octal digits each. */
    private static final Pattern ESCAPE = Pattern.compile("\\\\([0-7]{3})");

    /** In the order they were mounted. Throws {@link UncheckedIOException}. */
    public static List<MountEntry> list(Path file) {
        try {
            return Files.readString(file).lines().map(MountEntry::parse).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Unmounts what nobody else needs. What is in use still, by an indexer say, is detached: nobody finds it any more, and
     * it ends with its last user. Not for a disk, which must be free afterwards. Throws {@link Cli.Failure}.
     */
    public static void detach(Path on) {
        if (!Proc.of("umount", on.toString()).run().ok()) {
            Proc.of("umount", "--lazy", on.toString()).check();
        }
    }

    /** The optional fields, before the dash, are of any number. */
    static MountEntry parse(String line) {
        int dash = line.indexOf(" - ");
        String[] fields = line.substring(0, dash).split(" ");
        String[] rest = line.substring(dash + 3).split(" ");
        return new MountEntry(fields[2], Path.of(unescaped(fields[4])), unescaped(rest[1]));
    }

    private static String unescaped(String field) {
        return ESCAPE.matcher(field).replaceAll(escape -> Matcher.quoteReplacement(
                String.valueOf((char) Integer.parseInt(escape.group(1), 8))));
    }
}
