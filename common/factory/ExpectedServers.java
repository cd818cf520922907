package common.factory;

//SOURCES ../cli/Cli.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

import common.cli.Cli;

/** The list that the servers are given too (stage-server --serials): SERIAL[,POSITION] a line, {@code #} begins a comment. */
public final class ExpectedServers {
    private ExpectedServers() {
    }

    /** Serial number -> position, "" where none is stated. Throws {@link Cli.Failure} for a serial that stands there twice. */
    public static Map<String, String> of(Path file) throws IOException {
        Map<String, String> positions = new LinkedHashMap<>();
        for (String line : Files.readAllLines(file)) {
            String[] fields = line.replaceFirst("#.*", "").split("[,;]", -1);
            String serial = bare(fields[0]);
            if (!serial.isEmpty() && positions.put(serial, fields.length > 1 ? bare(fields[1]) : "") != null) {
                throw new Cli.Failure(Cli.USAGE, file + ": " + serial + " stands there twice");
            }
        }
        if (positions.isEmpty()) {
            throw new Cli.Failure(Cli.USAGE, file + ": no serial number in it");
        }
        return positions;
    }

    private static String bare(String field) {
        return field.strip().replaceAll("^\"|\"$", "");
    }
}
