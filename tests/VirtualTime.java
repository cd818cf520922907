//SOURCES ../common/http/Time.java

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;

import common.http.Time;

/** A clock that is asked to sleep and moves on at once; a script and the simulator it talks to share one. */
final class VirtualTime extends Time {
    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-11-23T06:00:00Z"));

    @Override
    public Instant now() {
        return now.get();
    }

    @Override
    public void sleep(Duration duration) {
        now.updateAndGet(n -> n.plus(duration));
    }
}
