package common.cli;

//SOURCES Cli.java

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * A file that at most one process and one thread holds at a time (a POSIX record lock). The file stays when it is let go;
 * the kernel lets go for a process that dies. A link in its place is not followed.
 */
public final class LockFile implements AutoCloseable {
    /** What this JVM holds. Asking the kernel would not do: closing any other channel of the file frees its lock. */
    private static final Set<Path> held = new HashSet<>();

    private final Path file;
    private final FileChannel channel;

    private LockFile(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /** Takes the lock, and makes the file where it is not there; empty while somebody else holds it. */
    public static Optional<LockFile> tryTake(Path file) throws IOException {
        Path key = file.toAbsolutePath().getParent().toRealPath().resolve(file.getFileName());
        synchronized (held) {
            if (held.contains(key)) {
                return Optional.empty();
            }
            FileChannel channel = FileChannel.open(key, Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE,
                    LinkOption.NOFOLLOW_LINKS));
            boolean taken = false;
            try {
                taken = channel.tryLock() != null;
            } finally {
                if (!taken) {
                    channel.close();
                }
            }
            if (taken) {
                held.add(key);
            }
            return taken ? Optional.of(new LockFile(key, channel)) : Optional.empty();
        }
    }

    /** Takes a lock that is held for moments only; throws {@link Cli.Failure} when it is not free within {@code limit}. */
    public static LockFile take(Path file, Duration limit) throws IOException {
        for (long end = System.nanoTime() + limit.toNanos();;) {
            Optional<LockFile> taken = tryTake(file);
            if (taken.isPresent()) {
                return taken.get();
            }
            if (System.nanoTime() - end > 0) {
                throw new Cli.Failure(file + ": another run has held this lock for " + limit.toSeconds()
                        + " s; wait for it or stop it, then run the same command again");
            }
            try {
                Thread.sleep(20);
            } catch (InterruptedException e) {
                throw new Cli.Failure(Cli.INTERRUPTED, "interrupted", e);
            }
        }
    }

    @Override
    public void close() throws IOException {
        synchronized (held) {
            held.remove(file);
            channel.close();
        }
    }
}
