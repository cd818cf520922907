package common.assisted;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../http/Http.java
//SOURCES ../http/Retry.java
//SOURCES ../http/Time.java
//SOURCES AssistedError.java
//SOURCES OfflineToken.java

import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.http.Http;
import common.http.Retry;
import common.http.Time;
import okhttp3.HttpUrl;
import okhttp3.MediaType;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okio.BufferedSink;

/**
 * Requests to an Assisted Installer service, each checked for its status. GET is sent again for five minutes while the
 * service, or a proxy before it, is busy or gone; what changes something never is: {@link OnceOnly} looks first.
 */
public final class AssistedConnection {
    private static final String PATH = "api/assisted-install";
    private static final MediaType JSON = MediaType.get("application/json");
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private final Http http;
    private final HttpUrl base;
    private final OfflineToken token;
    private final Time time;
    private boolean answered;

    /** {@code token} null: the service asks for none. */
    public AssistedConnection(Http http, HttpUrl base, OfflineToken token, Time time) {
        this.http = http;
        this.base = base;
        this.token = token;
        this.time = time;
    }

    /** The API behind an address: {@code HOST:PORT} or a URL, with or without {@code /api/assisted-install/v2}. */
    public static HttpUrl base(String address) {
        HttpUrl url = HttpUrl.parse(address.contains("://") ? address : "http://" + address);
        if (url == null || url.query() != null) {
            throw new Cli.Failure(Cli.USAGE, "--url " + address + ": not an address; give http://HOST:8090");
        }
        String path = url.encodedPath().replaceFirst("/+$", "").replaceFirst("/v2$", "");
        return url.newBuilder().encodedPath((path.endsWith(PATH) ? path : path + "/" + PATH) + "/v2").build();
    }

    Time time() {
        return time;
    }

    /** Nobody knows whether the service got the request: look before it is sent again. */
    static final class Unanswered extends IOException {
        Unanswered(String message, IOException cause) {
            super(message, cause);
        }
    }

    /**
     * The body of a successful answer. {@code body} null: none. Throws an {@link AssistedError} on an error status,
     * {@link Unanswered} when nothing came back.
     */
    byte[] exchange(String method, String path, JsonNode body) throws IOException {
        Retry retry = Retry.within(PATIENCE, time);
        for (int tried = 1;; tried++) {
            try (Response response = send(method, path, body)) {
                answered = true;
                byte[] bytes = response.body().bytes();
                if (response.isSuccessful()) {
                    return bytes;
                }
                AssistedError error = AssistedError.of(method + " " + base.host() + " " + path, response.code(), bytes);
                boolean worthIt = method.equals("GET") && error.passes(tried);
                warn(worthIt && tried == 1, base.host() + " is busy");
                if (!worthIt || !retry.again(error.status, response.header("Retry-After"), base.host())) {
                    throw error;
                }
            } catch (IOException e) {
                if (Retry.isInterrupt(e)) {
                    throw e;
                }
                IOException lost = unreachable(e);
                boolean worthIt = method.equals("GET") && (answered || isBroken(e));
                warn(worthIt && tried == 1, lost.getMessage().replaceFirst(";.*", ""));
                if (!worthIt || !retry.again()) {
                    throw lost;
                }
            }
        }
    }

    /** Whether something answered at least the connection; an address where nothing ever did may be a wrong one. */
    private static boolean isBroken(IOException e) {
        return !(e instanceof ConnectException || e instanceof NoRouteToHostException || e instanceof SSLException
                || e instanceof UnknownHostException || e instanceof SocketTimeoutException);
    }

    private static void warn(boolean first, String fault) {
        if (first) {
            Cli.warn(fault + "; trying again for " + Time.words(PATIENCE));
        }
    }

    private Response send(String method, String path, JsonNode body) throws IOException {
        HttpUrl url = HttpUrl.get(base + "/" + path);
        RequestBody sent = method.equals("GET") ? null
                : new Body(body == null ? new byte[0] : body.toString().getBytes(StandardCharsets.UTF_8));
        Request.Builder request = new Request.Builder().url(url).method(method, sent);
        if (!path.matches(".*/(downloads/(files|credentials)|manifests/files|logs)\\?.*")) {
            request.header("Accept", "application/json");
        }
        if (Cli.verbose()) {
            System.err.println("+ " + method + " " + url);
        }
        if (token == null) {
            return http.once(request.build());
        }
        Response response = http.once(request.header("Authorization", token.authorization()).build());
        if (response.code() == 401) { // its clock may not be ours; nothing has been done, so any call may go again
            response.close();
            token.expire();
            response = http.once(request.header("Authorization", token.authorization()).build());
        }
        return response;
    }

    /** OkHttp would send another body again by itself when a connection breaks, and one of DELETE that has none. */
    private static final class Body extends RequestBody {
        private final byte[] bytes;

        Body(byte[] bytes) {
            this.bytes = bytes;
        }

        @Override
        public MediaType contentType() {
            return bytes.length == 0 ? null : JSON;
        }

        @Override
        public long contentLength() {
            return bytes.length;
        }

        @Override
        public boolean isOneShot() {
            return true;
        }

        @Override
        public void writeTo(BufferedSink sink) throws IOException {
            sink.write(bytes);
        }
    }

    private Unanswered unreachable(IOException e) {
        String host = base.host() + ":" + base.port();
        if (e instanceof UnknownHostException) {
            return new Unanswered("unknown host " + base.host() + "; check --url (AI_URL), DNS and the proxy", e);
        }
        if (e instanceof SSLException && !(e instanceof SSLPeerUnverifiedException)) {
            return new Unanswered(Http.explain(e, host).replace("--cert-dir", "--ca FILE"), e);
        }
        return new Unanswered(Http.explain(e, host), e);
    }
}
