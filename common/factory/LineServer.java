package common.factory;

//SOURCES ../cli/Cli.java
//SOURCES Line.java
//SOURCES LineExports.java
//SOURCES LinePage.java
//SOURCES ServerEvent.java

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.Function;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import common.cli.Cli;

/**
 * Listens for the servers of a line ({@code POST /}) and shows them ({@code GET}). Nobody needs a password for either, so it
 * belongs on the line's own network; what is sent is checked, and bounded in size and number.
 */
public final class LineServer implements AutoCloseable {
    private static final int MOST_BYTES = 256 << 10;
    private static final int THREADS = 64;
    private static final int WATCHERS = 32;
    /** A watcher asks again after that; so nothing waits without an end. */
    private static final long WATCH_MILLIS = 240_000;
    private static final String HTML = "text/html; charset=utf-8";

    static { // read by the JDK's server once, when its first one is made; in seconds, 0 is for ever
        System.setProperty("sun.net.httpserver.maxReqTime", "30");
        System.setProperty("sun.net.httpserver.maxRspTime", "300");
    }

    private final Line line;
    private final HttpServer server;
    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    private final Semaphore watchers = new Semaphore(WATCHERS);

    /** Throws {@link Cli.Failure} when it cannot listen there. */
    public LineServer(Line line, InetSocketAddress address) {
        this.line = line;
        try {
            server = HttpServer.create(address, 128);
        } catch (IOException e) {
            throw new Cli.Failure("cannot listen on " + address + ": " + e.getMessage() + "; name another --listen");
        }
        server.createContext("/", this::handle);
        server.setExecutor(threads);
        server.start();
    }

    public int port() {
        return server.getAddress().getPort();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            switch (exchange.getRequestMethod()) {
                case "POST" -> take(exchange);
                case "GET", "HEAD" -> {
                    switch (path) {
                        case "/" -> page(exchange, HTML, LinePage::overview);
                        case "/andon" -> page(exchange, HTML, LinePage::andon);
                        case "/server" -> server(exchange);
                        case "/servers.csv" -> page(exchange, "text/csv; charset=utf-8", LineExports::csv);
                        case "/servers.json" -> answer(exchange, 200, "application/json", line.view(LineExports::json));
                        case "/junit.xml" -> page(exchange, "application/xml", LineExports::junit);
                        case "/metrics" -> page(exchange, "text/plain; version=0.0.4; charset=utf-8", LineExports::metrics);
                        case "/changes" -> watch(exchange);
                        default -> answer(exchange, 404, "text/plain", "no such page; the servers are at /\n".getBytes());
                    }
                }
                default -> answer(exchange, 405, "text/plain", "GET or POST only\n".getBytes());
            }
        } catch (RuntimeException e) {
            Cli.warn("the request " + exchange.getRequestURI() + " could not be answered: " + Cli.describe(e));
            throw e;
        }
    }

    private void take(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readNBytes(MOST_BYTES + 1);
        if (body.length > MOST_BYTES) {
            answer(exchange, 413, "text/plain", ("more than " + MOST_BYTES + " bytes\n").getBytes());
            return;
        }
        try {
            line.take(ServerEvent.of(exchange.getRequestHeaders()::getFirst, body, Instant.now(),
                    exchange.getRemoteAddress().getAddress().getHostAddress()));
            answer(exchange, 204, null, new byte[0]);
        } catch (Cli.Failure e) {
            answer(exchange, e.getMessage().startsWith("too many") ? 429 : 400, "text/plain; charset=utf-8",
                    (e.getMessage() + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) { // the sender keeps it and sends it again
            Cli.warn("an event could not be kept: " + Cli.describe(e));
            answer(exchange, 503, "text/plain", "it cannot be kept now\n".getBytes());
        }
    }

    private void page(HttpExchange exchange, String type, Function<Line.View, String> text) throws IOException {
        answer(exchange, 200, type, line.view(text).getBytes(StandardCharsets.UTF_8));
    }

    private void server(HttpExchange exchange) throws IOException {
        String query = Optional.ofNullable(exchange.getRequestURI().getRawQuery()).orElse("");
        String serial = query.startsWith("serial=") ? URLDecoder.decode(query.substring(7), StandardCharsets.UTF_8) : "";
        Optional<String> page = line.view(v -> v.rows().stream().filter(r -> r.serial.equals(serial)).findFirst()
                .map(r -> LinePage.server(r, v.now())));
        answer(exchange, page.isPresent() ? 200 : 404, HTML, page.orElse("no such server\n").getBytes(StandardCharsets.UTF_8));
    }

    /** Server-sent events (HTML, section 9.2): the number of changes, each time there are more. */
    private void watch(HttpExchange exchange) throws IOException {
        if (!watchers.tryAcquire()) {
            answer(exchange, 503, "text/plain", "too many watch already\n".getBytes());
            return;
        }
        try {
            exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
            exchange.getResponseHeaders().set("Cache-Control", "no-store");
            exchange.sendResponseHeaders(200, 0);
            OutputStream out = exchange.getResponseBody();
            long seen = line.changes();
            long end = System.nanoTime() + WATCH_MILLIS * 1_000_000;
            for (long left; (left = (end - System.nanoTime()) / 1_000_000) > 0;) {
                long now = line.awaitChange(seen, Math.min(left, 15_000));
                out.write((now == seen ? ": nothing new\n\n" : "data: " + now + "\n\n").getBytes());
                out.flush(); // throws when nobody reads any more
                seen = now;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            watchers.release();
        }
    }

    private static void answer(HttpExchange exchange, int status, String type, byte[] body) throws IOException {
        if (type != null) {
            exchange.getResponseHeaders().set("Content-Type", type);
        }
        exchange.getResponseHeaders().set("Cache-Control", "no-store");
        boolean empty = body.length == 0 || exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(status, empty ? -1 : body.length);
        if (!empty) {
            exchange.getResponseBody().write(body);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
