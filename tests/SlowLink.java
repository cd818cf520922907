import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** A relay to a server on this machine whose answers pass slowly, so that a test can meet the middle of a transfer. */
final class SlowLink implements AutoCloseable {
    private final ServerSocket here = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final int port;
    private final int bytesPerSecond;

    /** {@code bytesPerSecond}: of each connection. */
    SlowLink(int port, int bytesPerSecond) throws IOException {
        this.port = port;
        this.bytesPerSecond = bytesPerSecond;
        start(this::accept);
    }

    int port() {
        return here.getLocalPort();
    }

    private void accept() throws IOException {
        while (true) {
            Socket client = here.accept();
            Socket server = new Socket(InetAddress.getLoopbackAddress(), port);
            start(() -> copy(client, server, 0));
            start(() -> copy(server, client, 1000.0 / bytesPerSecond));
        }
    }

    private static void copy(Socket from, Socket to, double millisPerByte) throws IOException {
        byte[] buffer = new byte[16 << 10];
        try (from; to; InputStream in = from.getInputStream(); OutputStream out = to.getOutputStream()) {
            for (int n; (n = in.read(buffer)) > 0;) {
                Thread.sleep((long) (n * millisPerByte));
                out.write(buffer, 0, n);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    interface Task {
        void run() throws IOException;
    }

    /** On a thread of its own, until one side goes. */
    static void start(Task task) {
        Thread thread = new Thread(() -> {
            try {
                task.run();
            } catch (IOException ended) {
                // one side has gone
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
