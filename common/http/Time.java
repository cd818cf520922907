package common.http;

import java.io.InterruptedIOException;
import java.time.Duration;
import java.time.Instant;

/** The clock of a task that waits for hours; a test has one on which they pass at once. */
public class Time {
    public Instant now() {
        return Instant.now();
    }

    /** Sleeps; an interrupt is an {@link InterruptedIOException}. */
    public void sleep(Duration duration) throws InterruptedIOException {
        try {
            Thread.sleep(duration.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    /** 754 s are {@code 12m34s}. */
    public static String words(Duration duration) {
        long seconds = Math.max(0, duration.toSeconds());
        return seconds < 60 ? seconds + "s" : seconds < 3600 ? "%dm%02ds".formatted(seconds / 60, seconds % 60)
                : "%dh%02dm".formatted(seconds / 3600, seconds / 60 % 60);
    }
}
