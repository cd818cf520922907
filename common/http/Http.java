package common.http;

//DEPS com.squareup.okhttp3:okhttp-jvm:5.5.1
//DEPS com.squareup.okhttp3:okhttp-tls:5.5.1
//SOURCES ../cli/Cli.java
//SOURCES EnvironmentProxy.java
//SOURCES HostFailure.java
//SOURCES Retry.java
//SOURCES TrustedCertificates.java

import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.ProtocolException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

import common.cli.Cli;
import okhttp3.ConnectionSpec;
import okhttp3.Headers;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okhttp3.ResponseBody;
import okhttp3.tls.HandshakeCertificates;
import okio.Buffer;
import okio.ForwardingSource;
import okio.Okio;

/**
 * The one way out to HTTP: time-outs, the proxy of the environment, CA certificates, and another try after status 429 and
 * 5xx ({@link Retry}). A connection that breaks is the caller's business: it knows how far the answer was read.
 */
public final class Http {
    /** As Go's client has it. */
    private static final int MOST_REDIRECTS = 10;

    private final OkHttpClient plain;
    private final EnvironmentProxy proxy = new EnvironmentProxy(System.getenv());
    private final TrustedCertificates certificates;
    private final boolean redirects;
    /** By the host that was asked: it has certificates of its own. */
    private final Map<String, OkHttpClient> tls = new ConcurrentHashMap<>();
    private final Map<String, OkHttpClient> unverified = new ConcurrentHashMap<>();

    /**
     * @param certDir CA certificates ({@code *.crt}) to trust beside the system's, and a client certificate
     *     ({@code *.cert} with {@code *.key}), as in containers-certs.d(5), or one file of CA certificates; null looks
     *     for that folder of the host
     * @param redirects whether to follow the server to other addresses, up to ten in a row; what is secret in a request
     *     goes to no other host, and never from https to http
     */
    public Http(Path certDir, boolean redirects) {
        this.certificates = new TrustedCertificates(certDir, System.getenv());
        this.redirects = redirects;
        // no TLS in this one: setting it up costs a quarter of a second that a plain registry on the LAN never needs
        this.plain = new OkHttpClient.Builder().connectionSpecs(List.of(ConnectionSpec.CLEARTEXT))
                .connectTimeout(Duration.ofSeconds(15)).readTimeout(Duration.ofSeconds(60)).followRedirects(false)
                .proxySelector(proxy).proxyAuthenticator(proxy).build();
    }

    /** GET; the caller closes the response, whatever its status. {@code verify} false accepts any TLS certificate. */
    public Response get(HttpUrl url, Headers headers, boolean verify) throws IOException {
        return send(new Request.Builder().url(url).headers(headers).build(), verify);
    }

    /** HEAD; the caller closes the response. */
    public Response head(HttpUrl url, Headers headers) throws IOException {
        return send(new Request.Builder().url(url).headers(headers).head().build(), true);
    }

    public Response post(HttpUrl url, RequestBody body, boolean verify) throws IOException {
        return send(new Request.Builder().url(url).post(body).build(), verify);
    }

    /** Any request, one try, whatever the answer: for a caller that knows what may be sent again. */
    public Response once(Request request) throws IOException {
        return follow(request, true);
    }

    /** {@code HOST[:PORT]} of a URL, as a reference has it. */
    public static String host(HttpUrl url) {
        String host = url.host().contains(":") ? "[" + url.host() + "]" : url.host();
        return url.port() == HttpUrl.defaultPort(url.scheme()) ? host : host + ":" + url.port();
    }

    /** The proxy by which a URL is asked, in words; null when there is none. */
    public String proxy(HttpUrl url) {
        return proxy.of(url);
    }

    private OkHttpClient client(Request request, HttpUrl asked, boolean verify) throws IOException {
        return !request.isHttps() ? plain : verify ? tls(host(asked)) : unverified(host(asked));
    }

    private Response follow(Request first, boolean verify) throws IOException {
        Request request = first;
        for (int hops = 0;; hops++) {
            String host = host(request.url());
            String through = proxy.of(request.url());
            boolean elsewhere = hops > 0 || through != null;
            Response response;
            try {
                response = client(request, first.url(), verify).newCall(request).execute();
            } catch (IOException e) {
                throw elsewhere ? failure(host, through, e) : e;
            }
            Request next = redirects ? redirected(request, response) : null;
            if (next == null || hops == MOST_REDIRECTS) {
                return elsewhere ? named(response, host, through) : response;
            }
            response.close();
            request = next;
        }
    }

