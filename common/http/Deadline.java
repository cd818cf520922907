package common.http;

//SOURCES ../cli/Cli.java
//SOURCES Time.java

import java.io.InterruptedIOException;
import java.time.Duration;
import java.time.Instant;

import common.cli.Cli;

/** How often to look, and until when: the end of all waiting of one run. */
public final class Deadline {
    private final Time time;
    private Instant begin;
    private final Duration timeout;
    private final String resume;

    /** {@code resume}: how to go on after the time-out, for the error. */
    public Deadline(Time time, Duration timeout, String resume) {
        this.time = time;
        this.begin = time.now();
        this.timeout = timeout;
        this.resume = resume;
    }

    /** A person was waited for, which does not count. */
    public void restart() {
        begin = time.now();
    }

    /** Sleeps between two looks. Throws {@link Cli.Failure} at the end: what was waited for, and how to go on. */
    public void pause(Duration interval, String waitingFor) throws InterruptedIOException {
        if (!time.now().plus(interval).isBefore(begin.plus(timeout))) {
            throw new Cli.Failure("timeout: " + Time.words(timeout) + " of waiting for " + waitingFor + "; " + resume);
        }
        time.sleep(interval);
    }

    public Instant now() {
        return time.now();
    }
}
