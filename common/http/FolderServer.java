package common.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;

/**
 * Serves a local container-images folder on loopback, for as long as it is open: what stages from a web server then
 * stages from a folder too, in the same way, every byte checked. Listings, whole files and ranges up to the end.
 */
public final class FolderServer implements AutoCloseable {
    private static final Pattern RANGE = Pattern.compile("bytes=(\\d{1,18})-");

    private final Path root;
    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool(r -> {
        Thread thread = new Thread(r, "folder-server");
        thread.setDaemon(true);
        return thread;
    });

    public FolderServer(Path root) throws IOException {
        this.root = root.toRealPath();
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.setExecutor(threads);
        server.start();
    }

    public String address() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/";
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            Path path = root.resolve(exchange.getRequestURI().getPath().substring(1)).normalize();
            boolean get = exchange.getRequestMethod().equals("GET");
            if (!path.startsWith(root) || !Files.isReadable(path)) {
                exchange.sendResponseHeaders(404, -1);
            } else if (Files.isDirectory(path)) {
                byte[] listing = listing(path).getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(200, listing.length);
                exchange.getResponseBody().write(listing);
            } else {
                file(exchange, path, get);
            }
        }
    }

    private static void file(HttpExchange exchange, Path path, boolean get) throws IOException {
        long size = Files.size(path);
        Matcher range = RANGE.matcher(String.valueOf(exchange.getRequestHeaders().getFirst("Range")));
        long from = range.matches() ? Long.parseLong(range.group(1)) : 0;
        if (from > size || from > 0 && from == size) {
            exchange.sendResponseHeaders(416, -1);
            return;
        }
        if (from > 0) {
            exchange.getResponseHeaders().set("Content-Range", "bytes " + from + "-" + (size - 1) + "/" + size);
        }
        if (!get) {
            exchange.getResponseHeaders().set("Content-Length", Long.toString(size));
            exchange.sendResponseHeaders(200, -1);
            return;
        }
        exchange.sendResponseHeaders(from > 0 ? 206 : 200, size == from ? -1 : size - from);
        try (InputStream in = Files.newInputStream(path); OutputStream out = exchange.getResponseBody()) {
            in.skipNBytes(from);
            byte[] buffer = new byte[256 << 10];
            for (int n; (n = in.read(buffer)) > 0;) {
                out.write(buffer, 0, n);
            }
        }
    }

    private static String listing(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(e -> e.getFileName() + (Files.isDirectory(e) ? "/" : "")).sorted()
                    .map(name -> "<a href=\"" + name + "\">" + name + "</a>\n").collect(Collectors.joining());
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
