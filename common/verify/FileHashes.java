package common.verify;

//SOURCES ../cli/Cli.java
//SOURCES ../cli/Progress.java
//SOURCES ../oci/Digest.java

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import common.cli.Cli;
import common.cli.Progress;
import common.oci.Digest;

/** The sha256 of many files, computed on all cores while the caller does other things. */
public final class FileHashes implements AutoCloseable {
    /** Large, so that the kernel reads ahead while we hash. */
    private static final int BUFFER = 1 << 20;
    private static final ThreadLocal<ByteBuffer> buffers =
            ThreadLocal.withInitial(() -> ByteBuffer.allocateDirect(BUFFER));

    private final Map<Path, Future<Digest>> begun = new HashMap<>();
    private final ExecutorService threads;

    private FileHashes(int jobs) {
        threads = Executors.newFixedThreadPool(jobs, r -> {
            Thread thread = new Thread(r, "hash");
            thread.setDaemon(true);
            return thread;
        });
    }

    /**
     * Begins with the largest, lest one is left for the end.
     *
     * @param sizes file -> bytes
     */
    public static FileHashes start(Map<Path, Long> sizes, Progress progress) {
        FileHashes hashes = new FileHashes(Runtime.getRuntime().availableProcessors());
        sizes.keySet().stream().sorted(Comparator.comparing(sizes::get).reversed()).forEach(file ->
                hashes.begun.put(file, hashes.threads.submit(() -> hash(file, progress))));
        return hashes;
    }

    /** Waits for the file's; of one that was not begun it is computed now. */
    public Digest of(Path file) throws IOException {
        Future<Digest> hash = begun.get(file);
        if (hash == null) {
            return Digest.of(file);
        }
        try {
            return hash.get();
        } catch (InterruptedException e) {
            throw new Cli.Failure(Cli.INTERRUPTED, "interrupted", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException disk) {
                throw disk;
            }
            throw new IllegalStateException(e.getCause().toString(), e.getCause()); // an Error: no memory, say
        }
    }

    private static Digest hash(Path file, Progress progress) throws IOException {
        MessageDigest sha256 = Digest.sha256();
        progress.begin(file.toString());
        ByteBuffer buffer = buffers.get().clear();
        try (FileChannel in = FileChannel.open(file)) {
            for (int n; (n = in.read(buffer)) >= 0; buffer.clear()) {
                sha256.update(buffer.flip());
                progress.advance(n);
            }
        }
        progress.end(file.toString());
        return Digest.of(sha256);
    }

    @Override
    public void close() {
        threads.shutdownNow();
        try {
            threads.awaitTermination(2, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
