package common.http;

//SOURCES ../cli/Cli.java
//SOURCES Time.java

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.file.FileSystemException;
import java.security.GeneralSecurityException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;

import javax.net.ssl.SSLPeerUnverifiedException;

import common.cli.Cli;

/**
 * When to do again what failed: the wait doubles from half a second to half a minute, with jitter, so that many who
 * failed at once do not come back at once. One object for one thing to do; it counts the failures in a row. Not for
 * several threads.
 */
public final class Retry {
    /** How often something is tried that has no reason for another number. */
    public static final int TRIES = 5;
    private static final Duration FIRST = Duration.ofMillis(500);
    private static final Duration LONGEST = Duration.ofSeconds(30);
    /** A server that asks to wait longer than this is not waited for. */
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    /** From here on the operator is told why nothing happens. */
    private static final Duration NOTICED = Duration.ofSeconds(5);

    private final Time time;
    private final int tries;
    private final Duration limit;
    private int failures;
    private Instant firstFailure;

    private Retry(int tries, Duration limit, Time time) {
        this.time = time;
        this.tries = tries;
        this.limit = limit;
    }

    /** {@link #TRIES} tries, on the clock of this machine. */
    public Retry() {
        this(TRIES, new Time());
    }

    /** {@code tries}: how often it is done at most, the first time included. */
    public Retry(int tries, Time time) {
        this(tries, null, time);
    }

    /** Again and again until {@code limit} after the first failure. */
    public static Retry within(Duration limit, Time time) {
        return new Retry(Integer.MAX_VALUE, limit, time);
    }

    /** The last try got on, though not to the end: what failed before it no longer counts. */
    public void progressed() {
        failures = 0;
        firstFailure = null;
    }

    /**
     * Waits and returns true when it is to be tried again; false, at once, when it is not. An interrupt is an
     * {@link InterruptedIOException}.
     */
    public boolean again() throws InterruptedIOException {
        return again(Duration.ZERO);
    }

    /** The same; waits at least this long. */
    public boolean again(Duration atLeast) throws InterruptedIOException {
        failures++;
        if (firstFailure == null) {
            firstFailure = time.now();
        }
        boolean late = limit != null && Duration.between(firstFailure, time.now()).compareTo(limit) > 0;
        if (failures >= tries || late) {
            return false;
        }
        Duration backOff = backOff();
        time.sleep(backOff.compareTo(atLeast) > 0 ? backOff : atLeast);
        return true;
    }

    /** {@link #again()} after an error, if it is one of those that pass. */
    public boolean again(IOException e) throws InterruptedIOException {
        return isPassing(e) && again();
    }

    /**
     * {@link #again()} after an HTTP status, if it is one of those that pass, and after the time that the server asks
     * for; the operator hears of a long one. One of more than five minutes is not waited for: {@link #words} has it.
     *
     * @param retryAfter the header's value; null when there is none
     * @param host whose answer it is
     */
    public boolean again(int status, String retryAfter, String host) throws InterruptedIOException {
        Duration asked = parse(retryAfter, time.now());
        if (!isPassing(status) || asked.compareTo(PATIENCE) > 0) {
            return false;
        }
        if (failures + 1 < tries && asked.compareTo(NOTICED) >= 0) {
            Cli.warn(host + ": HTTP " + status + ", it asks to wait " + Time.words(asked) + "; waiting");
        }
        return again(asked);
    }

    /** Between half of a wait that doubles with each failure, and the whole of it. */
    private Duration backOff() {
        long most = Math.min(LONGEST.toMillis(), FIRST.toMillis() << Math.min(failures - 1, 16));
        return Duration.ofMillis(ThreadLocalRandom.current().nextLong(most / 2, most + 1));
    }

    /** Whether the same request may get another answer later. */
    public static boolean isPassing(int status) {
        return status == 429 || status >= 500 && status != 501;
    }

    /**
     * Whether the same may succeed later: broken, refused and timed-out connections. Not a name that DNS does not have,
     * a certificate that is not trusted, our own disk, an interrupt.
     */
    public static boolean isPassing(IOException e) {
        return !isInterrupt(e) && Stream.iterate((Throwable) e, c -> c != null, Throwable::getCause)
                .noneMatch(c -> c instanceof UnknownHostException || c instanceof FileSystemException
                        || c instanceof SSLPeerUnverifiedException || c instanceof GeneralSecurityException);
    }

    /** Whether this thread was told to stop; a time-out of the network has the same type. */
    public static boolean isInterrupt(IOException e) {
        return e instanceof InterruptedIOException && !(e instanceof SocketTimeoutException);
    }

    /** For an error message: {@code ; it asks to wait 2h00m}; nothing when the server does not ask for a wait. */
    public static String words(String retryAfter) {
        Duration asked = parse(retryAfter, Instant.now());
        return asked.isZero() ? "" : "; it asks to wait " + Time.words(asked);
    }

    /** RFC 9110 section 10.2.3: seconds or a date. */
    private static Duration parse(String retryAfter, Instant now) {
        if (retryAfter == null) {
            return Duration.ZERO;
        }
        try {
            Duration asked = retryAfter.matches("\\d{1,9}") ? Duration.ofSeconds(Long.parseLong(retryAfter))
                    : Duration.between(now, ZonedDateTime.parse(retryAfter, DateTimeFormatter.RFC_1123_DATE_TIME));
            return asked.isNegative() ? Duration.ZERO : asked;
        } catch (DateTimeException e) {
            return Duration.ZERO;
        }
    }
}
