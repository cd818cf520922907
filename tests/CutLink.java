//SOURCES ../common/cli/Cli.java
//SOURCES ScriptRun.java
//SOURCES SlowLink.java

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

import common.cli.Cli;

/** A relay to a server on this machine that ends every connection after so many bytes, as if the server had died. */
final class CutLink implements AutoCloseable {
    private final ServerSocket here = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final AtomicLong left = new AtomicLong(Long.MAX_VALUE);
    private final int port;
    private volatile Runnable atTheCut = () -> { };

    CutLink(int port) throws IOException {
        this.port = port;
        SlowLink.start(this::accept);
    }

    int port() {
        return here.getLocalPort();
    }

    /**
     * Runs the script; so many bytes after it has said {@code word}, the link is down until the script ends.
     *
     * @param atTheCut what else happens then
     */
    ScriptRun cutting(long bytes, Runnable atTheCut, String word, Cli.Command script, Object... args) {
        this.atTheCut = atTheCut;
        try {
            return ScriptRun.watched(line -> {
                if (line.contains(word)) {
                    left.set(bytes);
                }
            }, script, args);
        } finally {
            left.set(Long.MAX_VALUE);
        }
    }

    private void accept() throws IOException {
        while (true) {
            Socket client = here.accept();
            if (left.get() <= 0) {
                client.close();
                continue;
            }
            Socket server = new Socket(InetAddress.getLoopbackAddress(), port);
            SlowLink.start(() -> copy(client, server, false));
            SlowLink.start(() -> copy(server, client, true));
        }
    }

    private void copy(Socket from, Socket to, boolean counted) throws IOException {
        byte[] buffer = new byte[16 << 10];
        open.add(to);
        try (from; to; InputStream in = from.getInputStream(); OutputStream out = to.getOutputStream()) {
            for (int n; (n = in.read(buffer)) > 0;) {
                long before = left.getAndAdd(counted ? -n : 0);
                if (before > 0 && before <= n) {
                    atTheCut.run();
                }
                if (left.get() <= 0) {
                    cut();
                    return;
                }
                out.write(buffer, 0, n);
            }
        } finally {
            open.remove(to);
        }
    }

    private void cut() throws IOException {
        for (Socket socket : open) {
            socket.close();
        }
    }

    @Override
    public void close() throws IOException {
        here.close();
    }
}
