//SOURCES ../common/cli/Json.java
//SOURCES ../common/http/Http.java
//SOURCES ../common/oci/Digest.java
//SOURCES ../common/oci/Manifest.java
//SOURCES FaultyServer.java

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.zip.GZIPOutputStream;

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Json;
import common.oci.Digest;
import common.oci.Manifest;
import mockwebserver3.Dispatcher;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import mockwebserver3.RecordedRequest;
import okhttp3.Headers;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import okio.Buffer;

/**
 * A registry with one small image, {@code HOST/team/app:v1}, that does what the test says: real ones do it too, but not
 * on demand. What the test leaves to it is answered as distribution-spec has it.
 */
final class ImageRegistry extends Dispatcher implements AutoCloseable {
    static final String NAME = "team/app";
    static final HeldCertificate CA = new HeldCertificate.Builder().certificateAuthority(0).build();
    private static final Logger LOG = Logger.getLogger(MockWebServer.class.getName());

    final MockWebServer server = new MockWebServer();
    final List<RecordedRequest> requests = Collections.synchronizedList(new ArrayList<>());
    /** Path below the repository -> its bytes: {@code manifests/...}, {@code blobs/sha256:...}. */
    final Map<String, byte[]> content = new LinkedHashMap<>();
    final Digest layer;
    /** Null leaves the request to the registry. */
    private Function<RecordedRequest, MockResponse> behaviour = request -> null;

    private ImageRegistry(boolean tls) throws IOException {
        LOG.setLevel(Level.WARNING); // else a line for every request
        byte[] packed = gzip("a layer of " + System.nanoTime());
        layer = Digest.of(packed);
        byte[] config = ("{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"" + layer
                + "\"]}}").getBytes(StandardCharsets.UTF_8);
        ObjectNode manifest = Json.object().put("schemaVersion", 2).put("mediaType", Manifest.OCI);
        manifest.set("config", descriptor("application/vnd.oci.image.config.v1+json", config));
        manifest.putArray("layers").add(descriptor("application/vnd.oci.image.layer.v1.tar+gzip", packed));
        content.put("blobs/" + layer, packed);
        content.put("blobs/" + Digest.of(config), config);
        manifest(Json.pretty(manifest), "v1");
        server.setDispatcher(this);
        if (tls) {
            HeldCertificate own = new HeldCertificate.Builder().signedBy(CA).addSubjectAlternativeName("127.0.0.1").build();
            server.useHttps(new HandshakeCertificates.Builder().heldCertificate(own).build().sslSocketFactory());
        }
        server.start(InetAddress.getLoopbackAddress(), 0);
    }

    static ImageRegistry http() throws IOException {
        return new ImageRegistry(false);
    }

    /** With a certificate for 127.0.0.1 that {@link #CA} has signed. */
    static ImageRegistry https() throws IOException {
        return new ImageRegistry(true);
    }

    static ObjectNode descriptor(String mediaType, byte[] bytes) {
        return Json.object().put("mediaType", mediaType).put("digest", Digest.of(bytes).toString())
                .put("size", bytes.length);
    }

    private static byte[] gzip(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    void manifest(byte[] bytes, String tag) {
        content.put("manifests/" + tag, bytes);
        content.put("manifests/" + Digest.of(bytes), bytes);
    }

    byte[] manifest() {
        return content.get("manifests/v1");
    }

    ImageRegistry doing(Function<RecordedRequest, MockResponse> what) {
        behaviour = what;
        return this;
    }

    String host() {
        return "127.0.0.1:" + server.getPort();
    }

    String image() {
        return host() + "/" + NAME + ":v1";
    }

    static String authorization(RecordedRequest request) {
        return String.valueOf(request.getHeaders().get("Authorization"));
    }

    static boolean isLayer(RecordedRequest request, ImageRegistry of) {
        return request.getTarget().endsWith(of.layer.toString());
    }

    @Override
    public MockResponse dispatch(RecordedRequest request) {
        requests.add(request);
        MockResponse answer = behaviour.apply(request);
        return answer != null ? answer : plain(request);
    }

    MockResponse plain(RecordedRequest request) {
        String path = request.getUrl().encodedPath();
        if (path.matches("/v2/?")) {
            return new MockResponse(200, Headers.of("Content-Type", "application/json"), "{}");
        }
        byte[] bytes = content.get(path.replaceFirst("^/v2/.*/(?=manifests|blobs)", "").replace("%3A", ":"));
        if (bytes == null) {
            return new MockResponse(404, Headers.of(), "{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\"}]}");
        }
        String type = path.contains("/blobs/") ? "application/octet-stream"
                : Json.parse(bytes, "manifest").path("mediaType").asText(Manifest.OCI);
        return new MockResponse.Builder().addHeader("Content-Type", type).body(new Buffer().write(bytes)).build();
    }

    @Override
    public void close() {
        server.close();
    }
}
