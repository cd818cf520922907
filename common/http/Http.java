package common.http;

//DEPS com.squareup.okhttp3:okhttp-jvm:5.5.1
//DEPS com.squareup.okhttp3:okhttp-tls:5.5.1
//SOURCES ../cli/Cli.java
//SOURCES EnvironmentProxy.java
//SOURCES Retry.java

import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

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
import okhttp3.tls.Certificates;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;

/**
 * The one way out to HTTP: time-outs, the proxy of the environment, CA certificates, and another try after status 429 and
 * 5xx ({@link Retry}). A connection that breaks is the caller's business: it knows how far the answer was read.
 */
public final class Http {
    private final OkHttpClient plain;
    private final Path certDir;
    private OkHttpClient tls;
    private OkHttpClient unverified;

    /**
     * @param certDir CA certificates ({@code *.crt}) to trust beside the system's, and a client certificate
     *     ({@code *.cert} with {@code *.key}), as in containers-certs.d(5), or one file of CA certificates; null for none
     * @param redirects whether to follow the server to other addresses
     */
    public Http(Path certDir, boolean redirects) {
        this.certDir = certDir;
        // no TLS in this one: setting it up costs a quarter of a second that a plain registry on the LAN never needs
        this.plain = new OkHttpClient.Builder().connectionSpecs(List.of(ConnectionSpec.CLEARTEXT))
                .connectTimeout(Duration.ofSeconds(15)).readTimeout(Duration.ofSeconds(60))
                .followRedirects(redirects).followSslRedirects(false)
                .proxySelector(new EnvironmentProxy(System.getenv())).build();
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
        return client(request, true).newCall(request).execute();
    }

    private OkHttpClient client(Request request, boolean verify) throws IOException {
        return !request.isHttps() ? plain : verify ? tls() : unverified();
    }

    private Response send(Request request, boolean verify) throws IOException {
        OkHttpClient client = client(request, verify);
        for (Retry retry = new Retry();;) {
            Response response = client.newCall(request).execute();
            if (!retry.again(response.code(), response.header("Retry-After"), request.url().host())) {
                return response;
            }
            response.close();
        }
    }

    private synchronized OkHttpClient tls() throws IOException {
        if (tls == null) {
            HandshakeCertificates certificates = certificates();
            tls = plain.newBuilder().connectionSpecs(List.of(ConnectionSpec.MODERN_TLS))
                    .sslSocketFactory(certificates.sslSocketFactory(), certificates.trustManager()).build();
        }
        return tls;
    }

    /** Takes any certificate for any host, shows the same client certificate. */
    private synchronized OkHttpClient unverified() throws IOException {
        if (unverified == null) {
            try {
                SSLContext context = SSLContext.getInstance("TLS");
                context.init(new KeyManager[] {certificates().keyManager()}, new TrustManager[] {new Anyone()}, null);
                unverified = plain.newBuilder().connectionSpecs(List.of(ConnectionSpec.MODERN_TLS))
                        .sslSocketFactory(context.getSocketFactory(), new Anyone())
                        .hostnameVerifier((host, session) -> true).build();
            } catch (GeneralSecurityException e) {
                throw new AssertionError("every Java platform has TLS", e);
            }
        }
        return unverified;
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

    private HandshakeCertificates certificates() throws IOException {
        HandshakeCertificates.Builder certificates = new HandshakeCertificates.Builder()
                .addPlatformTrustedCertificates();
        for (Path crt : files(".crt")) {
            for (String pem : Files.readString(crt).split("(?<=-----END CERTIFICATE-----)")) {
                if (!pem.isBlank()) {
                    certificates.addTrustedCertificate(
                            decoded(crt, () -> Certificates.decodeCertificatePem(pem.strip())));
                }
            }
        }
        for (Path cert : files(".cert")) {
            Path key = Path.of(cert.toString().replaceFirst("\\.cert$", ".key"));
            String pem = Files.readString(cert) + Files.readString(key);
            certificates.heldCertificate(decoded(cert, () -> HeldCertificate.decode(pem)));
        }
        return certificates.build();
    }

    private static <T> T decoded(Path file, Supplier<T> decoder) {
        try {
            return decoder.get();
        } catch (IllegalArgumentException e) { // its words could quote a key
            throw new Cli.Failure(file + ": not a PEM certificate, or its key is none");
        }
    }

    private List<Path> files(String ending) throws IOException {
        if (certDir == null || Files.isRegularFile(certDir)) {
            return certDir == null || !ending.equals(".crt") ? List.of() : List.of(certDir);
        }
        try (Stream<Path> files = Files.list(certDir)) {
            return new ArrayList<>(files.filter(f -> f.toString().endsWith(ending)).sorted().toList());
        }
    }

    /** What went wrong with a host, in words that say what to do. */
    public static String explain(IOException e, String host) {
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
