package common.factory;

//SOURCES ../cli/Json.java
//SOURCES ServerEvent.java

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;

/** What the line knows of one server. Guarded by {@link Line}. */
final class LineRow {
    /** In the order in which they need a person. */
    enum State { FAIL, STALE, RUNNING, WAITING, PASS }

    /** A server is to be heard every 40 s at least; then it lost its power, its network or its mind. */
    static final Duration SILENCE = Duration.ofSeconds(60);

    final String serial;
    final String position;
    /** False: it is on no list of the line's servers. */
    final boolean expected;
    final List<ServerEvent> events = new ArrayList<>();
    /** The latest one by boot and number, not by arrival; null: it was never heard. */
    private ServerEvent latest;
    /** The latest one that says more than that the server is alive. */
    private ServerEvent telling;
    private final Set<String> addresses = new TreeSet<>();
    private boolean twins;

    LineRow(String serial, String position, boolean expected) {
        this.serial = serial;
        this.position = position;
        this.expected = expected;
    }

    void add(ServerEvent event) {
        events.add(event);
        if (latest == null || !event.boot().equals(latest.boot()) || event.number() > latest.number()) {
            latest = event;
            telling = event.kind().equals("progress") && telling != null && telling.boot().equals(event.boot()) ? telling : event;
        }
        Set<String> told = new TreeSet<>();
        event.data().path("server").path("macAddresses").forEach(a -> told.add(a.asText()));
        twins |= !addresses.isEmpty() && !told.isEmpty() && told.stream().noneMatch(addresses::contains);
        addresses.addAll(told);
    }

    State state(Instant now) {
        if (latest == null) {
            return State.WAITING;
        }
        if (twins || latest.kind().equals("failed")) {
            return State.FAIL;
        }
        if (latest.kind().equals("staged")) {
            return State.PASS;
        }
        return Duration.between(heard(), now).compareTo(SILENCE) > 0 ? State.STALE : State.RUNNING;
    }

    /** When it last told something; null: never. */
    Instant heard() {
        return events.isEmpty() ? null : events.get(events.size() - 1).received();
    }

    JsonNode data() {
        return telling == null ? MissingNode.getInstance() : telling.data();
    }

    Set<String> addresses() {
        return addresses;
    }

    /** What it does or did last, in words. */
    String doing() {
        if (latest == null) {
            return "not heard of yet";
        }
        long minutes = latest.data().path("progress").path("seconds").asLong() / 60;
        return switch (latest.kind()) {
            case "started" -> "looking at itself";
            case "checked" -> "checked, staging";
            case "progress" -> "staging" + (minutes > 0 ? " for " + minutes + " min" : "");
            case "staged" -> "staged";
            case "failed" -> "stopped";
            default -> latest.kind();
        };
    }

    /** Why it needs a person; "" when it does not. */
    String reason(Instant now) {
        if (twins) {
            return "two servers say that they are " + serial + ": " + String.join(", ", addresses);
        }
        return switch (state(now)) {
            case FAIL -> data().path("error").asText("no reason given");
            case STALE -> "not heard of for " + Duration.between(heard(), now).toSeconds() + " s";
            default -> "";
        };
    }

    /** What that person may do; "" when nobody needs to. */
    String advice(Instant now) {
        if (twins) {
            return "Find both by their network addresses; set the right serial number in the firmware of one.";
        }
        return switch (state(now)) {
            case FAIL -> !expected ? "If it belongs to the line, add it to the list of serial numbers and boot it again; else "
                    + "unplug it." : "Its console says the same. Put right what it names and boot it again: it goes on.";
            case STALE -> "Look at its power, its network cable and its console; booted again it goes on.";
            default -> "";
        };
    }
}
