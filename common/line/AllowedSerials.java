package common.line;

//SOURCES ../cli/Cli.java
//SOURCES ServerIdentity.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;

import common.cli.Cli;

/**
 * The servers that a line expects: a laptop that boots from its network must survive. One serial number a line, the first
 * field where it has more (CSV); {@code #} begins a comment.
 */
public record AllowedSerials(Path file, Set<String> serials) {
    /** Throws {@link Cli.Failure} for a list without a serial number: it would let nobody in, or was meant to have some. */
    public static AllowedSerials of(Path file) throws IOException {
        Set<String> serials = Files.readAllLines(file).stream().map(l -> l.replaceFirst("#.*", "").split("[,;]", 2)[0].strip()
                .replaceAll("^\"|\"$", "")).filter(s -> !s.isEmpty()).collect(Collectors.toSet());
        if (serials.isEmpty()) {
            throw new Cli.Failure(Cli.USAGE, file + ": no serial number in it");
        }
        return new AllowedSerials(file, serials);
    }

    /** Throws {@link Cli.Failure} for a server that is not on the list. */
    public void check(ServerIdentity identity) {
        if (!serials.contains(identity.serial())) {
            throw new Cli.Failure("this server is not on the list " + file.getFileName() + ": " + identity.shown()
                    + "; nothing was written");
        }
    }
}
