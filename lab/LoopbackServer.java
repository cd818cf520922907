//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import common.cli.Cli;
import common.cli.Proc;

/** A server program on a free port of 127.0.0.1, in a session of its own: Ctrl-C reaches the script, which ends it. */
class LoopbackServer implements AutoCloseable {
    private static final Pattern REQUEST =
            Pattern.compile("\"(\\w+) (\\S+) HTTP/[\\d.]+\" (\\d+) (\\d+) \"-?([^\"]*)\"");

    private final Process process;
    private final int port;
    private final Path log;

    /** One line of the access log; {@code range}: the request's Range header where the server logs it, else "". */
    record Request(String method, String path, int status, long bytes, String range) {
    }

    /** Starts the program and waits until its port answers; {@code log} gets its stdout and stderr. */
    LoopbackServer(List<String> argv, int port, Path log) {
        this(launch(argv, log), port, log);
        try {
            awaitPort(argv.get(0));
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private LoopbackServer(Process process, int port, Path log) {
        this.process = process;
        this.port = port;
        this.log = log;
    }

    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new Cli.Failure("no free port on 127.0.0.1: " + e.getMessage());
        }
    }

    final int port() {
        return port;
    }

    final long pid() {
        return process.pid();
    }

    Path accessLog() {
        return log;
    }

    /** What was asked of the server so far, in the order in which the answers ended. */
    final List<Request> requests() throws IOException {
        try (var lines = Files.lines(accessLog())) {
            return lines.map(REQUEST::matcher).filter(Matcher::find).map(m -> new Request(m.group(1), m.group(2),
                    Integer.parseInt(m.group(3)), Long.parseLong(m.group(4)), m.group(5))).toList();
        }
    }

    /** Ends the program and waits for its end. */
    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    private static Process launch(List<String> argv, Path log) {
        Proc.need(argv.get(0));
        List<String> detached = new ArrayList<>(List.of("setsid", Proc.find(argv.get(0)).orElseThrow().toString()));
        detached.addAll(argv.subList(1, argv.size()));
        return Proc.of(detached).background(log);
    }

    private void awaitPort(String program) {
        for (int i = 0; i < 500 && process.isAlive(); i++) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
                return;
            } catch (IOException notYet) {
                pause();
            }
        }
        throw new Cli.Failure(program + " does not answer on 127.0.0.1:" + port + ": see " + log);
    }

    private static void pause() {
        try {
            Thread.sleep(20);
        } catch (InterruptedException e) {
            throw new Cli.Failure(Cli.INTERRUPTED, "interrupted while a server started", e);
        }
    }
}
