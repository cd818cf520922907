package common.factory;

//SOURCES ../cli/Cli.java
//SOURCES EventJournal.java
//SOURCES LineRow.java
//SOURCES ServerEvent.java

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

import common.cli.Cli;

/** All servers of a line, by what they told. For several threads. */
public final class Line implements AutoCloseable {
    /** Of one server; a boot tells a few hundred. More is a fault, and would fill the disk. */
    static final int MOST_EVENTS = 20_000;
    static final int MOST_SERVERS = 5_000;

    private final Clock clock;
    private final boolean anybody;
    private final EventJournal journal;
    private final Map<String, LineRow> rows = new LinkedHashMap<>();
    private final Set<String> known = new HashSet<>();
    private long changes;

    /** What is to be had of all servers at one moment, those that need a person first. */
    record View(Instant now, List<LineRow> rows, Map<LineRow.State, Long> counts) {
    }

    /**
     * Goes on where the folder's journal ends.
     *
     * @param expected serial number -> position on the line; empty: whoever comes
     * @throws Cli.Failure when the journal is damaged, or another process has it
     */
    public Line(Path folder, Map<String, String> expected, Clock clock) throws IOException {
        this.clock = clock;
        expected.forEach((serial, position) -> rows.put(serial, new LineRow(serial, position, true)));
        anybody = expected.isEmpty();
        journal = new EventJournal(folder, this::add);
    }

    /**
     * Keeps an event; it is on the disk when this returns. One that is known already is nothing new.
     *
     * @throws Cli.Failure when there are too many
     */
    synchronized void take(ServerEvent event) throws IOException {
        if (known.contains(event.id())) {
            return;
        }
        LineRow row = rows.get(event.serial());
        if (row == null ? rows.size() >= MOST_SERVERS : row.events.size() >= MOST_EVENTS) {
            throw new Cli.Failure("too many " + (row == null ? "servers" : "events of this server"));
        }
        journal.append(event);
        add(event);
        changes++;
        notifyAll();
    }

    private synchronized void add(ServerEvent event) {
        if (known.add(event.id())) {
            rows.computeIfAbsent(event.serial(), s -> new LineRow(s, "", anybody)).add(event);
        }
    }

    /** Whatever {@code reader} makes of the line as it is now. */
    synchronized <R> R view(Function<View, R> reader) {
        Instant now = clock.instant();
        Map<LineRow.State, Long> counts = new EnumMap<>(LineRow.State.class);
        for (LineRow.State state : LineRow.State.values()) {
            counts.put(state, rows.values().stream().filter(r -> r.state(now) == state).count());
        }
        List<LineRow> sorted = rows.values().stream().sorted(Comparator.<LineRow, LineRow.State>comparing(r -> r.state(now))
                .thenComparing(r -> r.position).thenComparing(r -> r.serial)).toList();
        return reader.apply(new View(now, sorted, counts));
    }

    /** Waits for more than {@code seen} changes, at most so many milliseconds; returns how many there are. */
    synchronized long awaitChange(long seen, long millis) throws InterruptedException {
        if (changes <= seen) {
            wait(millis);
        }
        return changes;
    }

    synchronized long changes() {
        return changes;
    }

    @Override
    public synchronized void close() throws IOException {
        journal.close();
    }
}