    /** The request that a redirect asks for (RFC 9110 section 15.4); null when the answer is none that we follow. */
    private static Request redirected(Request request, Response response) {
        HttpUrl to = response.isRedirect() && response.header("Location") != null
                ? request.url().resolve(response.header("Location")) : null;
        if (to == null || request.body() != null) {
            return null;
        }
        Request.Builder next = request.newBuilder().url(to);
        return (mayHearSecrets(request.url(), to) ? next : next.removeHeader("Authorization").removeHeader("Cookie")).build();
    }

    /** The same server; or the same host where it changes from http to https, each at its usual port. */
    public static boolean mayHearSecrets(HttpUrl from, HttpUrl to) {
        boolean same = from.scheme().equals(to.scheme()) && from.port() == to.port();
        boolean safer = from.port() == 80 && to.isHttps() && to.port() == 443;
        return from.host().equals(to.host()) && (same || safer);
    }

    /** An interrupt is no failure of a host. */
    private static IOException failure(String host, String proxy, IOException e) {
        return Retry.isInterrupt(e) || e instanceof HostFailure ? e : new HostFailure(host, proxy, e);
    }

    /** The answer, whose body says where it comes from when it breaks. */
    private static Response named(Response response, String host, String proxy) {
        ForwardingSource source = new ForwardingSource(response.body().source()) {
            @Override
            public long read(Buffer sink, long byteCount) throws IOException {
                try {
                    return super.read(sink, byteCount);
                } catch (IOException e) {
                    throw failure(host, proxy, e);
                }
            }
        };
        return response.newBuilder().body(ResponseBody.create(Okio.buffer(source), response.body().contentType(),
                response.body().contentLength())).build();
    }

    private Response send(Request request, boolean verify) throws IOException {
        for (Retry retry = new Retry();;) {
            Response response = follow(request, verify);
            if (!retry.again(response.code(), response.header("Retry-After"), host(response.request().url()))) {
                return response;
            }
            response.close();
        }
    }

    private synchronized OkHttpClient tls(String host) throws IOException {
        if (!tls.containsKey(host)) {
            HandshakeCertificates trusted = certificates.of(host);
            tls.put(host, plain.newBuilder().connectionSpecs(List.of(ConnectionSpec.MODERN_TLS))
                    .sslSocketFactory(trusted.sslSocketFactory(), trusted.trustManager()).build());
        }
        return tls.get(host);
    }

    /** Takes any certificate for any host, shows the same client certificate. */
    private synchronized OkHttpClient unverified(String host) throws IOException {
        if (!unverified.containsKey(host)) {
            try {
                SSLContext context = SSLContext.getInstance("TLS");
                context.init(new KeyManager[] {certificates.of(host).keyManager()}, new TrustManager[] {new Anyone()},
                        null);
                unverified.put(host, plain.newBuilder().connectionSpecs(List.of(ConnectionSpec.MODERN_TLS))
                        .sslSocketFactory(context.getSocketFactory(), new Anyone())
                        .hostnameVerifier((name, session) -> true).build());
            } catch (GeneralSecurityException e) {
                throw new AssertionError("every Java platform has TLS", e);
            }
        }
        return unverified.get(host);
    }

    /** For a registry that registries.conf calls insecure. */
    private static final class Anyone implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) {
            // anyone
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) {
            // anyone
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    /** What went wrong with a host, in words that say what to do. */
    public static String explain(IOException e, String host) {
        if (e instanceof HostFailure f) {
            boolean reached = !(f.reason instanceof ConnectException || f.reason instanceof UnknownHostException);
            return f.proxy == null ? explain(f.reason, f.host)
                    : reached ? explain(f.reason, f.host) + " (through the " + f.proxy + ")"
                    : explain(f.reason, "the " + f.proxy + " for " + f.host);
        }
        if (e instanceof UnknownHostException) {
            return "unknown host " + host + "; check DNS, the proxy, or the mirror in registries.conf";
        }
        if (e instanceof SocketTimeoutException) {
            return "no answer from " + host + " in time; check the network, then run the same command again";
        }
        if (e instanceof ConnectException || e instanceof NoRouteToHostException) {
            return "cannot connect to " + host + ": " + lastWords(e) + "; is the server running?";
        }
        if (e instanceof SSLPeerUnverifiedException) {
            return "TLS with " + host + ": its certificate is for another host; use the name that the certificate has";
        }
        if (e instanceof SSLException) {
            return "TLS with " + host + ": " + lastWords(e) + "; give its CA certificate with --cert-dir";
        }
        if (e instanceof ProtocolException || e instanceof SocketException || e instanceof EOFException) {
            return "the connection to " + host + " broke: " + e.getMessage();
        }
        return Cli.describe(e);
    }

    private static String lastWords(Throwable e) {
        Throwable last = e;
        while (last.getCause() != null) {
            last = last.getCause();
        }
        return last.getMessage();
    }
}
