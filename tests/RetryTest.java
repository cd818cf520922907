//SOURCES ../common/http/Retry.java
//SOURCES VirtualTime.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.PrintStream;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;

import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;

import common.http.Retry;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("What fails is tried again:")
class RetryTest {
    private final VirtualTime time = new VirtualTime();
    private final Instant begin = time.now();
    private Instant last = begin;

    /** What passed on the clock since the last call. */
    private Duration waited() {
        Duration waited = Duration.between(last, time.now());
        last = time.now();
        return waited;
    }

    @Test
    @DisplayName("five tries are four waits")
    void tries() throws IOException {
        Retry retry = new Retry(5, time);
        int again = 0;
        while (retry.again()) {
            again++;
        }
        assertEquals(4, again);
    }

    @Test
    @DisplayName("each wait is at least half of a bound that doubles from half a second up to half a minute")
    void backOff() throws IOException {
        Retry retry = new Retry(12, time);
        for (long bound = 500; retry.again(); bound = Math.min(30_000, bound * 2)) {
            long waited = waited().toMillis();
            assertTrue(waited >= bound / 2 && waited <= bound, waited + " ms, bound " + bound);
        }
        assertTrue(time.now().isAfter(begin.plusSeconds(100)));
    }

    @Test
    @DisplayName("those who fail together do not come back together")
    void jitter() throws IOException {
        Set<Duration> waits = new HashSet<>();
        for (int i = 0; i < 20; i++) {
            Retry retry = new Retry(5, time);
            retry.again();
            retry.again();
            waits.add(waited());
        }
        assertTrue(waits.size() > 10, waits.toString());
    }

    @Test
    @DisplayName("progress begins the count and the wait anew")
    void progress() throws IOException {
        Retry retry = new Retry(3, time);
        for (int i = 0; i < 10; i++) {
            assertTrue(retry.again());
            assertTrue(waited().toMillis() <= 500);
            retry.progressed();
        }
    }

    @Test
    @DisplayName("within a time: as often as it takes, until that time after the first failure")
    void within() throws IOException {
        Retry retry = Retry.within(Duration.ofMinutes(5), time);
        time.sleep(Duration.ofHours(1)); // all went well for an hour
        Instant fault = time.now();
        while (retry.again()) {
            assertTrue(time.now().isBefore(fault.plusSeconds(331)));
        }
        assertTrue(time.now().isAfter(fault.plusSeconds(299)));
    }

    @Test
    @DisplayName("within a time: which begins anew with the first failure after progress")
    void withinAfterProgress() throws IOException {
        Retry retry = Retry.within(Duration.ofMinutes(5), time);
        assertTrue(retry.again());
        time.sleep(Duration.ofHours(1));
        retry.progressed();
        assertTrue(retry.again());
    }

    @ParameterizedTest(name = "HTTP {0}: {1}")
    @CsvSource({"200, false", "206, false", "307, false", "400, false", "401, false", "403, false", "404, false",
        "416, false", "429, true", "500, true", "501, false", "502, true", "503, true", "504, true"})
    void status(int status, boolean isPassing) throws IOException {
        assertEquals(isPassing, new Retry(5, time).again(status, null, "registry.example.com"));
    }

    static Stream<IOException> passing() {
        return Stream.of(new EOFException("ended after 3 of 7 bytes"), new SocketException("Connection reset"),
                new ConnectException("Connection refused"), new SocketTimeoutException("timeout"),
                new SSLException("closed in the middle"), new SSLHandshakeException("Remote host terminated"));
    }

    @ParameterizedTest(name = "{0}: yes")
    @MethodSource("passing")
    void passing(IOException e) throws IOException {
        assertTrue(new Retry(5, time).again(e));
    }

    static Stream<IOException> lasting() {
        IOException untrusted = new SSLHandshakeException("PKIX path building failed");
        untrusted.initCause(new CertificateException("no trusted certificate"));
        return Stream.of(new UnknownHostException("no-such-host"), new SSLPeerUnverifiedException("another host"),
                new FileSystemException("/full", null, "No space left on device"), untrusted,
                new InterruptedIOException("interrupted"));
    }

    @ParameterizedTest(name = "{0}: no")
    @MethodSource("lasting")
    void lasting(IOException e) throws IOException {
        assertFalse(new Retry(5, time).again(e));
        assertEquals(Duration.ZERO, waited());
    }

    /** What it writes to stderr when a server answers so; {@code expected}: whether it tries again. */
    private String said(boolean expected, String retryAfter) throws IOException {
        PrintStream stderr = System.err;
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        try (PrintStream errors = new PrintStream(err, true, StandardCharsets.UTF_8)) {
            System.setErr(errors);
            assertEquals(expected, new Retry(5, time).again(429, retryAfter, "registry.example.com"));
        } finally {
            System.setErr(stderr);
        }
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    @DisplayName("Retry-After of some seconds: that long, without a word")
    void shortWait() throws IOException {
        assertEquals("", said(true, "3"));
        assertEquals(Duration.ofSeconds(3), waited());
    }

    @Test
    @DisplayName("Retry-After of a minute: that long, and the operator is told")
    void longWait() throws IOException {
        assertEquals("warning: registry.example.com: HTTP 429, it asks to wait 1m30s; waiting\n", said(true, "90"));
        assertEquals(Duration.ofSeconds(90), waited());
    }

    @Test
    @DisplayName("Retry-After with a date: until then")
    void date() throws IOException {
        said(true, DateTimeFormatter.RFC_1123_DATE_TIME.format(begin.plusSeconds(40).atOffset(ZoneOffset.UTC)));
        assertEquals(Duration.ofSeconds(40), waited());
    }

    @Test
    @DisplayName("Retry-After of hours: not at all, for nobody is to wait that long without knowing")
    void hours() throws IOException {
        assertEquals("", said(false, "7200"));
        assertEquals(Duration.ZERO, waited());
        assertEquals("; it asks to wait 2h00m", Retry.words("7200"));
    }

    @ParameterizedTest(name = "Retry-After {0} means nothing: the usual wait")
    @CsvSource({"soon", "-5", "99999999999", "'Fri, 31 Dec 1999 23:59:59 GMT'"})
    void unreadable(String retryAfter) throws IOException {
        assertEquals("", said(true, retryAfter));
        assertTrue(waited().toMillis() <= 500);
    }
}
