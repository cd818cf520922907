package common.line;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../http/Http.java
//SOURCES ../http/Retry.java
//SOURCES ../http/Time.java
//SOURCES ServerIdentity.java

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.http.Http;
import common.http.Retry;
import common.http.Time;
import okhttp3.HttpUrl;
import okhttp3.MediaType;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;

/**
 * What a server tells the line of itself: CloudEvents 1.0 in binary mode (HTTP protocol binding, section 3.1). An event's id is
 * SERIAL/BOOT/NUMBER, so that one which is sent again is known again. Safe for several threads.
 */
public final class Collector {
    private static final String TYPE = "pre-staging.server.";
    private static final Duration PATIENCE = Duration.ofHours(12);

    private final Http http;
    private final HttpUrl url;
    private final String server;
    private final String boot;
    private int number;

    /** Throws {@link Cli.Failure} for what is no address. */
    public static HttpUrl url(String text) {
        HttpUrl url = HttpUrl.parse(text);
        if (url == null || !url.username().isEmpty() || !url.password().isEmpty()) {
            throw new Cli.Failure(Cli.USAGE, "--report: not an address to post to: expected http[s]://HOST[:PORT]/PATH");
        }
        return url;
    }

    /** {@code url} null: nobody collects. {@code certDir}: for https, as {@link Http} has it; null for none. */
    public Collector(HttpUrl url, ServerIdentity identity, Path certDir) {
        this.http = new Http(certDir, false);
        this.url = url;
        this.server = headerValue(identity.serial().isEmpty() ? identity.uuid() : identity.serial());
        this.boot = headerValue(identity.boot());
    }

    /** Tells it once, and if nobody listens, nobody hears it. */
    void mention(String event, ObjectNode data) {
        if (url != null) {
            send(request(event, data));
        }
    }

    /** Tells it once: a line that does not listen is no reason to stop. {@code event}: started, checked, ... */
    public void tell(String event, ObjectNode data) {
        if (url == null) {
            return;
        }
        String refusal = send(request(event, data));
        if (refusal != null) {
            Cli.warn("the line was not told \"" + event + "\": " + refusal);
        }
    }

    /**
     * Tells it until it is taken: a server that is switched off before would be missed. Throws {@link Cli.Failure} when
     * nobody took it in twelve hours.
     */
    public void insist(String event, ObjectNode data) throws IOException {
        if (url == null) {
            return;
        }
        Request request = request(event, data);
        Retry retry = Retry.within(PATIENCE, new Time());
        String refusal = send(request);
        for (String said = ""; refusal != null; refusal = send(request)) {
            if (!refusal.equals(said)) {
                Cli.warn("the line has not taken the report, it is sent again until it has: " + refusal);
                said = refusal;
            }
            if (!retry.again()) {
                throw new Cli.Failure("nobody took the report at " + url + ": " + refusal);
            }
        }
    }

    private synchronized Request request(String event, ObjectNode data) {
        number++;
        return new Request.Builder().url(url).header("ce-specversion", "1.0").header("ce-id", server + "/" + boot + "/" + number)
                .header("ce-source", "/servers/" + server).header("ce-type", TYPE + event)
                .header("ce-time", Instant.now().toString())
                .post(RequestBody.create(data.toString(), MediaType.get("application/json"))).build();
    }

    /** Firmware may say anything; what a header may not hold is percent-encoded, as is "/", which separates (section 3.1.3.2). */
    private static String headerValue(String text) {
        StringBuilder value = new StringBuilder();
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            boolean plain = b > ' ' && b < 0x7f && "\"%/".indexOf(b) < 0;
            value.append(plain ? String.valueOf((char) b) : "%%%02X".formatted(b));
        }
        return value.toString();
    }

    /** Why it was not taken; null when it was. */
    private String send(Request request) {
        try (Response response = http.once(request)) {
            return response.isSuccessful() ? null : "HTTP " + response.code() + " of " + Http.host(url);
        } catch (IOException e) {
            return Http.explain(e, Http.host(url));
        }
    }
}
