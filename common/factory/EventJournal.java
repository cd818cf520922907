package common.factory;

//SOURCES ../cli/Json.java
//SOURCES ../cli/AtomicFile.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/LockFile.java
//SOURCES ServerEvent.java

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Consumer;

import common.cli.AtomicFile;
import common.cli.Cli;
import common.cli.Json;
import common.cli.LockFile;

/**
 * Every event that was taken, a JSON document a line, oldest first; what is in it is on the disk. A line that a power cut
 * left without its end was not taken, and goes when the file is opened. Not for several threads, nor several processes.
 */
final class EventJournal implements AutoCloseable {
    static final String FILE = "events.jsonl";

    private final Path file;
    private final LockFile lock;
    private final FileChannel channel;

    /** Opens the folder's journal and hands on what is in it. Throws {@link Cli.Failure} when another process has it. */
    EventJournal(Path folder, Consumer<ServerEvent> known) throws IOException {
        Files.createDirectories(folder);
        file = folder.resolve(FILE);
        lock = LockFile.tryTake(folder.resolve(".line.lock")).orElseThrow(() -> new Cli.Failure("another line.java writes to "
                + folder + "; stop it, or name another --folder"));
        channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            long end = read(known);
            if (end < channel.size()) {
                Cli.warn(file + ": its last line has no end, a power cut's work; the server sends that event again");
                channel.truncate(end);
            }
            channel.position(end);
        } catch (RuntimeException | IOException e) {
            close();
            throw e;
        }
    }

    /** Where the last whole line ends. */
    private long read(Consumer<ServerEvent> known) throws IOException {
        long end = 0;
        int number = 0;
        long size = channel.size();
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            for (String line; (line = lines.readLine()) != null;) {
                number++;
                long next = end + line.getBytes(StandardCharsets.UTF_8).length + 1;
                if (next > size) {
                    break;
                }
                try {
                    known.accept(ServerEvent.of(Json.parse(line.getBytes(StandardCharsets.UTF_8), "line " + number)));
                } catch (Cli.Failure e) {
                    throw new Cli.Failure(file + ": line " + number + " is no event (" + e.getMessage() + "); remove it, or "
                            + "begin a new --folder");
                }
                end = next;
            }
        }
        return end;
    }

    void append(ServerEvent event) throws IOException {
        AtomicFile.writeAll(file, channel, (event.json() + "\n").getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() throws IOException {
        channel.close();
        lock.close();
    }
}
