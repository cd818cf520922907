package common.registry;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * A stream that is read on a thread of its own, up to four megabytes ahead: what comes from the network is received and
 * hashed while what came before is unpacked. Closing it closes the stream, soon, on that thread.
 */
final class ReadAhead extends InputStream {
    private static final int CHUNKS = 16;

    /** Some bytes, or how the stream ended: {@code length} -1, with {@code error} if it failed. */
    private static final class Chunk {
        final byte[] bytes = new byte[256 << 10];
        int length;
        Throwable error;
    }

    private final BlockingQueue<Chunk> empty = new ArrayBlockingQueue<>(CHUNKS);
    private final BlockingQueue<Chunk> full = new ArrayBlockingQueue<>(CHUNKS);
    private final Thread reader;
    private Chunk present = new Chunk();
    private int at;

    ReadAhead(InputStream in) {
        for (int i = 1; i < CHUNKS; i++) {
            empty.add(new Chunk());
        }
        reader = new Thread(() -> {
            try (in) {
                for (boolean more = true; more;) {
                    Chunk chunk = empty.take();
                    more = fill(chunk, in);
                    full.put(chunk);
                }
            } catch (InterruptedException | IOException closed) {
                // nobody reads any more
            }
        }, "read-ahead");
        reader.setDaemon(true);
        reader.start();
    }

    /** Whether more may follow. Whatever is thrown here, the reader gets: it waits for this chunk. */
    private static boolean fill(Chunk chunk, InputStream in) {
        try {
            chunk.length = in.read(chunk.bytes);
        } catch (Throwable e) {
            chunk.length = -1;
            chunk.error = e;
        }
        return chunk.length >= 0;
    }

    /** Whether there is a byte to read; waits for it. */
    private boolean more() throws IOException {
        try {
            while (present.length >= 0 && at == present.length) {
                empty.put(present);
                present = full.take();
                at = 0;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
        if (present.error instanceof IOException e) {
            throw e;
        } else if (present.error instanceof RuntimeException e) {
            throw e;
        } else if (present.error != null) {
            throw new IllegalStateException(present.error.toString(), present.error);
        }
        return present.length >= 0;
    }

    @Override
    public int read() throws IOException {
        return more() ? present.bytes[at++] & 0xff : -1;
    }

    @Override
    public int read(byte[] bytes, int from, int length) throws IOException {
        if (!more()) {
            return -1;
        }
        int n = Math.min(length, present.length - at);
        System.arraycopy(present.bytes, at, bytes, from, n);
        at += n;
        return n;
    }

    /** 0 only at the end, and therefore waits: GZIPInputStream asks here whether another member may follow. */
    @Override
    public int available() throws IOException {
        return more() ? present.length - at : 0;
    }

    /** Reads on to the end; the bytes are not kept. */
    void drain() throws IOException {
        while (more()) {
            at = present.length;
        }
    }

    @Override
    public void close() {
        reader.interrupt();
    }
}
