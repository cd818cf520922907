import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * A long thin line to a server on this machine: all connections together get so many bits a second each way (a token
 * bucket of one chunk), every byte arrives half a round trip later, and the first answer of a connection one round trip
 * later still, as if TCP had shaken hands over the line. Slow start and loss are not imitated.
 */
final class Relay implements AutoCloseable {
    private static final int CHUNK = 16 << 10;

    private final ServerSocket here = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final int port;
    private final double nanosPerByte;
    private final long roundTripNanos;
    private final Line up = new Line();
    private final Line down = new Line();

    Relay(int port, long bitsPerSecond, long roundTripMillis) throws IOException {
        this.port = port;
        nanosPerByte = 8e9 / bitsPerSecond;
        roundTripNanos = roundTripMillis * 1_000_000;
        start(this::accept);
    }

    int port() {
        return here.getLocalPort();
    }

    /** One direction: bytes leave one after another, whichever connection they belong to. */
    private final class Line {
        private long free = System.nanoTime();

        /** When the last of so many bytes, given now, has left. */
        synchronized long leave(int bytes) {
            free = Math.max(free, System.nanoTime()) + (long) (bytes * nanosPerByte);
            return free;
        }
    }

    /** Bytes under way; none: the end of the stream. */
    private record Chunk(byte[] bytes, long arrives) {
    }

    private void accept() throws IOException, InterruptedException {
        while (true) {
            Socket client = here.accept();
            Socket server = new Socket(InetAddress.getLoopbackAddress(), port);
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
            pass(client, server, up, roundTripNanos);
            pass(server, client, down, 0);
        }
    }

    private void pass(Socket from, Socket to, Line line, long firstDelay) {
        // as much as is under way on the line at one time, so that the delay costs no throughput
        int underWay = (int) (roundTripNanos / nanosPerByte / CHUNK) + 2;
        BlockingQueue<Chunk> queue = new ArrayBlockingQueue<>(underWay);
        start(() -> {
            byte[] buffer = new byte[CHUNK];
            long shaken = System.nanoTime() + firstDelay;
            try (InputStream in = from.getInputStream()) {
                for (int n; (n = in.read(buffer)) > 0;) {
                    long left = Math.max(line.leave(n), shaken);
                    queue.put(new Chunk(Arrays.copyOf(buffer, n), left + roundTripNanos / 2));
                    LockSupport.parkNanos(left - System.nanoTime());
                }
            } finally {
                queue.put(new Chunk(new byte[0], 0));
            }
        });
        start(() -> {
            try (to; from; OutputStream out = to.getOutputStream()) {
                for (Chunk chunk; (chunk = queue.take()).bytes.length > 0;) {
                    for (long wait; (wait = chunk.arrives - System.nanoTime()) > 0;) {
                        LockSupport.parkNanos(wait);
                    }
                    out.write(chunk.bytes);
                }
            }
        });
    }

    private interface Task {
        void run() throws IOException, InterruptedException;
    }

    private static void start(Task task) {
        Thread thread = new Thread(() -> {
            try {
                task.run();
            } catch (IOException ended) {
                // one side has gone
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        here.close();
    }
}
