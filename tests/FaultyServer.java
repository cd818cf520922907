//SOURCES ../common/http/Http.java
//DEPS com.squareup.okhttp3:mockwebserver3:5.5.1

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import mockwebserver3.Dispatcher;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import mockwebserver3.RecordedRequest;
import mockwebserver3.SocketEffect;
import okhttp3.Headers;
import okio.Buffer;

/** A web server for faults that no real one produces on demand: serves a folder, but for paths it was told to spoil. */
final class FaultyServer extends Dispatcher implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(MockWebServer.class.getName());
    private final MockWebServer server = new MockWebServer();
    private final Path root;
    private final Map<String, Function<RecordedRequest, MockResponse>> faults = new HashMap<>();
    private final List<RecordedRequest> requests = Collections.synchronizedList(new ArrayList<>());

    FaultyServer(Path root) throws IOException {
        this.root = root;
        LOG.setLevel(Level.WARNING); // else a line for every request
        server.setDispatcher(this);
        server.start(InetAddress.getLoopbackAddress(), 0);
    }

    String base() {
        return "127.0.0.1:" + server.getPort();
    }

    List<RecordedRequest> requests() {
        return List.copyOf(requests);
    }

    List<String> paths() {
        return requests().stream().map(RecordedRequest::getTarget).toList();
    }

    /** Answers every request for the path. */
    FaultyServer at(String path, Function<RecordedRequest, MockResponse> answer) {
        faults.put(path, answer);
        return this;
    }

    FaultyServer page(String path, String html) {
        return at(path, r -> new MockResponse(200, Headers.of("Content-Type", "text/html"), html));
    }

    FaultyServer redirect(String path, String to) {
        return at(path, r -> new MockResponse(302, Headers.of("Location", to), ""));
    }

    /** Breaks the connection in the middle of the body of the first answer. */
    FaultyServer cutOnce(String path) {
        return at(path, request -> {
            faults.remove(path);
            return file(request).newBuilder().onResponseBody(SocketEffect.ShutdownConnection.INSTANCE).build();
        });
    }

    @Override
    public MockResponse dispatch(RecordedRequest request) {
        requests.add(request);
        return faults.getOrDefault(request.getTarget(), this::file).apply(request);
    }

    private MockResponse file(RecordedRequest request) {
        Path file = root.resolve(request.getTarget().substring(1));
        try {
            if (Files.isDirectory(file)) {
                return new MockResponse(200, Headers.of("Content-Type", "text/html"), listing(file));
            }
            if (!Files.exists(file)) {
                return new MockResponse(404, Headers.of(), "");
            }
            byte[] bytes = Files.readAllBytes(file);
            String range = request.getHeaders().get("Range");
            int from = range == null ? 0 : Integer.parseInt(range.replaceAll("\\D", ""));
            MockResponse.Builder response = new MockResponse.Builder().code(range == null ? 200 : 206)
                    .body(new Buffer().write(bytes, from, bytes.length - from));
            if (range != null) {
                response.addHeader("Content-Range", "bytes " + from + "-" + (bytes.length - 1) + "/" + bytes.length);
            }
            return response.build();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String listing(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(f -> "<a href='" + f.getFileName() + (Files.isDirectory(f) ? "/" : "") + "'>x</a>")
                    .collect(Collectors.joining());
        }
    }

    @Override
    public void close() {
        server.close();
    }
}
